#include "history/columns/setting_book.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace comfytrace::history::columns {
namespace {

// Of its own for each number below 2 310; few workflows, graphs, models and machines.
Setting setting(std::size_t number) {
  const auto named = [&](const char* what, std::size_t of) {
    return std::string(what).append(std::to_string(number % of));
  };
  Setting setting{{named("Story ", 5)}, {named("graph ", 7), {}}, {named("model ", 11), {}}, {}};
  if (number % 5 == 4) setting.workflow_name.clear();
  for (std::size_t i = 0; i < number % 7; ++i) setting.fingerprints.push_back("graph " + std::to_string(i));
  for (std::size_t i = 0; i < number % 11; ++i) setting.models.push_back("model " + std::to_string(i));
  setting.worker_ids = {named("worker ", 2)};
  setting.devices = {named("Card ", 3)};
  if (number % 3 != 0) setting.vram_total_bytes = static_cast<std::int64_t>(number % 3);
  setting.comfyui_version = named("0.", 2);
  setting.pytorch_version = named("2.", 3);
  return setting;
}
constexpr std::size_t kSettings = 2'310;

class SettingsOf : public ::testing::Test {
 protected:
  SettingsOf() {
    for (std::size_t i = 0; i < kSettings; ++i) (void)book_.id_of(setting(i));
  }
  // The numbers that pass.
  static std::vector<std::size_t> list(const std::vector<std::uint8_t>& passing) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < passing.size(); ++i) {
      if (passing[i]) numbers.push_back(i);
    }
    return numbers;
  }
  template <class Holds>
  static std::vector<std::size_t> where(Holds holds) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < kSettings; ++i) {
      if (holds(setting(i))) numbers.push_back(i);
    }
    return numbers;
  }
  SettingBook book_;
};

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

TEST_F(SettingsOf, ManyRunsAreNumberedEachOnceAndGivenBackWhole) {
  ASSERT_EQ(book_.size(), kSettings);
  for (std::size_t i = 0; i < kSettings; ++i) {
    ASSERT_EQ(book_[i], setting(i)) << i;
    ASSERT_EQ(book_.id_of(setting(i)), i);
    ASSERT_EQ(book_.graphs_of(i).fingerprints, setting(i).fingerprints);
    ASSERT_EQ(book_.machine_of(i).devices, setting(i).devices);
  }
  EXPECT_EQ(book_.size(), kSettings) << "what is there is found";
}

TEST_F(SettingsOf, FewPartsKeepEachOnce) {
  using enum SettingBook::Part;
  EXPECT_EQ(book_.count_of(workflow), 5u);
  EXPECT_EQ(book_.count_of(graphs), 7u);
  EXPECT_EQ(book_.count_of(models), 11u);
  EXPECT_EQ(book_.count_of(machine), 6u);
  for (std::size_t i = 0; i < kSettings; ++i) {
    Setting of_parts;
    of_parts.workflow_name = book_.only(workflow, book_.number_of(i, workflow)).workflow_name;
    static_cast<Graphs&>(of_parts) = book_.only(graphs, book_.number_of(i, graphs));
    static_cast<Models&>(of_parts) = book_.only(models, book_.number_of(i, models));
    static_cast<Machine&>(of_parts) = book_.only(machine, book_.number_of(i, machine));
    ASSERT_EQ(of_parts, setting(i));
  }
  Setting model_alone;
  static_cast<Models&>(model_alone) = setting(9);
  EXPECT_EQ(book_.only(models, 9), model_alone);
}

TEST_F(SettingsOf, AFilterMeetsWorkflowsByNameOrByOneOfTheirGraphs) {
  RunFilter filter;
  EXPECT_EQ(list(book_.meeting(filter)).size(), kSettings);
  filter.workflows = {"STORY 3", "graph 5"};
  EXPECT_EQ(list(book_.meeting(filter)),
            where([](const Setting& of) { return of.workflow_name == "Story 3" || has(of.fingerprints, "graph 5"); }));
  filter.workflows = {""};
  EXPECT_TRUE(list(book_.meeting(filter)).empty()) << "no name is not a name";
  filter.workflows = {"story 3"};
  filter.models = {"model 9", "model 7"};
  filter.worker_ids = {"worker 1"};
  filter.gpus = {"card 2", "nobody's"};
  const auto all = where([](const Setting& of) {
    return of.workflow_name == "Story 3" && has(of.models, "model 7") && has(of.worker_ids, "worker 1") &&
           has(of.devices, "Card 2");
  });
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(list(book_.meeting(filter)), all) << "every criterion, each by any of its values";
}

TEST_F(SettingsOf, AGraphAndADeviceAreFoundTogether) {
  EXPECT_EQ(list(book_.having("graph 5", std::nullopt)),
            where([](const Setting& of) { return has(of.fingerprints, "graph 5"); }));
  EXPECT_EQ(list(book_.having("graph 5", "Card 1")),
            where([](const Setting& of) { return has(of.fingerprints, "graph 5") && has(of.devices, "Card 1"); }));
  EXPECT_TRUE(list(book_.having("Story 3", std::nullopt)).empty()) << "a name is not a graph";
}

TEST(SettingBook, TakesLittleForSettingsOfKnownParts) {
  SettingBook book;
  for (std::size_t i = 0; i < kSettings; ++i) (void)book.id_of(setting(i));
  EXPECT_LT(book.bytes(), kSettings * 48);
}

}  // namespace
}  // namespace comfytrace::history::columns
