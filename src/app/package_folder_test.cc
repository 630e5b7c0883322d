#include "app/package_folder.h"

#include "app/extension_package_fixture.h"

// Files that lie in a folder of their package.
namespace comfytrace::app::extension_test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PackageName, IsOfAFileInThePackageOrInOneFolderOfIt) {
  for (const char* good : {"a.py", ".x", "web/a.js"}) EXPECT_TRUE(is_package_name(good)) << good;
  for (const char* bad : {"", ".", "..", "/a", "a/", "../a", "a/..", "a/./b", "a/b/c", "web//a"})
    EXPECT_FALSE(is_package_name(bad)) << bad;
}

TEST_F(ExtensionPackageTest, AFileInAFolderComesIsReplacedAndGoesWithItsFolder) {
  ASSERT_TRUE(install(new_).ok());
  EXPECT_THAT(install(with_folder_)->written, ElementsAre("__init__.py", "web/tab.js"));
  EXPECT_EQ(read(folder_ / "web" / "tab.js"), "tab");
  EXPECT_EQ(with_folder_.status(custom_nodes_)->state, ExtensionState::current);
  EXPECT_THAT(install(folder_changed_)->written, ElementsAre("web/tab.js"));
  EXPECT_EQ(read(folder_ / "web" / "tab.js"), "tab 2");
  EXPECT_THAT(install(new_, true)->removed, ElementsAre("web/tab.js"));
  EXPECT_FALSE(fs::exists(folder_ / "web"));
  ASSERT_TRUE(install(folder_changed_).ok());
  write(folder_ / "web" / "mine.js", "mine");
  ASSERT_TRUE(uninstall(folder_changed_).ok());
  EXPECT_THAT(everything(),
              testing::Contains(testing::Pair(std::string(ExtensionPackage::kFolder) + "/web/mine.js", "mine")));
  fs::remove_all(folder_);
  ASSERT_TRUE(install(with_folder_).ok());
  ASSERT_TRUE(uninstall(with_folder_).ok());
  EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(ExtensionPackageTest, AFileInAFolderThatWasChangedByHandIsKeptAndForceSetsItAside) {
  ASSERT_TRUE(install(with_folder_).ok());
  write(folder_ / "web" / "tab.js", "mine");
  EXPECT_THAT(names(install(folder_changed_)->kept), ElementsAre("web/tab.js"));
  EXPECT_THAT(install(folder_changed_, true)->backups, ElementsAre("web/tab.js.bak"));
  EXPECT_EQ(read(folder_ / "web" / "tab.js.bak"), "mine");
  EXPECT_EQ(read(folder_ / "web" / "tab.js"), "tab 2");
}

TEST_F(ExtensionPackageTest, AFolderThatIsALinkIsNotFollowedEvenByForce) {
  ASSERT_TRUE(install(with_folder_).ok());
  fs::create_directories(root_ / "elsewhere");
  write(root_ / "elsewhere" / "tab.js", "tab");
  fs::remove_all(folder_ / "web");
  fs::create_directory_symlink(root_ / "elsewhere", folder_ / "web");
  const auto changed = install(folder_changed_, true);
  ASSERT_TRUE(changed.ok());
  EXPECT_THAT(names(changed->kept), ElementsAre("web/tab.js"));
  EXPECT_THAT(changed->kept[0].reason, HasSubstr("a link"));
  ASSERT_TRUE(uninstall(folder_changed_).ok());
  EXPECT_EQ(read(root_ / "elsewhere" / "tab.js"), "tab");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "elsewhere"), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace comfytrace::app::extension_test
