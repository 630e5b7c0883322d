#include "app/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace comfytrace::app {
namespace {

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("settings-" + std::to_string(::getpid()) + "-" +
                                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_ / "comfytrace");
    variables_["HOME"] = folder_.string();
    variables_["XDG_CONFIG_HOME"] = folder_.string();
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  void write_config(const std::string& text) const { std::ofstream(folder_ / "comfytrace" / "config.toml") << text; }

  base::Result<Settings> load(const Flags& flags = {}) {
    return load_settings(flags, [this](const char* name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional<std::string>(found->second);
    });
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SettingsTest, DefaultsNeedNothing) {
  const auto settings = load();
  ASSERT_TRUE(settings.ok());
  ASSERT_EQ(settings->workers.size(), 1u);
  EXPECT_EQ(settings->workers[0].url, "http://127.0.0.1:8188");
  EXPECT_EQ(settings->own_url(), "http://127.0.0.1:8199");
  EXPECT_TRUE(settings->listens_on_loopback());
  EXPECT_EQ(settings->store, folder_ / ".local/share/comfytrace/history.db");
}

TEST_F(SettingsTest, FlagWinsOverEnvironmentOverFileOverDefault) {
  write_config(
      "comfyui = [\"http://a:1\", {url = \"http://b:2\", name = \"bee\"}]\nlisten = \"127.0.0.1:1000\"\nstore = "
      "\"/f/file.db\"\n");
  auto settings = load();
  ASSERT_TRUE(settings.ok()) << settings.error().sentence();
  ASSERT_EQ(settings->workers.size(), 2u);
  EXPECT_EQ(settings->workers[1].name, "bee");
  EXPECT_EQ(settings->listen_port, 1000);
  variables_["COMFYTRACE_COMFYUI"] = "c:3, d:4";
  variables_["COMFYTRACE_LISTEN"] = "[::1]:2000";
  settings = load();
  ASSERT_TRUE(settings.ok());
  ASSERT_EQ(settings->workers.size(), 2u);
  EXPECT_EQ(settings->workers[0].url, "http://c:3");
  EXPECT_EQ(settings->own_url(), "http://[::1]:2000");
  Flags flags;
  flags.comfyui = {"http://e:5"};
  flags.listen = "0.0.0.0:3000";
  flags.store = "/x.db";
  settings = load(flags);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->workers[0].url, "http://e:5");
  EXPECT_FALSE(settings->listens_on_loopback());
  EXPECT_EQ(settings->store, "/x.db");
}

TEST_F(SettingsTest, HonoursTheAddressThatOtherComfyToolsUse) {
  variables_["COMFY_LOCAL_URL"] = "http://gpu-box:8190";
  EXPECT_EQ(load()->workers[0].url, "http://gpu-box:8190");
  write_config("comfyui = \"http://nearer:1\"\n");
  EXPECT_EQ(load()->workers[0].url, "http://nearer:1");
}

TEST_F(SettingsTest, NamesWhatIsWrongAndWhere) {
  Flags flags;
  flags.listen = "127.0.0.1:99999";
  EXPECT_EQ(load(flags).error().field, "--listen");
  write_config("listen = \"127.0.0.1:1\"\nlissten = 3\n");
  auto settings = load();
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.error().sentence().find("line 2"), std::string::npos) << settings.error().sentence();
  EXPECT_NE(settings.error().sentence().find("lissten"), std::string::npos);
  write_config("listen = \n");
  EXPECT_NE(load().error().field.find("line 1"), std::string::npos);
  write_config("comfyui = 7\n");
  EXPECT_NE(load().error().field.find("comfyui"), std::string::npos);
  Flags missing;
  missing.config = "/does/not/exist.toml";
  EXPECT_EQ(load(missing).error().code, base::ErrorCode::not_found);
}

TEST_F(SettingsTest, KeepsEverythingUnlessToldOtherwise) {
  EXPECT_FALSE(load()->retention.days);
  EXPECT_FALSE(load()->retention.max_bytes);
  write_config("[retention]\ndays = 30\nmax_bytes = \"2GiB\"\n");
  EXPECT_EQ(load()->retention.days, 30);
  EXPECT_EQ(load()->retention.max_bytes, 2ll << 30);
  variables_["COMFYTRACE_RETENTION_DAYS"] = "60";
  variables_["COMFYTRACE_RETENTION_MAX_BYTES"] = "off";
  EXPECT_EQ(load()->retention.days, 60);
  EXPECT_FALSE(load()->retention.max_bytes);
  Flags flags;
  flags.retention_days = "0";
  flags.retention_max_bytes = "3GB";
  EXPECT_FALSE(load(flags)->retention.days);
  EXPECT_EQ(load(flags)->retention.max_bytes, 3'000'000'000);
}

TEST_F(SettingsTest, BoundsTheMemoryOfStatistics) {
  EXPECT_EQ(load()->max_column_bytes, 1ll << 30);
  write_config("max_column_bytes = \"256MiB\"\n");
  EXPECT_EQ(load()->max_column_bytes, 256ll << 20);
  write_config("max_column_bytes = 16777216\n");
  EXPECT_EQ(load()->max_column_bytes, 16ll << 20);
  for (const char* wrong : {"max_column_bytes = 1\n", "max_column_bytes = \"much\"\n", "max_column_bytes = []\n"}) {
    write_config(wrong);
    ASSERT_FALSE(load()) << wrong;
    EXPECT_NE(load().error().field.find("max_column_bytes"), std::string::npos);
  }
}

TEST_F(SettingsTest, NamesWhatIsWrongWithRetention) {
  for (const char* text : {"retention = 30", "[retention]\nweeks = 4", "[retention]\ndays = \"soon\"",
                           "[retention]\ndays = -1", "[retention]\nmax_bytes = 5", "[retention]\ndays = 40000"}) {
    write_config(text);
    const auto settings = load();
    ASSERT_FALSE(settings) << text;
    EXPECT_NE(settings.error().field.find("retention"), std::string::npos) << settings.error().sentence();
    EXPECT_FALSE(settings.error().mend.empty());
  }
  write_config("");
  Flags flags;
  flags.retention_days = "x";
  EXPECT_EQ(load(flags).error().field, "--retention-days");
  variables_["COMFYTRACE_RETENTION_MAX_BYTES"] = "lots";
  EXPECT_EQ(load().error().field, "COMFYTRACE_RETENTION_MAX_BYTES");
}

}  // namespace
}  // namespace comfytrace::app
