#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// An installed package as it lies on disk. Names are of files in its folder or in one folder of that ("web/x.js").
// Nothing here follows a link in the last part of a path, nor one that stands for the folder in a name.
namespace comfytrace::app {

// What was put there: SHA-256 in hexadecimal by file name.
struct PackageManifest {
  std::int64_t format = 1;
  std::string package;
  std::string version;
  std::map<std::string, std::string> files;
};
BOOST_DESCRIBE_STRUCT(PackageManifest, (), (format, package, version, files))

struct DiskEntry {
  enum class Kind { absent, file, other };
  Kind kind = Kind::absent;
  std::string digest;  // of a file
  std::string reason;  // why it is `other`: "is a link"
  // What holds the place of its folder is no folder: nothing of this name may be changed.
  bool elsewhere = false;
};
[[nodiscard]] DiskEntry look_at(const std::filesystem::path& folder, const std::string& name);
// Whether it can be the name of a file in a package.
[[nodiscard]] bool is_package_name(const std::string& name);

struct InstalledPackage {
  std::optional<PackageManifest> manifest;
  std::string foreign;  // why the place is not ours; empty where it is, or is free
};
[[nodiscard]] InstalledPackage read_installed(const std::filesystem::path& folder, const std::string& manifest_name);

// Makes a file that is not there yet, durably. Errors: unavailable.
[[nodiscard]] base::Result<void> write_new_file(const std::filesystem::path& path, std::string_view bytes);
// Errors: unavailable.
[[nodiscard]] base::Result<void> move_entry(const std::filesystem::path& from, const std::filesystem::path& to);
// A file or a link, not a folder with something in it; absent is fine. Errors: unavailable.
[[nodiscard]] base::Result<void> remove_entry(const std::filesystem::path& path);
// The folder in `name`, if there is one, is made where it is missing. Errors: unavailable.
[[nodiscard]] base::Result<void> make_folder_of(const std::filesystem::path& folder, const std::string& name);
// Removes it if it is empty.
void remove_folder_of(const std::filesystem::path& folder, const std::string& name);
// `name.bak`, or the first of `name.bak1` … that is free. Errors: unavailable (none to be found).
[[nodiscard]] base::Result<std::string> backup_name(const std::filesystem::path& folder, const std::string& name);

// The only process that changes the package in this `custom_nodes`, with a folder beside the package's place to prepare
// files in. Both end with it.
class PackageWorkshop {
 public:
  [[nodiscard]] static base::Result<PackageWorkshop> open(const std::filesystem::path& custom_nodes,
                                                          const std::string& package);
  PackageWorkshop(PackageWorkshop&& other) noexcept;
  PackageWorkshop& operator=(PackageWorkshop&&) = delete;
  ~PackageWorkshop();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  PackageWorkshop(int lock, std::filesystem::path folder) : lock_(lock), folder_(std::move(folder)) {}

  int lock_ = -1;
  std::filesystem::path folder_;
};

}  // namespace comfytrace::app
