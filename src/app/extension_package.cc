#include "app/extension_package.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "app/package_folder.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/text.h"

namespace comfytrace::app {
namespace {

namespace fs = std::filesystem;
constexpr const char* kChangedByHand = "was changed by hand";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

base::Error no_comfyui(std::string message) {
  return {base::ErrorCode::invalid, std::move(message), "directory",
          "name ComfyUI's folder: the one that holds custom_nodes, beside main.py or where --base-directory says"};
}

base::Error foreign_place(const fs::path& folder, const std::string& why) {
  return {base::ErrorCode::conflict, folder.string() + " is left alone: " + why, "",
          "move it out of custom_nodes, then try again"};
}

bool has_digest(const DiskEntry& entry, const std::map<std::string, std::string>& digests, const std::string& name) {
  const auto known = digests.find(name);
  return entry.kind == DiskEntry::Kind::file && known != digests.end() && known->second == entry.digest;
}

std::string reason_of(const DiskEntry& entry) {
  return entry.kind == DiskEntry::Kind::file ? kChangedByHand : entry.reason;
}

// Python's own copies of the modules; the rest of that folder is somebody else's.
base::Result<void> remove_compiled(const fs::path& folder, const PackageManifest& manifest) {
  const fs::path cache = folder / "__pycache__";
  std::error_code problem;
  if (fs::symlink_status(cache, problem).type() != fs::file_type::directory) return {};
  std::set<std::string> modules;
  for (const auto& [name, digest] : manifest.files) {
    if (name.ends_with(".py")) modules.insert(name.substr(0, name.size() - 3));
  }
  std::vector<fs::path> ours;
  fs::directory_iterator entries(cache, problem);
  for (; !problem && entries != fs::directory_iterator(); entries.increment(problem)) {
    const std::string name = entries->path().filename();
    if (name.ends_with(".pyc") && modules.contains(name.substr(0, name.find('.')))) ours.push_back(entries->path());
  }
  for (const fs::path& compiled : ours) {
    if (auto done = remove_entry(compiled); !done) return done;
  }
  fs::remove(cache, problem);  // which fails, rightly, where something is left
  return {};
}

// What stands in a folder that could not go.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code problem;
  fs::directory_iterator entries(folder, problem);
  for (; !problem && entries != fs::directory_iterator(); entries.increment(problem)) {
    names.push_back(entries->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

base::Result<void> write_manifest(const fs::path& path, const PackageManifest& manifest) {
  return write_new_file(path, base::encode_json(manifest) + "\n");
}

}  // namespace

ExtensionPackage::ExtensionPackage(std::string version, std::vector<PackageFile> files)
    : version_(std::move(version)), files_(std::move(files)) {
  for (const PackageFile& file : files_) {
    CHECK(is_package_name(file.name) && file.name != kManifest);
    CHECK(digests_.emplace(file.name, base::to_hex(base::sha256(file.bytes))).second);
  }
}

base::Result<fs::path> ExtensionPackage::find_custom_nodes(const fs::path& directory) {
  std::error_code problem;
  const fs::path place = fs::canonical(directory, problem);
  if (problem) return no_comfyui("there is no folder " + directory.string());
  if (!is_folder(place)) return no_comfyui(place.string() + " is not a folder");
  for (const fs::path& custom_nodes : {place / "custom_nodes", place / "ComfyUI" / "custom_nodes"}) {
    if (!is_folder(custom_nodes)) continue;
    const fs::path found = fs::canonical(custom_nodes, problem);
    if (problem) return no_comfyui("cannot read " + custom_nodes.string() + ": " + problem.message());
    return found;
  }
  const fs::path named = directory.has_filename() ? directory : directory.parent_path();
  if (place.filename() == "custom_nodes" || named.filename() == "custom_nodes") return place;
  return no_comfyui(place.string() + (fs::exists(place / "main.py", problem)
                                          ? " has a main.py but no custom_nodes"
                                          : " is not a ComfyUI: it has neither custom_nodes nor main.py"));
}

base::Result<ExtensionStatus> ExtensionPackage::status(const fs::path& custom_nodes) const {
  const fs::path folder = custom_nodes / kFolder;
  ExtensionStatus status;
  status.folder = folder.string();
  status.carried_version = version_;
  const InstalledPackage installed = read_installed(folder, kManifest);
  status.reason = installed.foreign;
  if (!installed.foreign.empty()) status.state = ExtensionState::foreign;
  if (!installed.manifest) return status;
  const PackageManifest& manifest = *installed.manifest;
  status.installed_version = manifest.version;
  for (const auto& [name, digest] : manifest.files) {
    const DiskEntry entry = look_at(folder, name);
    if (entry.kind == DiskEntry::Kind::absent) {
      status.missing.push_back(name);
    } else if (!has_digest(entry, manifest.files, name)) {
      status.changed.push_back({name, reason_of(entry)});
    }
  }
  const auto order = base::compare_versions(manifest.version, version_);
  const bool other_files = std::ranges::any_of(manifest.files, [&](const auto& file) {
    const auto carried = digests_.find(file.first);
    return carried == digests_.end() || carried->second != file.second;
  });
  if (order > 0) {
    status.state = ExtensionState::newer;
  } else if (order < 0 || other_files) {
    status.state = ExtensionState::outdated;
  } else {
    for (const PackageFile& file : files_) {
      if (!manifest.files.contains(file.name)) status.missing.push_back(file.name);
    }
    status.state = status.changed.empty() && status.missing.empty() ? ExtensionState::current : ExtensionState::altered;
  }
  return status;
}

struct ExtensionPackage::Plan {
  std::optional<PackageManifest> before;
  PackageManifest after;
  ExtensionChange change;
  std::vector<std::pair<std::string, std::string>> backups;  // from, to
};

base::Result<ExtensionPackage::Plan> ExtensionPackage::plan_install(const fs::path& folder, bool force) const {
  InstalledPackage installed = read_installed(folder, kManifest);
  if (!installed.foreign.empty()) return foreign_place(folder, installed.foreign);
  Plan plan{std::move(installed.manifest), {PackageManifest{}.format, kFolder, version_, digests_}, {}, {}};
  ExtensionChange& change = plan.change;
  change.folder = folder.string();
  change.version = version_;
  const PackageManifest before = plan.before.value_or(PackageManifest{});
  const auto order = base::compare_versions(before.version, version_);
  if (plan.before) {
    change.previous_version = before.version;
    if (order > 0 && !force) {
      return base::Error{base::ErrorCode::conflict,
                         "version " + before.version + " is installed, which is newer than " + version_ +
                             ", the one this comfytrace carries",
                         "", "use the newer comfytrace; --force puts the older version there"};
    }
  }
  const auto set_aside = [&](const std::string& name) -> base::Result<void> {
    auto aside = backup_name(folder, name);
    if (!aside) return aside.error();
    plan.backups.emplace_back(name, *aside);
    change.backups.push_back(*aside);
    return {};
  };
  for (const PackageFile& file : files_) {
    const DiskEntry entry = look_at(folder, file.name);
    if (has_digest(entry, digests_, file.name)) continue;
    const bool ours = entry.kind == DiskEntry::Kind::absent || has_digest(entry, before.files, file.name);
    if (!ours && (!force || entry.elsewhere)) {
      change.kept.push_back({file.name, reason_of(entry)});
      continue;
    }
    if (!ours) {
      if (auto done = set_aside(file.name); !done) return done.error();
    }
    change.written.push_back(file.name);
  }
  for (const auto& [name, digest] : before.files) {
    if (digests_.contains(name)) continue;
    const DiskEntry entry = look_at(folder, name);
    if (entry.kind == DiskEntry::Kind::absent) continue;
    if (has_digest(entry, before.files, name)) {
      change.removed.push_back(name);
    } else if (force && !entry.elsewhere) {
      if (auto done = set_aside(name); !done) return done.error();
    } else {
      change.kept.push_back({name, reason_of(entry) + ", and is no longer part of the package"});
    }
  }
  const bool same_manifest = plan.before && before.version == version_ && before.files == digests_;
  if (same_manifest && change.written.empty()) return plan;
  change.action = !plan.before ? ExtensionAction::installed
                  : order < 0  ? ExtensionAction::upgraded
                  : order > 0  ? ExtensionAction::downgraded
                               : ExtensionAction::repaired;
  return plan;
}

base::Result<void> ExtensionPackage::apply_install(const fs::path& folder, const fs::path& prepared,
                                                   const Plan& plan) const {
  // Whatever can fail for want of room or rights fails here, before anything in the package's place has changed.
  for (const PackageFile& file : files_) {
    if (std::ranges::find(plan.change.written, file.name) == plan.change.written.end()) continue;
    if (auto done = make_folder_of(prepared, file.name); !done) return done;
    if (auto done = write_new_file(prepared / file.name, file.bytes); !done) return done;
  }
  if (auto done = write_manifest(prepared / kManifest, plan.after); !done) return done;
  if (!plan.before) return move_entry(prepared, folder);
  for (const auto& [from, to] : plan.backups) {
    if (auto done = move_entry(folder / from, folder / to); !done) return done;
  }
  for (const std::string& name : plan.change.written) {
    if (auto done = make_folder_of(folder, name); !done) return done;
    if (auto done = move_entry(prepared / name, folder / name); !done) return done;
  }
  for (const std::string& name : plan.change.removed) {
    if (auto done = remove_entry(folder / name); !done) return done;
    remove_folder_of(folder, name);
  }
  return move_entry(prepared / kManifest, folder / kManifest);
}

base::Result<ExtensionChange> ExtensionPackage::install(const fs::path& custom_nodes,
                                                        const ExtensionOptions& options) const {
  const fs::path folder = custom_nodes / kFolder;
  auto plan = plan_install(folder, options.force);
  if (!plan) return plan.error();
  plan->change.dry_run = options.dry_run;
  if (options.dry_run || plan->change.action == ExtensionAction::none) return plan->change;
  auto workshop = PackageWorkshop::open(custom_nodes, kFolder);
  if (!workshop) return workshop.error();
  // Again, now that nobody else changes it.
  plan = plan_install(folder, options.force);
  if (!plan) return plan.error();
  if (plan->change.action == ExtensionAction::none) return plan->change;
  if (auto done = apply_install(folder, workshop->folder(), *plan); !done) return done.error();
  return plan->change;
}

base::Result<ExtensionPackage::Plan> ExtensionPackage::plan_uninstall(const fs::path& folder) const {
  InstalledPackage installed = read_installed(folder, kManifest);
  if (!installed.foreign.empty()) return foreign_place(folder, installed.foreign);
  Plan plan{std::move(installed.manifest), {}, {}, {}};
  plan.change.folder = folder.string();
  plan.change.version = version_;
  if (!plan.before) return plan;
  plan.change.action = ExtensionAction::uninstalled;
  plan.change.previous_version = plan.before->version;
  plan.after = *plan.before;
  for (const auto& [name, digest] : plan.before->files) {
    const DiskEntry entry = look_at(folder, name);
    const bool unchanged = has_digest(entry, plan.before->files, name);
    if (unchanged) plan.change.removed.push_back(name);
    if (unchanged || entry.kind == DiskEntry::Kind::absent) {
      plan.after.files.erase(name);
    } else {
      plan.change.kept.push_back({name, reason_of(entry)});
    }
  }
  return plan;
}

base::Result<ExtensionChange> ExtensionPackage::uninstall(const fs::path& custom_nodes,
                                                          const ExtensionOptions& options) const {
  const fs::path folder = custom_nodes / kFolder;
  auto plan = plan_uninstall(folder);
  if (!plan) return plan.error();
  plan->change.dry_run = options.dry_run;
  if (options.dry_run || plan->change.action == ExtensionAction::none) return plan->change;
  auto workshop = PackageWorkshop::open(custom_nodes, kFolder);
  if (!workshop) return workshop.error();
  plan = plan_uninstall(folder);
  if (!plan) return plan.error();
  ExtensionChange& change = plan->change;
  if (change.action == ExtensionAction::none) return change;
  for (const std::string& name : change.removed) {
    if (auto done = remove_entry(folder / name); !done) return done.error();
    remove_folder_of(folder, name);
  }
  if (auto done = remove_compiled(folder, *plan->before); !done) return done.error();
  if (!plan->after.files.empty()) {
    // What was kept is still known as changed, so that a later install or uninstall can deal with it.
    if (auto done = write_manifest(workshop->folder() / kManifest, plan->after); !done) return done.error();
    if (auto done = move_entry(workshop->folder() / kManifest, folder / kManifest); !done) return done.error();
    return change;
  }
  if (auto done = remove_entry(folder / kManifest); !done) return done.error();
  std::error_code problem;
  if (fs::remove(folder, problem)) return change;
  for (const std::string& name : names_in(folder)) change.kept.push_back({name, "is not part of the package"});
  return change;
}

}  // namespace comfytrace::app
