#include "app/extension_package.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <csignal>

#include "app/embedded_extension.h"
#include "app/extension_package_fixture.h"

namespace comfytrace::app::extension_test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(ExtensionPackageTest, FindsCustomNodesWhereComfyuiHasIt) {
  const auto found = [&](const fs::path& directory) {
    auto result = ExtensionPackage::find_custom_nodes(directory);
    return result ? result->string() : result.error().sentence();
  };
  EXPECT_EQ(found(root_ / "comfy"), custom_nodes_);
  EXPECT_EQ(found(custom_nodes_), custom_nodes_);
  EXPECT_EQ(found(custom_nodes_.string() + "/"), custom_nodes_);
  fs::create_directories(root_ / "portable");
  fs::rename(root_ / "comfy", root_ / "portable" / "ComfyUI");
  EXPECT_EQ(found(root_ / "portable"), root_ / "portable" / "ComfyUI" / "custom_nodes");
  // Kept on another disk, as many do.
  fs::create_directories(root_ / "disk");
  fs::create_directories(root_ / "linked");
  fs::create_directory_symlink(root_ / "disk", root_ / "linked" / "custom_nodes");
  EXPECT_EQ(found(root_ / "linked"), root_ / "disk");
  EXPECT_EQ(found(root_ / "linked" / "custom_nodes"), root_ / "disk");
}

TEST_F(ExtensionPackageTest, RefusesAFolderThatIsNoComfyuiAndSaysWhichOneItWants) {
  fs::create_directories(root_ / "photos");
  write(root_ / "file", "");
  for (const fs::path& directory : {root_ / "photos", root_ / "file", root_ / "nowhere"}) {
    const auto found = ExtensionPackage::find_custom_nodes(directory);
    ASSERT_FALSE(found.ok()) << directory;
    EXPECT_EQ(found.error().code, base::ErrorCode::invalid);
    EXPECT_THAT(found.error().message, HasSubstr(directory.string()));
    EXPECT_THAT(found.error().mend, HasSubstr("custom_nodes"));
  }
}

TEST_F(ExtensionPackageTest, InstallsEveryFileWithAManifestAndNothingElse) {
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::not_installed);
  const auto change = install(new_);
  ASSERT_TRUE(change.ok()) << change.error().sentence();
  EXPECT_EQ(change->action, ExtensionAction::installed);
  EXPECT_EQ(change->written.size(), 4u);
  auto there = everything();
  EXPECT_EQ(there.erase("comfytrace-telemetry/.comfytrace-manifest.json"), 1u);
  EXPECT_EQ(there, (std::map<std::string, std::string>{{"comfytrace-telemetry", "/"},
                                                       {"comfytrace-telemetry/__init__.py", "init 2"},
                                                       {"comfytrace-telemetry/added.py", "added"},
                                                       {"comfytrace-telemetry/routes.py", "routes 2"},
                                                       {"comfytrace-telemetry/same.py", "same"}}));
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, TheSameVersionAgainIsNothingToDo) {
  ASSERT_TRUE(install(new_).ok());
  const auto before = fs::last_write_time(folder_ / ExtensionPackage::kManifest);
  const auto again = install(new_);
  EXPECT_EQ(again->action, ExtensionAction::none);
  EXPECT_THAT(again->written, IsEmpty());
  EXPECT_EQ(fs::last_write_time(folder_ / ExtensionPackage::kManifest), before);
}

