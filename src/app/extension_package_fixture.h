#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "app/extension_package.h"

// For tests: a ComfyUI's folder, and packages of several versions.
namespace comfytrace::app::extension_test {

inline std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

inline std::vector<std::string> names(const std::vector<KeptFile>& files) {
  std::vector<std::string> result;
  for (const KeptFile& file : files) result.push_back(file.name);
  return result;
}

class ExtensionPackageTest : public testing::Test {
 protected:
  ExtensionPackageTest() {
    root_ = std::filesystem::canonical(testing::TempDir()) /
            ("extension-" + std::to_string(::getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(root_ / "comfy" / "custom_nodes");
    write(root_ / "comfy" / "main.py", "");
    custom_nodes_ = root_ / "comfy" / "custom_nodes";
    folder_ = custom_nodes_ / ExtensionPackage::kFolder;
  }
  ~ExtensionPackageTest() override { std::filesystem::remove_all(root_); }

  base::Result<ExtensionChange> install(const ExtensionPackage& package, bool force = false, bool dry_run = false) {
    return package.install(custom_nodes_, {force, dry_run});
  }
  base::Result<ExtensionChange> uninstall(const ExtensionPackage& package, bool dry_run = false) {
    return package.uninstall(custom_nodes_, {false, dry_run});
  }
  // Every path below custom_nodes with what it holds, so that "untouched" can be said of all of it.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(custom_nodes_)) {
      const std::string name = entry.path().lexically_relative(custom_nodes_);
      found[name] = entry.is_symlink()        ? "-> " + std::filesystem::read_symlink(entry.path()).string()
                    : entry.is_regular_file() ? read(entry.path())
                                              : "/";
    }
    return found;
  }

  std::filesystem::path root_;
  std::filesystem::path custom_nodes_;
  std::filesystem::path folder_;
  const ExtensionPackage old_{
      "0.9.0", {{"__init__.py", "init 1"}, {"routes.py", "routes 1"}, {"gone.py", "gone"}, {"same.py", "same"}}};
  const ExtensionPackage new_{
      "0.10.0", {{"__init__.py", "init 2"}, {"routes.py", "routes 2"}, {"added.py", "added"}, {"same.py", "same"}}};
  const ExtensionPackage with_folder_{"0.11.0", {{"__init__.py", "init 3"}, {"web/tab.js", "tab"}}};
  const ExtensionPackage folder_changed_{"0.12.0", {{"__init__.py", "init 3"}, {"web/tab.js", "tab 2"}}};
};

}  // namespace comfytrace::app::extension_test
