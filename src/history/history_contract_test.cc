#include <algorithm>
#include <map>

#include "history/memory/memory_history.h"
#include "history/run_history_contract.h"
#include "history/run_rules.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

using model::Status;

std::unique_ptr<RunHistory> make_memory(const std::filesystem::path&) {
  return std::make_unique<MemoryHistory>();
}

std::unique_ptr<RunHistory> make_sqlite(const std::filesystem::path& folder) {
  auto history = SqliteHistory::open(folder / "history.db");
  EXPECT_TRUE(history) << (history ? "" : history.error().sentence());
  return history ? std::move(*history) : nullptr;
}

RunFilter with_text(std::string text) {
  RunFilter filter;
  filter.text = std::move(text);
  return filter;
}

RunFilter random_filter(RandomRuns& random) {
  RunFilter filter;
  if (random.chance(20)) filter.from_ms = 1'763'000'000'000 + random.pick(40'000);
  if (random.chance(20)) filter.to_ms = 1'763'000'000'000 + random.pick(40'000);
  for (std::int64_t i = random.chance(30) ? random.pick(4) : 0; i > 0; --i)
    filter.statuses.push_back(static_cast<Status>(random.pick(8)));
  if (random.chance(20)) filter.exit_reasons.push_back(static_cast<model::ExitReason>(random.pick(11)));
  if (random.chance(20)) filter.worker_ids = {random.chance(50) ? "worker-a" : "worker-b"};
  if (random.chance(20)) filter.worker_ids.push_back("never seen");
  if (random.chance(20)) filter.workflows = {random.one_of<std::string>({"PORTRAIT", "f00d", "F00D", "nothing", ""})};
  if (random.chance(20)) filter.models = {"flux1-dev.safetensors", "v1-5-pruned.ckpt"};
  if (random.chance(15)) filter.tags = {"keep", random.one_of<std::string>({"draft", "über", "Über"})};
  if (random.chance(15)) filter.story = random.one_of<std::string>({"story-1", "tale 2", "Tale 0", "STORY-1"});
  if (random.chance(30))
    filter.text = random.one_of<std::string>({"cast", "CASTLE rain", "äpf", "猫", "\"quoted\"", "OR", "near x", "*",
                                              "a a a", "neon-l", "keep", "mat1", "zzz", ""});
  if (random.chance(20)) filter.archived = random.chance(50);
  if (random.chance(20))
    filter.gpus = {
        random.one_of<std::string>({"nvidia geforce RTX 3090", "CPU", "radeon", "", "AMD Radeon RX 7900 XTX"})};
  if (random.chance(15)) filter.duration_min_ms = random.pick(200'000);
  if (random.chance(15)) filter.duration_max_ms = random.pick(200'000);
  if (random.chance(15)) filter.attempts_min = random.pick(5);
  if (random.chance(15)) filter.attempts_max = random.pick(5);
  if (random.chance(15)) filter.vram_peak_min_bytes = random.pick(1ll << 34);
  if (random.chance(15)) filter.vram_peak_max_bytes = random.pick(1ll << 34);
  if (random.chance(25))
    filter.regex = random.one_of<std::string>({"CASTLE", "^a ", "^$", "äpfel.*rain", "猫", "shapes cannot|8k$", ".",
                                               "zzz", "looked at", "\\bor\\b", "^amended castle$"});
  return filter;
}

RunPatch random_patch(RandomRuns& random) {
  RunPatch patch;
  if (random.chance(40)) patch.title = random.chance(50) ? "amended castle" : "";
  if (random.chance(40)) patch.tags = random.chance(50) ? std::vector<std::string>{"keep"} : std::vector<std::string>{};
  if (random.chance(40)) patch.notes = random.chance(50) ? "looked at" : "";
  if (random.chance(40)) patch.archived = random.chance(50);
  return patch;
}

}  // namespace

std::vector<std::string> RunHistoryContract::ids(const RunFilter& filter, std::int64_t limit) const {
  std::vector<std::string> all;
  std::string cursor;
  do {
    const auto page = history_->page(filter, limit, cursor);
    EXPECT_TRUE(page) << (page ? "" : page.error().sentence());
    if (!page) break;
    EXPECT_LE(static_cast<std::int64_t>(page->runs.size()), limit);
    for (const auto& run : page->runs) all.push_back(run.run_id);
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  return all;
}

TEST_P(RunHistoryContract, GivesBackExactlyWhatWasSaved) {
  RandomRuns random(1);
  std::vector<model::Run> runs;
  for (int i = 0; i < 200; ++i)
    runs.push_back(random.run(i % 3 ? base::named_uuid(std::to_string(i)) : "run " + std::to_string(i)));
  ASSERT_TRUE(history_->save(runs));
  for (const auto& run : runs) {
    const auto stored = get(run.run_id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(*stored, run) << base::encode_json(*stored) << "\n" << base::encode_json(run);
  }
}

TEST_P(RunHistoryContract, KnowsNothingOfRunsItNeverSaw) {
  EXPECT_FALSE(get("never"));
  EXPECT_FALSE(*history_->remove("never"));
  EXPECT_FALSE(*history_->amend("never", {.title = "x"}));
  EXPECT_TRUE(history_->samples("never")->empty());
  EXPECT_EQ(*history_->run_of_prompt("worker-a", "never"), std::nullopt);
}

TEST_P(RunHistoryContract, ReplacesARunWhole) {
  save(simple_run("a", 1000, Status::executing));
  model::Run done = simple_run("a", 1000, Status::failed);
  done.scenes.front().parameters.positive_prompt = "a lighthouse at the end of the world";
  done.scenes.front().attempts.front().prompt_id = "other";
  save(done);
  EXPECT_EQ(get("a"), done);
  EXPECT_EQ(history_->page({}, 10, "")->total, 1);
  EXPECT_EQ(*history_->run_of_prompt("worker-a", "a"), std::nullopt);
  EXPECT_EQ(*history_->run_of_prompt("worker-a", "other"), "a");
  EXPECT_EQ(ids(with_text("lighthouse")), std::vector<std::string>{"a"});
  done.scenes.front().parameters.positive_prompt.reset();
  save(done);
  EXPECT_TRUE(ids(with_text("lighthouse")).empty());
}

TEST_P(RunHistoryContract, ListsNewestFirstAndThenByOrderOfFirstSave) {
  for (const auto& [id, at] : std::map<std::string, int>{{"a", 2}, {"b", 3}, {"c", 2}, {"d", 1}})
    save(simple_run(id, at));
  save(simple_run("a", 2, Status::failed));
  EXPECT_EQ(ids({}), (std::vector<std::string>{"b", "c", "a", "d"}));
  EXPECT_EQ(ids({}, 1), (std::vector<std::string>{"b", "c", "a", "d"}));
}

TEST_P(RunHistoryContract, PagesAreStableWhileRunsComeAndGo) {
  for (int i = 0; i < 20; ++i) save(simple_run("run " + std::to_string(i), 1000 + i / 2));
  const auto first = history_->page({}, 7, "");
  ASSERT_TRUE(first && first->next_cursor);
  EXPECT_EQ(first->total, 20);
  save(simple_run("newer", 5000));
  ASSERT_TRUE(*history_->remove(first->runs.back().run_id));
  const auto second = history_->page({}, 7, *first->next_cursor);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->total, 20);
  ASSERT_EQ(second->runs.size(), 7u);
  EXPECT_EQ(second->runs.front().run_id, "run 12");
  EXPECT_EQ(second->runs.back().run_id, "run 6");
}

TEST_P(RunHistoryContract, RefusesLimitsAndCursorsThatAreNone) {
  for (const std::int64_t limit : {0, -1, 1001}) {
    const auto page = history_->page({}, limit, "");
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(page.error().field, "limit");
  }
  for (const char* cursor : {"x", "1", "1.", ".1", "1.2.3", "1.2 ", "' OR 1=1", "99999999999999999999.1"}) {
    const auto page = history_->page({}, 10, cursor);
    ASSERT_FALSE(page) << cursor;
    EXPECT_EQ(page.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(page.error().field, "cursor");
  }
}

TEST_P(RunHistoryContract, NeverReadsTextAsAQueryLanguage) {
  model::Run run = simple_run("a", 1);
  run.title = "the castle OR nothing";
  save(run);
  for (const char* text : {"castle", "CAS", "cas nothing", "\"castle", "castle\"", "or", "castle*", "(castle",
                           "^castle", "-castle", "title:castle"})
    EXPECT_EQ(ids(with_text(text)).size(), std::string_view(text) == "title:castle" ? 0u : 1u) << text;
  EXPECT_TRUE(ids(with_text("castle AND foo")).empty());
  EXPECT_TRUE(ids(with_text("castles")).empty());
  EXPECT_EQ(ids(with_text(" \t")).size(), 1u);
}

TEST_P(RunHistoryContract, KeepsWhatAPersonChanged) {
  model::Run run = simple_run("a", 1);
  run.tags = {"auto"};
  save(run);
  ASSERT_TRUE(*history_->amend("a", {.title = "Mine", .notes = "good"}));
  model::Run later = run;
  later.title = "Theirs";
  later.tags = {"other"};
  later.notes = "theirs";
  save(later);
  model::Run expected = later;
  expected.title = "Mine";
  expected.notes = "good";
  EXPECT_EQ(get("a"), expected);
  EXPECT_EQ(ids(with_text("mine good other")).size(), 1u);
  ASSERT_TRUE(*history_->amend("a", {.notes = ""}));
  save(later);
  EXPECT_EQ(get("a")->notes, std::nullopt);
  EXPECT_TRUE(ids(with_text("good")).empty());
}

TEST_P(RunHistoryContract, RemovedRunsStayRemoved) {
  const model::Run run = saved(simple_run("a", 1));
  const SampleSeries series{"a", "a", RandomRuns(3).samples(5)};
  ASSERT_TRUE(history_->save_samples(std::span(&series, 1)));
  ASSERT_TRUE(*history_->remove("a"));
  EXPECT_FALSE(*history_->remove("a"));
  save(run);
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(history_->samples("a")->empty());
  EXPECT_EQ(history_->page({}, 10, "")->total, 0);
  EXPECT_EQ(*history_->run_of_prompt("worker-a", "a"), std::nullopt);
}

TEST_P(RunHistoryContract, PrunesOnlyWhatMayGo) {
  save(simple_run("open", 1, Status::executing));
  save(simple_run("old", 2));
  model::Run tagged = simple_run("tagged", 3);
  tagged.tags = {"keep"};
  save(tagged);
  model::Run archived = simple_run("archived", 4);
  archived.archived = true;
  save(archived);
  save(simple_run("older", 5, Status::failed));
  save(simple_run("new", 100));
  PruneRule rule{.older_than_ms = 100, .dry_run = true};
  for (const bool dry_run : {true, false}) {
    rule.dry_run = dry_run;
    const auto report = history_->prune(rule, [] { return true; });
    ASSERT_TRUE(report);
    EXPECT_EQ(report->runs, 2);
    EXPECT_EQ(report->oldest_at_ms, 2);
    EXPECT_EQ(report->newest_at_ms, 5);
    EXPECT_EQ(ids({}).size(), dry_run ? 6u : 4u);
  }
  EXPECT_EQ(ids({}), (std::vector<std::string>{"new", "archived", "tagged", "open"}));
  const auto none = history_->prune({}, [] { return true; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, base::ErrorCode::invalid);
}

TEST_P(RunHistoryContract, PrunesToANumberOfRuns) {
  for (int i = 0; i < 250; ++i) save(simple_run("run " + std::to_string(i), i));
  EXPECT_EQ(history_->prune({.keep_newest = 300}, {})->runs, 0);
  EXPECT_EQ(history_->prune({.keep_newest = 10, .dry_run = true}, {})->runs, 240);
  EXPECT_EQ(history_->prune({.keep_newest = 10}, {})->runs, 240);
  EXPECT_EQ(ids({}).back(), "run 240");
  EXPECT_EQ(history_->prune({.keep_newest = 0}, {})->runs, 10);
  EXPECT_TRUE(ids({}).empty());
}

TEST_P(RunHistoryContract, PrunesToASize) {
  for (std::uint64_t i = 0; i < 400; ++i) save(typical_run(i));
  const std::int64_t bound = history_->info()->bytes * 3 / 5;
  const auto foreseen = history_->prune({.max_bytes = bound, .dry_run = true}, {});
  const auto report = history_->prune({.max_bytes = bound}, {});
  ASSERT_TRUE(foreseen && report);
  EXPECT_LE(history_->info()->bytes, bound);
  EXPECT_GT(foreseen->runs, 0);
  EXPECT_GT(history_->info()->runs, 50);
  EXPECT_EQ(history_->info()->runs, 400 - report->runs);
  EXPECT_EQ(ids({}).front(), typical_run(399).run_id);
}

TEST_P(RunHistoryContract, StopsPruningWhenAsked) {
  for (int i = 0; i < 250; ++i) save(simple_run("run " + std::to_string(i), i));
  int asked = 0;
  const auto report = history_->prune({.keep_newest = 0}, [&] { return ++asked <= 2; });
  ASSERT_TRUE(report);
  EXPECT_GT(report->runs, 0);
  EXPECT_LE(report->runs, 200);
  EXPECT_EQ(static_cast<std::int64_t>(ids({}).size()), 250 - report->runs);
}

TEST_P(RunHistoryContract, PrunedRunsComeBackOnlyWithNews) {
  model::Run found = simple_run("a", 1);
  found.scenes.front().attempts.front().origin = model::Origin::backfilled;
  save(found);
  ASSERT_EQ(history_->prune({.keep_newest = 0}, {})->runs, 1);
  save(found);
  EXPECT_FALSE(get("a"));
  model::Run again = simple_run("a", 2);
  again.scenes.front().attempts.front().origin = model::Origin::observed;
  save(again);
  EXPECT_EQ(get("a"), again);
}

TEST_P(RunHistoryContract, FindsTheOpenRuns) {
  const model::Run queued = saved(simple_run("q", 1, Status::queued));
  save(simple_run("s", 2));
  const model::Run executing = saved(simple_run("e", 3, Status::executing));
  const auto open = history_->open_runs();
  ASSERT_TRUE(open) << (open ? "" : open.error().sentence());
  EXPECT_EQ(*open, (std::vector{executing, queued}));
}

TEST_P(RunHistoryContract, KeepsReadingsExactly) {
  save(simple_run("a", 1));
  RandomRuns random(5);
  std::vector<SampleSeries> series{{"a", "p1", random.samples(300)}, {"a", "p2", {}}, {"gone", "p", random.samples(3)}};
  ASSERT_TRUE(history_->save_samples(series));
  series.pop_back();
  EXPECT_EQ(*history_->samples("a"), series);
  series[0].samples = typical_samples(1, 1000);
  ASSERT_TRUE(history_->save_samples(std::span(series.data(), 1)));
  EXPECT_EQ(*history_->samples("a"), series);
  EXPECT_TRUE(history_->samples("gone")->empty());
}

TEST_P(RunHistoryContract, KeepsWorkersPresetsRecommendationsAndAlerts) {
  model::Worker worker{.worker_id = "w", .name = "n", .url = "http://127.0.0.1:8188"};
  ASSERT_TRUE(history_->save_worker(worker));
  worker.devices.push_back({.index = 0, .name = "RTX", .type = "cuda", .vram_total_bytes = 1ll << 34});
  ASSERT_TRUE(history_->save_worker(worker));
  EXPECT_EQ(*history_->workers(), std::vector{worker});

  const FilterPreset one{"one", "status=failed", 1};
  const FilterPreset two{"two", "text=a%20b", 2};
  for (const auto& preset : {one, two, one}) ASSERT_TRUE(history_->save_preset(preset));
  EXPECT_EQ(*history_->presets(), (std::vector{one, two}));
  EXPECT_EQ(*history_->preset("two"), two);
  EXPECT_EQ(*history_->preset("three"), std::nullopt);
  EXPECT_TRUE(*history_->remove_preset("one"));
  EXPECT_FALSE(*history_->remove_preset("one"));

  Recommendation first{.id = "r1", .rule = "x", .cause = "c", .evidence_run_ids = {"a"}, .confidence = 0.5};
  ASSERT_TRUE(history_->save_recommendation(first));
  Recommendation second = first;
  second.id = "r2";
  const auto refused = history_->save_recommendation(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
  first.state = RecommendationState::dismissed;
  ASSERT_TRUE(history_->save_recommendation(first));
  ASSERT_TRUE(history_->save_recommendation(second));
  EXPECT_EQ(*history_->recommendations(), (std::vector{first, second}));

  const Alert early{.id = "a1", .rule = "x", .message = "m", .raised_at_ms = 1};
  const Alert late{.id = "a2", .rule = "x", .message = "m", .run_id = "a", .raised_at_ms = 2, .cleared_at_ms = 3};
  for (const auto& alert : {late, early}) ASSERT_TRUE(history_->save_alert(alert));
  EXPECT_EQ(*history_->alerts({}), (std::vector{late, early}));
  EXPECT_EQ(*history_->alerts({.limit = 1}), std::vector{late});
}

TEST_P(RunHistoryContract, PagesAlertsNewestFirstAndFindsTheOpenOnes) {
  std::vector<Alert> newest_first;
  for (int i = 9; i >= 0; --i) {
    Alert alert{.id = "alert " + std::to_string(i), .rule = "workerDown", .severity = AlertSeverity::critical};
    alert.raised_at_ms = 1'000 + i / 2;  // two of each time
    alert.subject = "worker:w";
    alert.evidence = {{"disconnectedMs", 61'000.5}, {"queuePending", 0}};
    if (i % 3 == 0) alert.cleared_at_ms = 2'000;
    if (i % 3 == 1) alert.acknowledged_at_ms = 1'500;
    alert.held_back = i % 2 == 0;
    newest_first.push_back(alert);
    ASSERT_TRUE(history_->save_alert(alert));
  }
  std::ranges::sort(newest_first, [](const Alert& a, const Alert& b) {
    return std::pair(-a.raised_at_ms, a.id) < std::pair(-b.raised_at_ms, b.id);
  });
  std::vector<Alert> paged;
  for (std::string after;;) {
    const auto page = history_->alerts({.limit = 3, .after_id = after});
    ASSERT_TRUE(page);
    if (page->empty()) break;
    paged.insert(paged.end(), page->begin(), page->end());
    after = page->back().id;
  }
  EXPECT_EQ(paged, newest_first);
  EXPECT_TRUE(history_->alerts({.after_id = "nobody"})->empty());

  std::erase_if(newest_first, [](const Alert& alert) { return alert.cleared_at_ms.has_value(); });
  EXPECT_EQ(*history_->alerts({.state = AlertState::open}), newest_first);
  Alert cleared = newest_first.front();
  cleared.cleared_at_ms = 3'000;
  ASSERT_TRUE(history_->save_alert(cleared));
  newest_first.erase(newest_first.begin());
  EXPECT_EQ(*history_->alerts({.state = AlertState::open}), newest_first);
}

TEST_P(RunHistoryContract, HandsOverEveryRunUntilToldToStop) {
  for (int i = 0; i < 250; ++i) save(simple_run("run " + std::to_string(i), i / 3));
  std::vector<std::string> seen;
  ASSERT_TRUE(history_->for_each({}, [&](const model::Run& run) {
    seen.push_back(run.run_id);
    return true;
  }));
  EXPECT_EQ(seen, ids({}));
  seen.clear();
  ASSERT_TRUE(history_->for_each({}, [&](const model::Run& run) {
    seen.push_back(run.run_id);
    return seen.size() < 120;
  }));
  EXPECT_EQ(seen.size(), 120u);
}

TEST_P(RunHistoryContract, TellsWhatItHolds) {
  EXPECT_EQ(history_->info()->runs, 0);
  EXPECT_EQ(history_->info()->oldest_run_at_ms, std::nullopt);
  save(simple_run("a", 10));
  save(simple_run("b", 20));
  const auto info = history_->info();
  EXPECT_EQ(info->runs, 2);
  EXPECT_GT(info->bytes, 0);
  EXPECT_EQ(info->oldest_run_at_ms, 10);
  EXPECT_EQ(info->newest_run_at_ms, 20);
}

TEST_P(RunHistoryContract, BacksUpToANewFileOnly) {
  save(simple_run("a", 10));
  const auto path = folder_.path() / "copy";
  ASSERT_TRUE(history_->backup(path));
  EXPECT_GT(std::filesystem::file_size(path), 0u);
  const auto again = history_->backup(path);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, base::ErrorCode::conflict);
}

INSTANTIATE_TEST_SUITE_P(Memory, RunHistoryContract, ::testing::Values(&make_memory));
INSTANTIATE_TEST_SUITE_P(Sqlite, RunHistoryContract, ::testing::Values(&make_sqlite));

// The same changes to both implementations, from a seed; after each group of changes they must agree in everything.
class BothHistories : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(BothHistories, AgreeAfterRandomChanges) {
  const TestFolder folder;
  MemoryHistory memory;
  const auto sqlite = make_sqlite(folder.path());
  RandomRuns random(GetParam());
  const auto id = [&] {
    const std::int64_t number = random.pick(60);
    return number % 2 ? base::named_uuid(std::to_string(number)) : "run " + std::to_string(number);
  };
  for (int round = 0; round < 60; ++round) {
    std::vector<model::Run> runs;
    for (std::int64_t i = random.pick(8); i > 0; --i) runs.push_back(random.run(id()));
    ASSERT_TRUE(memory.save(runs));
    const auto saved = sqlite->save(runs);
    ASSERT_TRUE(saved) << saved.error().sentence();
    const std::string target = id();
    if (random.chance(10)) {
      ASSERT_EQ(*memory.remove(target), *sqlite->remove(target));
    }
    if (random.chance(40)) {
      const RunPatch patch = random_patch(random);
      ASSERT_EQ(*memory.amend(target, patch), *sqlite->amend(target, patch));
    }
    if (random.chance(30)) {
      const SampleSeries series{target, "p" + std::to_string(random.pick(3)), random.samples(20)};
      ASSERT_TRUE(memory.save_samples(std::span(&series, 1)) && sqlite->save_samples(std::span(&series, 1)));
    }
    if (random.chance(10)) {
      PruneRule rule;
      if (random.chance(50)) rule.keep_newest = 20 + random.pick(30);
      if (!rule.keep_newest || random.chance(50)) rule.older_than_ms = 1'763'000'000'000 + random.pick(10'000);
      if (random.chance(50)) rule.filter = random_filter(random);
      rule.dry_run = random.chance(30);
      const auto a = memory.prune(rule, {});
      const auto b = sqlite->prune(rule, {});
      ASSERT_TRUE(a && b);
      const auto told = [](const PruneReport& r) {
        return std::tuple(r.runs, r.oldest_at_ms, r.newest_at_ms, r.kept_open, r.kept_archived, r.kept_tagged);
      };
      ASSERT_EQ(told(*a), told(*b)) << base::encode_json(rule.filter);
    }
    for (int question = 0; question < 6; ++question) {
      const RunFilter filter = random_filter(random);
      const std::int64_t limit = 1 + random.pick(9);
      const auto sort = static_cast<RunSort>(random.pick(5));
      std::string cursor;
      std::string other;
      for (int pages = 0; pages < 4; ++pages) {
        const std::int64_t skip = random.pick(3) == 0 ? random.pick(12) : 0;
        const auto a = memory.page(filter, sort, limit, moved_on(cursor, skip));
        const auto b = sqlite->page(filter, sort, limit, moved_on(other, skip));
        ASSERT_TRUE(a && b) << (b ? "" : b.error().sentence());
        ASSERT_EQ(a->runs, b->runs) << base::encode_json(filter) << base::enum_name(sort);
        ASSERT_EQ(a->total, b->total) << base::encode_json(filter);
        ASSERT_EQ(a->next_cursor.has_value(), b->next_cursor.has_value());
        if (!a->next_cursor) break;
        cursor = *a->next_cursor;
        other = *b->next_cursor;
      }
    }
    ASSERT_EQ(*memory.samples(target), *sqlite->samples(target));
    ASSERT_EQ(*memory.open_runs(), *sqlite->open_runs());
    for (const auto& run : runs) {
      const auto& attempt = run.scenes.back().attempts.back();
      ASSERT_EQ(*memory.run_of_prompt(attempt.worker_id, attempt.prompt_id),
                *sqlite->run_of_prompt(attempt.worker_id, attempt.prompt_id));
    }
  }
  std::vector<model::Run> a;
  std::vector<model::Run> b;
  ASSERT_TRUE(memory.for_each({}, [&](const auto& run) { return a.push_back(run), true; }));
  ASSERT_TRUE(sqlite->for_each({}, [&](const auto& run) { return b.push_back(run), true; }));
  EXPECT_EQ(a, b);
}

INSTANTIATE_TEST_SUITE_P(Seeds, BothHistories, ::testing::Range(1u, 9u));

}  // namespace comfytrace::history
