#include <map>
#include <optional>

#include "history/memory/memory_history.h"
#include "history/run_history_contract.h"
#include "history/run_rules.h"

// What every implementation must do with orders, bounds, regular expressions and what they prune.
namespace comfytrace::history {

using model::Status;

TEST_P(RunHistoryContract, ListsInEveryOrderAndPutsLastWhatLacksTheValue) {
  const auto save_as = [&](const std::string& id, std::int64_t at, std::optional<std::int64_t> value) {
    model::Run run = simple_run(id, at);
    run.scenes[0].attempts[0].duration_ms = value;
    run.scenes[0].attempts[0].vram_peak_bytes = value;
    model::roll_up(run);
    save(run);
  };
  save_as("a", 3, 20);
  save_as("b", 1, std::nullopt);
  save_as("c", 3, 10);
  save_as("d", 2, 20);
  save_as("e", 5, std::nullopt);
  const auto listed = [&](RunSort sort, std::int64_t limit) {
    std::string all;
    std::string cursor;
    do {
      const auto page = history_->page({}, sort, limit, cursor);
      EXPECT_TRUE(page) << (page ? "" : page.error().sentence());
      if (!page) break;
      EXPECT_EQ(page->total, 5);
      for (const auto& run : page->runs) all += run.run_id;
      cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    return all;
  };
  for (const std::int64_t limit : {1, 2, 3, 5, 9}) {
    EXPECT_EQ(listed(RunSort::newest, limit), "ecadb");
    EXPECT_EQ(listed(RunSort::oldest, limit), "bdace");
    EXPECT_EQ(listed(RunSort::longest, limit), "daceb");
    EXPECT_EQ(listed(RunSort::shortest, limit), "cadbe");
    EXPECT_EQ(listed(RunSort::vram, limit), "daceb");
  }
}

TEST_P(RunHistoryContract, BeginsAPageAtAnyPosition) {
  for (int i = 0; i < 7; ++i) save(simple_run(std::string(1, static_cast<char>('a' + i)), i));
  const auto at = [&](std::int64_t offset, const std::string& cursor = "") {
    const auto page = history_->page({}, RunSort::oldest, 3, moved_on(cursor, offset));
    EXPECT_TRUE(page) << (page ? "" : page.error().sentence());
    if (!page) return std::string();
    EXPECT_EQ(page->total, 7);
    std::string all;
    for (const auto& run : page->runs) all += run.run_id;
    return all + (page->next_cursor ? "+" : "");
  };
  EXPECT_EQ(at(0), "abc+");
  EXPECT_EQ(at(2), "cde+");
  EXPECT_EQ(at(4), "efg");
  EXPECT_EQ(at(6), "g");
  EXPECT_EQ(at(7), "");
  const auto third = history_->page({}, RunSort::oldest, 1, moved_on("", 2));
  ASSERT_TRUE(third && third->next_cursor);
  EXPECT_EQ(at(0, *third->next_cursor), "def+");
  EXPECT_EQ(at(2, *third->next_cursor), "fg");
  for (const char* wrong : {"+", "+-1", "+x", "+1000000001", "1.1+2+3", "+99999999999999999999"}) {
    EXPECT_EQ(history_->page({}, RunSort::oldest, 1, wrong).error().field, "cursor") << wrong;
  }
}

TEST_P(RunHistoryContract, RefusesTheCursorOfAnotherOrder) {
  for (int i = 0; i < 3; ++i) save(simple_run("run " + std::to_string(i), i));
  const auto newest = history_->page({}, 1, "");
  const auto longest = history_->page({}, RunSort::longest, 1, "");
  ASSERT_TRUE(newest && newest->next_cursor && longest && longest->next_cursor);
  for (const auto& refused : {history_->page({}, RunSort::oldest, 1, *newest->next_cursor),
                              history_->page({}, RunSort::shortest, 1, *longest->next_cursor),
                              history_->page({}, 1, *longest->next_cursor)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(refused.error().field, "cursor");
  }
}

TEST_P(RunHistoryContract, SelectsByBoundsThatARunMustHave) {
  for (const auto& [id, value] :
       std::map<std::string, std::optional<std::int64_t>>{{"a", 100}, {"b", 200}, {"c", std::nullopt}}) {
    model::Run run = simple_run(id, id[0]);
    auto& attempts = run.scenes[0].attempts;
    attempts[0].duration_ms = value;
    attempts[0].vram_peak_bytes = value;
    if (id == "b") attempts.push_back(attempts[0]);
    model::roll_up(run);
    save(run);
  }
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids({.duration_min_ms = 100, .duration_max_ms = 100}), Ids{"a"});
  EXPECT_EQ(ids({.duration_min_ms = 0}), (Ids{"b", "a"}));
  EXPECT_EQ(ids({.duration_max_ms = 199}), Ids{"a"});
  EXPECT_EQ(ids({.vram_peak_min_bytes = 101}), Ids{"b"});
  EXPECT_EQ(ids({.vram_peak_max_bytes = 1'000}), (Ids{"b", "a"}));
  EXPECT_EQ(ids({.attempts_min = 2}), Ids{"b"});
  EXPECT_EQ(ids({.attempts_max = 1}), (Ids{"c", "a"}));
}

TEST_P(RunHistoryContract, FindsRegularExpressionsInShortAndLongPrompts) {
  model::Run run = simple_run("a", 1);
  run.scenes[0].parameters.positive_prompt = "short fox";
  run.scenes[0].parameters.negative_prompt = "a long prompt that many runs may share with a hen";
  save(run);
  save(simple_run("b", 2));
  RunFilter filter;
  for (const char* found : {"SHORT", "t f.x$", "share.*hen$", "^run a$"}) {
    filter.regex = found;
    EXPECT_EQ(ids(filter), std::vector<std::string>{"a"}) << found;
    EXPECT_EQ(history_->page(filter, 1, "")->total, 1) << found;
  }
  filter.regex = "fox.*hen";
  EXPECT_TRUE(ids(filter).empty());
  run.scenes[0].parameters.positive_prompt = "short cat";
  save(run);
  filter.regex = "fox";
  EXPECT_TRUE(ids(filter).empty());
  filter.regex = "(";
  for (const auto& refused :
       {history_->page(filter, 1, "").ok(), history_->foresee({filter, 1}).ok(), history_->prune({filter, 1}, {}).ok(),
        history_->for_each(filter, [](const auto&) { return true; }).ok()})
    EXPECT_FALSE(refused);
  EXPECT_EQ(history_->page(filter, 1, "").error().field, "regex");
}

TEST_P(RunHistoryContract, PrunesWhatTheFilterSelectsAndTellsWhatItKept) {
  for (int i = 0; i < 4; ++i) save(simple_run("failed " + std::to_string(i), i, Status::failed));
  save(simple_run("good", 0));
  save(simple_run("open", 0, Status::queued));
  for (const auto& [id, archived, tagged] :
       {std::tuple("archived", true, false), std::tuple("both", true, true), std::tuple("tagged", false, true)}) {
    model::Run run = simple_run(id, 1, Status::failed);
    run.archived = archived;
    if (tagged) run.tags = {"keep"};
    save(run);
  }
  PruneRule rule;
  rule.filter.statuses = {Status::failed, Status::queued};
  rule.keep_newest = 1;
  for (const bool dry_run : {true, false}) {
    rule.dry_run = dry_run;
    const auto report = history_->prune(rule, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->runs, 3);
    EXPECT_GT(report->bytes, 0);
    EXPECT_EQ(report->oldest_at_ms, 0);
    EXPECT_EQ(report->newest_at_ms, 2);
    EXPECT_EQ(report->kept_open, 1);
    EXPECT_EQ(report->kept_archived, 2);
    EXPECT_EQ(report->kept_tagged, 1);
  }
  EXPECT_EQ(ids({}), (std::vector<std::string>{"failed 3", "tagged", "both", "archived", "open", "good"}));
}

TEST_P(RunHistoryContract, PrunesInBatchesBetweenWhichItMayBeChanged) {
  for (int i = 0; i < 250; ++i) save(simple_run("run " + std::to_string(i), i));
  auto pruning = history_->begin_prune({.keep_newest = 20});
  ASSERT_TRUE(pruning);
  std::int64_t before = 0;
  for (int step = 0;; ++step) {
    const auto more = (*pruning)->step();
    ASSERT_TRUE(more) << more.error().sentence();
    const std::int64_t runs = (*pruning)->report().runs;
    EXPECT_LE(runs - before, 100);
    before = runs;
    if (!*more) break;
    save(simple_run("new " + std::to_string(step), 1'000 + step));
    ASSERT_TRUE(*history_->amend("run 225", {.tags = std::vector<std::string>{"keep"}}));
  }
  EXPECT_EQ((*pruning)->report().runs, 229);
  EXPECT_TRUE(get("new 0"));
  EXPECT_TRUE(get("run 225"));
  EXPECT_TRUE(get("run 230"));
  EXPECT_FALSE(get("run 229"));
}

TEST(MemoryHistory, TakesTenThousandPresetsAndNoMore) {
  MemoryHistory history;
  for (std::int64_t i = 0; i < kMaxPresets; ++i) ASSERT_TRUE(history.save_preset({std::to_string(i), "", i}));
  const auto refused = history.save_preset({"one more", "", 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
  EXPECT_TRUE(history.save_preset({"0", "status=failed", 1}));
}

}  // namespace comfytrace::history
