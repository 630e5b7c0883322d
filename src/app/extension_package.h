#pragma once

#include <boost/describe.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace comfytrace::app {

struct PackageFile {
  std::string name;  // in the package's folder, or in one folder of that: "web/x.js"
  std::string bytes;
};

enum class ExtensionState {
  not_installed,
  current,   // every file is as in this package
  altered,   // this version, but with files changed or missing
  outdated,  // put there by a package of another, not higher version
  newer,     // put there by a package of a higher version
  foreign,   // something else holds the place; never touched
};
BOOST_DESCRIBE_ENUM(ExtensionState, not_installed, current, altered, outdated, newer, foreign)

// A file of the package, or one in its place, that is not ours to change, and why.
struct KeptFile {
  std::string name;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(KeptFile, (), (name, reason))

struct ExtensionStatus {
  ExtensionState state = ExtensionState::not_installed;
  std::string folder;
  std::optional<std::string> installed_version;
  std::string carried_version;
  std::vector<KeptFile> changed;     // against what was installed
  std::vector<std::string> missing;  // of what was installed, or should have been
  std::string reason;                // why it is foreign
};
BOOST_DESCRIBE_STRUCT(ExtensionStatus, (),
                      (state, folder, installed_version, carried_version, changed, missing, reason))

enum class ExtensionAction { none, installed, upgraded, downgraded, repaired, uninstalled };
BOOST_DESCRIBE_ENUM(ExtensionAction, none, installed, upgraded, downgraded, repaired, uninstalled)

// What was done, or with `dry_run` would be.
struct ExtensionChange {
  ExtensionAction action = ExtensionAction::none;
  bool dry_run = false;
  std::string folder;
  std::optional<std::string> previous_version;
  std::string version;
  std::vector<std::string> written;
  std::vector<std::string> removed;
  std::vector<std::string> backups;  // what was changed by hand, under its new name
  std::vector<KeptFile> kept;
};
BOOST_DESCRIBE_STRUCT(ExtensionChange, (),
                      (action, dry_run, folder, previous_version, version, written, removed, backups, kept))

struct ExtensionOptions {
  bool force = false;  // replace what was changed by hand, keeping it beside as .bak; replace a newer version
  bool dry_run = false;
};

// The package for ComfyUI and its place in a `custom_nodes` folder. A manifest in that place says which bytes were put
// there; what differs from it is somebody else's and stays. Links are never followed below `custom_nodes`. Each file
// appears or changes whole, the manifest last: an interrupted call is completed by the next one. One thread; two
// processes at once: one is refused. Errors: conflict (the place is foreign, or holds a newer version), unavailable
// (cannot be read or written, with the system's words).
class ExtensionPackage {
 public:
  static constexpr const char* kFolder = "comfytrace-telemetry";
  static constexpr const char* kManifest = ".comfytrace-manifest.json";

  ExtensionPackage(std::string version, std::vector<PackageFile> files);

  // `directory` is ComfyUI's folder, the portable edition's around it, or `custom_nodes` itself. Errors: invalid.
  [[nodiscard]] static base::Result<std::filesystem::path> find_custom_nodes(const std::filesystem::path& directory);

  [[nodiscard]] base::Result<ExtensionStatus> status(const std::filesystem::path& custom_nodes) const;
  [[nodiscard]] base::Result<ExtensionChange> install(const std::filesystem::path& custom_nodes,
                                                      const ExtensionOptions& options) const;
  // Removes what is as it was installed, by whatever version.
  [[nodiscard]] base::Result<ExtensionChange> uninstall(const std::filesystem::path& custom_nodes,
                                                        const ExtensionOptions& options) const;

  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::vector<PackageFile>& files() const { return files_; }

 private:
  struct Plan;
  [[nodiscard]] base::Result<Plan> plan_install(const std::filesystem::path& folder, bool force) const;
  [[nodiscard]] base::Result<Plan> plan_uninstall(const std::filesystem::path& folder) const;
  [[nodiscard]] base::Result<void> apply_install(const std::filesystem::path& folder,
                                                 const std::filesystem::path& prepared, const Plan& plan) const;

  std::string version_;
  std::vector<PackageFile> files_;
  std::map<std::string, std::string> digests_;  // SHA-256 in hexadecimal, by name
};

}  // namespace comfytrace::app
