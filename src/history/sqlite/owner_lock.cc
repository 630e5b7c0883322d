#include "history/sqlite/owner_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/codec.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;

std::filesystem::path lock_path(const std::filesystem::path& file) {
  // Through a link or another spelling it is the same file, and must be the same lock.
  std::error_code failed;
  std::filesystem::path real = std::filesystem::weakly_canonical(std::filesystem::absolute(file, failed), failed);
  if (failed) real = file;
  real += ".lock";
  return real;
}

std::optional<Owner> read_owner(int fd) {
  std::array<char, 4096> buffer;
  const ssize_t size = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  auto owner = base::decode_json<Owner>(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  if (!owner) return std::nullopt;
  return *owner;
}

std::string utc(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text.data(), size};
}

std::string describe(const std::optional<Owner>& owner) {
  if (!owner || owner->pid == 0) return "another comfytrace";
  std::string text = "comfytrace (pid " + std::to_string(owner->pid);
  if (!owner->host.empty()) text += " on " + owner->host;
  text += ") since " + utc(owner->started_at_ms);
  if (!owner->url.empty()) text += ", listening at " + owner->url;
  return text;
}

}  // namespace

base::Result<OwnerLock> OwnerLock::acquire(const std::filesystem::path& file, Owner owner) {
  const std::filesystem::path path = lock_path(file);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error{ErrorCode::unavailable, "cannot make " + path.string() + ": " + std::strerror(errno), "",
                 "the directory must exist and be writable; or name another file with --store"};
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const std::string why = std::strerror(errno);
    const std::string who = describe(read_owner(fd));
    ::close(fd);
    if (!held) return Error{ErrorCode::unavailable, "cannot lock " + path.string() + ": " + why};
    return Error{ErrorCode::conflict, file.string() + " is in use by " + who, "",
                 "stop that one, or name another file with --store"};
  }
  OwnerLock lock(fd, std::move(owner));
  lock.write();
  return lock;
}

std::optional<Owner> OwnerLock::holder(const std::filesystem::path& file) {
  const int fd = ::open(lock_path(file).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<Owner> owner;
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) owner = read_owner(fd).value_or(Owner{});
  ::close(fd);
  return owner;
}

Owner OwnerLock::this_process(std::int64_t now_ms, std::string url) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return {::getpid(), now_ms, host.data(), std::move(url)};
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owner_(std::move(other.owner_)) {}

OwnerLock& OwnerLock::operator=(OwnerLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owner_, other.owner_);
  return *this;
}

// The lock file stays: unlinking it would let two owners lock two files of one name.
OwnerLock::~OwnerLock() {
  if (fd_ >= 0) ::close(fd_);
}

void OwnerLock::set_url(const std::string& url) {
  owner_.url = url;
  write();
}

// Only a help for people: the lock holds without it.
void OwnerLock::write() const {
  const std::string text = base::encode_json(owner_) + "\n";
  if (::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) [[maybe_unused]]
    const int cut = ::ftruncate(fd_, static_cast<off_t>(text.size()));
}

}  // namespace comfytrace::history