TEST_F(ExtensionPackageTest, AnUpgradeReplacesAddsAndRemoves) {
  ASSERT_TRUE(install(old_).ok());
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::outdated);
  const auto change = install(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->action, ExtensionAction::upgraded);
  EXPECT_EQ(change->previous_version, "0.9.0");
  EXPECT_THAT(change->written, UnorderedElementsAre("__init__.py", "routes.py", "added.py"));
  EXPECT_THAT(change->removed, ElementsAre("gone.py"));
  EXPECT_THAT(change->kept, IsEmpty());
  EXPECT_EQ(read(folder_ / "routes.py"), "routes 2");
  EXPECT_FALSE(fs::exists(folder_ / "gone.py"));
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, AnUpgradeKeepsWhatWasChangedByHandAndSaysSo) {
  ASSERT_TRUE(install(old_).ok());
  write(folder_ / "routes.py", "mine");
  write(folder_ / "gone.py", "mine too");
  write(folder_ / "added.py", "a file of my own");
  const auto change = install(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(names(change->kept), UnorderedElementsAre("routes.py", "gone.py", "added.py"));
  EXPECT_THAT(change->written, ElementsAre("__init__.py"));
  EXPECT_EQ(read(folder_ / "routes.py"), "mine");
  EXPECT_EQ(read(folder_ / "gone.py"), "mine too");
  EXPECT_EQ(read(folder_ / "added.py"), "a file of my own");
  const auto status = new_.status(custom_nodes_);
  EXPECT_EQ(status->state, ExtensionState::altered);
  EXPECT_THAT(names(status->changed), UnorderedElementsAre("routes.py", "added.py"));
}

TEST_F(ExtensionPackageTest, ForceReplacesWhatWasChangedByHandAndLosesNoneOfIt) {
  ASSERT_TRUE(install(new_).ok());
  write(folder_ / "routes.py", "mine");
  write(folder_ / "routes.py.bak", "an older one of mine");
  const auto change = install(new_, true);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->action, ExtensionAction::repaired);
  EXPECT_THAT(change->backups, ElementsAre("routes.py.bak1"));
  EXPECT_EQ(read(folder_ / "routes.py"), "routes 2");
  EXPECT_EQ(read(folder_ / "routes.py.bak1"), "mine");
  EXPECT_EQ(read(folder_ / "routes.py.bak"), "an older one of mine");
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, AMissingFileIsPutBack) {
  ASSERT_TRUE(install(new_).ok());
  fs::remove(folder_ / "routes.py");
  const auto status = new_.status(custom_nodes_);
  EXPECT_EQ(status->state, ExtensionState::altered);
  EXPECT_THAT(status->missing, ElementsAre("routes.py"));
  EXPECT_EQ(install(new_)->action, ExtensionAction::repaired);
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, AnInterruptedUpgradeIsCompletedByTheNextOne) {
  ASSERT_TRUE(install(old_).ok());
  // As left by a kill between two files, with the folder they were prepared in.
  write(folder_ / "routes.py", "routes 2");
  fs::create_directories(custom_nodes_ / ".comfytrace-telemetry.unfinished.disabled");
  write(custom_nodes_ / ".comfytrace-telemetry.unfinished.disabled" / "added.py", "ad");
  const auto change = install(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(change->kept, IsEmpty());
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::current);
  EXPECT_FALSE(fs::exists(custom_nodes_ / ".comfytrace-telemetry.unfinished.disabled"));
}

TEST_F(ExtensionPackageTest, WhatItDidNotPutThereIsNeverTouched) {
  fs::create_directories(folder_);
  write(folder_ / "__init__.py", "somebody's clone");
  const auto before = everything();
  EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::foreign);
  for (const bool force : {false, true}) {
    const auto change = install(new_, force);
    ASSERT_FALSE(change.ok());
    EXPECT_EQ(change.error().code, base::ErrorCode::conflict);
    EXPECT_THAT(change.error().mend, HasSubstr("move it"));
  }
  EXPECT_FALSE(uninstall(new_).ok());
  EXPECT_EQ(everything(), before);
}

TEST_F(ExtensionPackageTest, AManifestThatNamesFilesElsewhereOrMakesNoSenseIsForeign) {
  write(custom_nodes_ / "victim.py", "victim");
  ASSERT_TRUE(install(new_).ok());
  for (const char* manifest :
       {"", "nonsense", "[]", R"({"format":2,"package":"comfytrace-telemetry","version":"1","files":{}})",
        R"({"format":1,"package":"other","version":"1","files":{}})",
        R"({"format":1,"package":"comfytrace-telemetry","version":"1","files":{"../victim.py":"00"}})",
        R"({"format":1,"package":"comfytrace-telemetry","version":"1","files":{"..":"00"}})",
        R"({"format":1,"package":"comfytrace-telemetry","version":"1","files":{"":"00"}})"}) {
    write(folder_ / ExtensionPackage::kManifest, manifest);
    const auto before = everything();
    EXPECT_EQ(new_.status(custom_nodes_)->state, ExtensionState::foreign) << manifest;
    EXPECT_FALSE(install(new_, true).ok()) << manifest;
    EXPECT_FALSE(uninstall(new_).ok()) << manifest;
    EXPECT_EQ(everything(), before) << manifest;
  }
}

