#include "app/usage_error.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

namespace comfytrace::app {
namespace {

class UsageError : public ::testing::Test {
 protected:
  UsageError() {
    app_.require_subcommand(1);
    CLI::App* stats = app_.add_subcommand("stats", "Statistics");
    stats->add_option("--by", by_, "Groups");
    stats->add_option("--duration-min", duration_, "At least");
    app_.add_subcommand("generate", "For tests")->group("");
    CLI::App* preset = app_.add_subcommand("preset", "Filters by name");
    preset->require_subcommand(1);
    preset->add_subcommand("list", "All");
    preset->add_subcommand("remove", "One")->add_option("name", name_)->required();
  }
  // "" where it was taken.
  std::string told(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& problem) {
      return usage_error(app_, problem);
    }
    return "";
  }

  CLI::App app_{"A recorder", "comfytrace"};
  std::string by_;
  std::string duration_;
  std::string name_;
};

TEST_F(UsageError, NamesTheFlagThatIsMeant) {
  EXPECT_EQ(told({"stats", "--by", "story"}), "");
  EXPECT_EQ(told({"stats", "--group-by", "story"}),
            "comfytrace stats: no such flag: --group-by (did you mean --by? `comfytrace stats --help` says what there "
            "is)\n");
  EXPECT_EQ(told({"stats", "--duration_min=90s"}),
            "comfytrace stats: no such flag: --duration_min (did you mean --duration-min? `comfytrace stats --help` "
            "says what there is)\n");
  EXPECT_EQ(told({"stats", "--duration", "90s"}),
            "comfytrace stats: no such flag: --duration (did you mean --duration-min? `comfytrace stats --help` says "
            "what there is)\n");
}

TEST_F(UsageError, SaysNothingOfAFlagThatIsLikeNone) {
  EXPECT_EQ(told({"stats", "--colour", "red"}),
            "comfytrace stats: no such flag: --colour (`comfytrace stats --help` says what there is)\n");
  EXPECT_EQ(told({"stats", "-x"}),
            "comfytrace stats: no such flag: -x (`comfytrace stats --help` says what there is)\n");
}

TEST_F(UsageError, NamesTheCommandThatIsMeant) {
  EXPECT_EQ(told({"stat"}),
            "comfytrace: no such command: stat (did you mean stats? `comfytrace --help` says what there is)\n");
  EXPECT_EQ(told({"preset", "lst"}),
            "comfytrace preset: no such command: lst (did you mean list? `comfytrace preset --help` says what there "
            "is)\n");
}

TEST_F(UsageError, KeepsACommandThatIsNotForEverybodyToItself) {
  EXPECT_EQ(told({"generat"}), "comfytrace: no such command: generat (`comfytrace --help` says what there is)\n");
}

TEST_F(UsageError, ShowsTheCommandsWhereNoneIsGiven) {
  EXPECT_NE(told({}).find("Statistics"), std::string::npos);
  const std::string of_preset = told({"preset"});
  EXPECT_NE(of_preset.find("All"), std::string::npos);
  EXPECT_NE(of_preset.find("comfytrace preset"), std::string::npos);
  EXPECT_EQ(of_preset.find("Statistics"), std::string::npos);
}

TEST_F(UsageError, TellsWhatElseIsWrong) {
  const std::string missing = told({"preset", "remove"});
  EXPECT_TRUE(missing.starts_with("comfytrace preset remove: name is required (")) << missing;
  const std::string value = told({"stats", "--by"});
  EXPECT_TRUE(value.starts_with("comfytrace stats: --by: ")) << value;
}

}  // namespace
}  // namespace comfytrace::app
