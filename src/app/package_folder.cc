#include "app/package_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/codec.h"
#include "base/digest.h"
#include "base/json.h"

namespace comfytrace::app {
namespace {

constexpr off_t kMaxFileBytes = 16 << 20;

base::Error cannot(const std::string& what, const std::filesystem::path& path, int problem) {
  base::Error error{base::ErrorCode::unavailable,
                    "cannot " + what + " " + path.string() + ": " + std::strerror(problem)};
  if (problem == EACCES || problem == EPERM || problem == EROFS) {
    error.mend = "do it as the user who may write there, who is the one ComfyUI runs as";
  }
  return error;
}

std::optional<std::string> read_whole(int fd) {
  std::string bytes;
  char part[1 << 16];
  while (true) {
    const ssize_t got = ::read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return bytes;
    bytes.append(part, static_cast<std::size_t>(got));
    if (bytes.size() > static_cast<std::size_t>(kMaxFileBytes)) return std::nullopt;
  }
}

// nullopt: not a plain file, or not to be read; `entry` says which.
std::optional<std::string> read_plain(const std::filesystem::path& path, DiskEntry& entry) {
  struct stat what {};
  if (::lstat(path.c_str(), &what) != 0) {
    if (errno == ENOENT) return std::nullopt;
    entry = {DiskEntry::Kind::other, "", std::string("cannot be read: ") + std::strerror(errno), false};
    return std::nullopt;
  }
  entry.kind = DiskEntry::Kind::other;
  entry.reason = S_ISLNK(what.st_mode) ? "is a link" : S_ISDIR(what.st_mode) ? "is a folder" : "is not a plain file";
  if (!S_ISREG(what.st_mode)) return std::nullopt;
  entry.reason = "cannot be read";
  if (what.st_size > kMaxFileBytes) return std::nullopt;
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  auto bytes = read_whole(fd);
  ::close(fd);
  if (!bytes) return std::nullopt;
  entry = {DiskEntry::Kind::file, base::to_hex(base::sha256(*bytes)), "", false};
  return bytes;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

// Empty: the file lies in the package's own folder.
std::filesystem::path folder_in(const std::string& name) {
  return std::filesystem::path(name).parent_path();
}

}  // namespace

// The manifest is a file anybody may have written: its names must stay in their folder.
bool is_package_name(const std::string& name) {
  const auto slash = name.find('/');
  if (slash == std::string::npos) return is_plain_name(name);
  return is_plain_name(std::string_view(name).substr(0, slash)) &&
         is_plain_name(std::string_view(name).substr(slash + 1));
}

DiskEntry look_at(const std::filesystem::path& folder, const std::string& name) {
  DiskEntry entry;
  if (const auto part = folder_in(name); !part.empty()) {
    std::error_code problem;
    const auto type = std::filesystem::symlink_status(folder / part, problem).type();
    if (type == std::filesystem::file_type::not_found) return entry;
    if (type != std::filesystem::file_type::directory) {
      const bool is_link = type == std::filesystem::file_type::symlink;
      return {DiskEntry::Kind::other, "", "is in " + part.string() + (is_link ? ", a link" : ", which is no folder"),
              true};
    }
  }
  read_plain(folder / name, entry);
  return entry;
}

base::Result<void> make_folder_of(const std::filesystem::path& folder, const std::string& name) {
  const auto part = folder_in(name);
  if (part.empty()) return {};
  if (::mkdir((folder / part).c_str(), 0777) != 0 && errno != EEXIST) return cannot("make", folder / part, errno);
  return {};
}

void remove_folder_of(const std::filesystem::path& folder, const std::string& name) {
  // Fails, rightly, where something is left in it or it is a link.
  if (const auto part = folder_in(name); !part.empty()) ::rmdir((folder / part).c_str());
}

InstalledPackage read_installed(const std::filesystem::path& folder, const std::string& manifest_name) {
  std::error_code problem;
  const auto type = std::filesystem::symlink_status(folder, problem).type();
  if (type == std::filesystem::file_type::not_found) return {};
  if (type == std::filesystem::file_type::symlink) return {std::nullopt, "it is a link"};
  if (type != std::filesystem::file_type::directory) return {std::nullopt, "it is not a folder"};
  const bool empty = std::filesystem::is_empty(folder, problem);
  if (problem) return {std::nullopt, "it cannot be read: " + problem.message()};
  if (empty) return {};
  DiskEntry entry;
  const auto text = read_plain(folder / manifest_name, entry);
  if (entry.kind == DiskEntry::Kind::absent) {
    return {std::nullopt, "it was not put there by `comfytrace extension install`"};
  }
  if (!text) return {std::nullopt, "its " + manifest_name + " " + entry.reason};
  auto manifest = base::decode_json<PackageManifest>(*text);
  if (!manifest)
    return {std::nullopt, "its " + manifest_name + " cannot be understood: " + manifest.error().sentence()};
  if (manifest->format != PackageManifest{}.format || manifest->package != folder.filename() ||
      !std::ranges::all_of(manifest->files, [&](const auto& file) {
        return is_package_name(file.first) && file.first != manifest_name;
      })) {
    return {std::nullopt, "its " + manifest_name + " is not one that this comfytrace writes"};
  }
  return {std::move(*manifest), ""};
}

base::Result<void> write_new_file(const std::filesystem::path& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return cannot("make", path, errno);
  int problem = 0;
  while (!bytes.empty() && problem == 0) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EINTR) {
      problem = errno;
    }
  }
  if (problem == 0 && ::fsync(fd) != 0) problem = errno;
  if (::close(fd) != 0 && problem == 0) problem = errno;
  if (problem != 0) return cannot("write", path, problem);
  return {};
}

base::Result<void> move_entry(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return cannot("put in place", to, errno);
  return {};
}

base::Result<void> remove_entry(const std::filesystem::path& path) {
  std::error_code problem;
  std::filesystem::remove(path, problem);
  if (problem) return cannot("remove", path, problem.value());
  return {};
}

base::Result<std::string> backup_name(const std::filesystem::path& folder, const std::string& name) {
  // Bounded: where nothing can be looked at, no name is ever seen to be free.
  for (int number = 0; number < 1000; ++number) {
    std::string free = name + ".bak" + (number == 0 ? "" : std::to_string(number));
    if (look_at(folder, free).kind == DiskEntry::Kind::absent) return free;
  }
  return base::Error{base::ErrorCode::unavailable, "found no free name to keep " + (folder / name).string() + " under"};
}

base::Result<PackageWorkshop> PackageWorkshop::open(const std::filesystem::path& custom_nodes,
                                                    const std::string& package) {
  const int lock = ::open(custom_nodes.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return cannot("open", custom_nodes, errno);
  // A file system without locks lets everybody in.
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(lock);
    return base::Error{base::ErrorCode::unavailable, "another process is changing " + custom_nodes.string(), "",
                       "try again when it is done"};
  }
  // ComfyUI loads no folder of this ending, should it start now.
  PackageWorkshop workshop(lock, custom_nodes / ("." + package + ".unfinished.disabled"));
  std::error_code problem;
  std::filesystem::remove_all(workshop.folder_, problem);  // of a call that was killed
  if (::mkdir(workshop.folder_.c_str(), 0777) != 0) return cannot("make", workshop.folder_, errno);
  return workshop;
}

PackageWorkshop::PackageWorkshop(PackageWorkshop&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)), folder_(std::move(other.folder_)) {
  other.folder_.clear();
}

PackageWorkshop::~PackageWorkshop() {
  if (lock_ < 0) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
  ::close(lock_);
}

}  // namespace comfytrace::app