TEST_F(ExtensionPackageTest, LinksAreNeverFollowed) {
  fs::create_directories(root_ / "outside");
  // A place that is a link, even to something we installed.
  ASSERT_TRUE(install(old_).ok());
  fs::rename(folder_, root_ / "outside" / ExtensionPackage::kFolder);
  fs::create_directory_symlink(root_ / "outside" / ExtensionPackage::kFolder, folder_);
  EXPECT_EQ(old_.status(custom_nodes_)->state, ExtensionState::foreign);
  EXPECT_FALSE(install(new_, true).ok());
  EXPECT_FALSE(uninstall(old_).ok());
  EXPECT_EQ(read(root_ / "outside" / ExtensionPackage::kFolder / "routes.py"), "routes 1");
  fs::remove(folder_);

  // A link in a file's place, to a file with the very bytes we know.
  ASSERT_TRUE(install(old_).ok());
  write(root_ / "outside" / "target.py", "routes 1");
  fs::remove(folder_ / "routes.py");
  fs::create_symlink(root_ / "outside" / "target.py", folder_ / "routes.py");
  auto change = install(new_);
  ASSERT_TRUE(change.ok());
  ASSERT_EQ(change->kept.size(), 1u);
  EXPECT_EQ(change->kept[0].name, "routes.py");
  EXPECT_EQ(change->kept[0].reason, "is a link");
  change = install(new_, true);
  ASSERT_TRUE(change.ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "routes.py.bak"));
  EXPECT_FALSE(fs::is_symlink(folder_ / "routes.py"));
  EXPECT_EQ(read(root_ / "outside" / "target.py"), "routes 1");

  // A link in the place of Python's own folder.
  write(root_ / "outside" / "routes.cpython-311.pyc", "compiled");
  fs::create_directory_symlink(root_ / "outside", folder_ / "__pycache__");
  ASSERT_TRUE(uninstall(new_).ok());
  EXPECT_EQ(read(root_ / "outside" / "routes.cpython-311.pyc"), "compiled");
  EXPECT_TRUE(fs::is_symlink(folder_ / "__pycache__"));
}

TEST_F(ExtensionPackageTest, ANewerVersionIsReplacedOnlyByForce) {
  ASSERT_TRUE(install(new_).ok());
  EXPECT_EQ(old_.status(custom_nodes_)->state, ExtensionState::newer);
  const auto refused = install(old_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(read(folder_ / "routes.py"), "routes 2");
  EXPECT_EQ(install(old_, true)->action, ExtensionAction::downgraded);
  EXPECT_EQ(old_.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, OtherFilesUnderTheSameVersionAreOutdated) {
  const ExtensionPackage rebuilt{"0.10.0", {{"__init__.py", "init 3"}, {"routes.py", "routes 2"}}};
  ASSERT_TRUE(install(new_).ok());
  EXPECT_EQ(rebuilt.status(custom_nodes_)->state, ExtensionState::outdated);
  EXPECT_EQ(install(rebuilt)->action, ExtensionAction::repaired);
  EXPECT_EQ(rebuilt.status(custom_nodes_)->state, ExtensionState::current);
}

TEST_F(ExtensionPackageTest, UninstallLeavesCustomNodesAsItWas) {
  write(custom_nodes_ / "example.py", "not ours");
  const auto before = everything();
  ASSERT_TRUE(install(old_).ok());
  fs::create_directories(folder_ / "__pycache__");
  write(folder_ / "__pycache__" / "routes.cpython-311.pyc", "compiled");
  // By another version than the one that installed it.
  const auto change = uninstall(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->action, ExtensionAction::uninstalled);
  EXPECT_THAT(change->kept, IsEmpty());
  EXPECT_EQ(change->removed.size(), 4u);
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(uninstall(new_)->action, ExtensionAction::none);
}

TEST_F(ExtensionPackageTest, UninstallKeepsWhatWasChangedByHandAndWhatIsNotOurs) {
  ASSERT_TRUE(install(new_).ok());
  write(folder_ / "routes.py", "mine");
  write(folder_ / "notes.txt", "notes");
  fs::create_directories(folder_ / "__pycache__");
  write(folder_ / "__pycache__" / "mine.cpython-311.pyc", "mine");
  auto change = uninstall(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(names(change->kept), ElementsAre("routes.py"));
  EXPECT_EQ(read(folder_ / "routes.py"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "__init__.py"));
  const auto status = new_.status(custom_nodes_);
  EXPECT_EQ(status->state, ExtensionState::altered);
  EXPECT_THAT(status->missing, UnorderedElementsAre("__init__.py", "added.py", "same.py"));

  // Once the user has dealt with it, the rest can go; what never was ours stays.
  fs::remove(folder_ / "routes.py");
  change = uninstall(new_);
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(names(change->kept), ElementsAre("__pycache__", "notes.txt"));
  EXPECT_EQ(read(folder_ / "notes.txt"), "notes");
  EXPECT_EQ(read(folder_ / "__pycache__" / "mine.cpython-311.pyc"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / ExtensionPackage::kManifest));
}

TEST_F(ExtensionPackageTest, ADryRunSaysTheSameAndDoesNothing) {
  auto said = install(new_, false, true);
  EXPECT_TRUE(said->dry_run);
  EXPECT_THAT(everything(), IsEmpty());
  EXPECT_EQ(said->written, install(new_)->written);
  write(folder_ / "routes.py", "mine");
  const auto before = everything();
  said = install(new_, true, true);
  EXPECT_THAT(said->backups, ElementsAre("routes.py.bak"));
  said = uninstall(new_, true);
  EXPECT_THAT(said->removed, UnorderedElementsAre("__init__.py", "added.py", "same.py"));
  EXPECT_THAT(names(said->kept), ElementsAre("routes.py"));
  EXPECT_EQ(everything(), before);
}

TEST_F(ExtensionPackageTest, AFailureBeforeTheEndLeavesTheOldVersionWhole) {
  ASSERT_TRUE(install(old_).ok());
  const auto before = everything();
  // As a disk that fills up: what comes first is prepared, then a file cannot be made.
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &was), 0);
  const rlimit small{1024, was.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const ExtensionPackage large{"0.11.0", {{"routes.py", "routes 3"}, {"large.py", std::string(100'000, 'x')}}};
  const auto change = install(large, true);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &was), 0);
  ASSERT_FALSE(change.ok());
  EXPECT_EQ(change.error().code, base::ErrorCode::unavailable);
  EXPECT_EQ(everything(), before);
}

TEST_F(ExtensionPackageTest, WhereNothingCanBeLookedAtForceGivesUp) {
  ASSERT_TRUE(install(old_).ok());
  const auto before = everything();
  // No file system takes a name of this length.
  const ExtensionPackage unnameable{"0.11.0", {{"routes.py", "routes 3"}, {std::string(300, 'x'), ""}}};
  EXPECT_FALSE(install(unnameable, true).ok());
  EXPECT_EQ(everything(), before);
}

TEST_F(ExtensionPackageTest, ASecondProcessAtTheSameTimeIsRefused) {
  const int held = ::open(custom_nodes_.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  const auto refused = install(new_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::unavailable);
  EXPECT_THAT(everything(), IsEmpty());
  ::close(held);
  EXPECT_TRUE(install(new_).ok());
}

TEST_F(ExtensionPackageTest, TheBinaryCarriesTheWholePackage) {
  const fs::path source = fs::path(COMFYTRACE_SOURCE_DIR) / "extension";
  std::map<std::string, std::string> wanted;
  for (const auto& entry : fs::directory_iterator(source)) {
    if (entry.path().extension() == ".py") wanted[entry.path().filename()] = read(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(source / "web")) {
    wanted["web/" + entry.path().filename().string()] = read(entry.path());
  }
  for (const char* name : {"pyproject.toml", "README.md", "LICENSE"}) wanted[name] = read(source / name);
  std::map<std::string, std::string> carried;
  for (const PackageFile& file : embedded_extension().files()) carried[file.name] = file.bytes;
  EXPECT_EQ(carried, wanted);
  const std::string version = embedded_extension().version();
  // The page says that an installed extension is outdated by comparing it with this binary's own version.
  EXPECT_EQ(version, COMFYTRACE_VERSION);
  EXPECT_THAT(wanted["pyproject.toml"], HasSubstr("\nversion = \"" + version + "\""));
  EXPECT_THAT(wanted["pyproject.toml"], HasSubstr(std::string("name = \"") + ExtensionPackage::kFolder + "\""));
}

}  // namespace
}  // namespace comfytrace::app::extension_test
