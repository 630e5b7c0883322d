// Asks a history that is being written, and plain SQL over the same facts, the same questions under random filters, and
// counts where they differ: statistics without groups and by every group, pages in every order, facts and scenes of
// runs that are alike. One JSON line a size; exit code 1 if an answer differs.
// equality_bench [SIZE,SIZE…, default 1000,10000,100000] [filters, default 1000] [seconds a size at most, default 600]
//                [a history to copy instead of making one, default ""] [seed of filters and changes, default the size]
//
// Each change of the history is a version. An answer was given at one of the versions from that which was complete
// before it was asked to that which was begun when it came; it is right if it is SQL's at one of them, whole.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>

#include "base/codec.h"
#include "generate/generator.h"
#include "generate/questions.h"
#include "history/run_history.h"
#include "history/sample_facts_test.cc"  // how statistics are compared
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"
#include "history_changer.h"
#include "sql_facts.h"

namespace {

using namespace comfytrace;
using namespace comfytrace::history;
using bench::Change;
using bench::Changer;
using bench::must;
using bench::Version;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 1'000;
constexpr Version kMostVersions = 12;  // an answer that took longer is asked again
constexpr int kTimesAsked = 20;

// An answer of the history, and how to tell whether it is SQL's at a version: "" or what differs.
struct Told {
  std::string question;
  bool is_filtered = true;  // nothing but the runs that meet the filter makes it another answer
  Version from = 0;
  Version to = 0;
  std::function<std::string(Version)> differs;
};

class Comparison {
 public:
  Comparison(const RunHistoryReader& reader, bench::SqlFacts& sql, Changer& changer, std::uint64_t seed,
             generate::FilterValues values)
      : reader_(reader), sql_(sql), changer_(changer), random_(seed, "filters"), values_(std::move(values)) {}

  void ask_under_a_filter() {
    const auto some = must(reader_.facts({.filter = {}, .limit = 1 + random_.below(2'000)}));
    const RunFacts& like = some.back();
    const RunFilter filter = draw_filter(like);
    told_.clear();
    changer_.go_on(true);
    for (int by = 0; by <= static_cast<int>(GroupBy::nodeClass); ++by) ask_statistics(filter, static_cast<GroupBy>(by));
    for (const RunSort sort : {RunSort::newest, RunSort::oldest, RunSort::longest, RunSort::shortest, RunSort::vram}) {
      ask_pages(filter, sort);
      ask_position(filter, sort);
    }
    ask_facts({.filter = filter, .limit = 1 + random_.below(100)});
    ask_facts({.filter = filter, .like = like.key, .level = level(), .without_run_id = like.run_id});
    ask_facts({.filter = {}, .like = like.key, .level = level(), .limit = 1 + random_.below(100)});
    for (int i = 0; i < 2 && !like.scenes.empty(); ++i) ask_scenes(like);
    changer_.go_on(false);
    judge(filter);
    ++filters_;
  }

  [[nodiscard]] std::int64_t filters() const { return filters_; }
  [[nodiscard]] std::int64_t answers() const { return answers_; }
  [[nodiscard]] std::int64_t differences() const { return differences_; }
  [[nodiscard]] std::int64_t amid_changes() const { return amid_changes_; }
  [[nodiscard]] std::int64_t given_up() const { return given_up_; }
  [[nodiscard]] std::int64_t matching() const { return matching_; }

 private:
  LikeLevel level() { return static_cast<LikeLevel>(random_.below(5)); }

  RunFilter draw_filter(const RunFacts& run) {
    RunFilter filter = generate::random_filter(random_, values_);
    if (random_.chance(0.1)) filter.exit_reasons = {model::ExitReason::outOfMemory, model::ExitReason::maxWait};
    if (random_.chance(0.1)) filter.archived = random_.chance(0.5);
    if (random_.chance(0.1)) filter.story = fmt::format("story-{}", 1 + random_.below(20));
    if (random_.chance(0.1)) filter.tags = {"keep", "tag 2"};
    if (random_.chance(0.3)) {
      for (std::string& gpu : filter.gpus)
        std::ranges::transform(gpu, gpu.begin(), [](char c) { return std::toupper(c); });
      for (std::string& name : filter.workflows)
        std::ranges::transform(name, name.begin(), [](char c) { return std::tolower(c); });
    }
    if (random_.chance(0.5)) meet(filter, run);
    return filter;
  }

  // The run meets the criteria, and often just so: whether a bound is inclusive makes another answer.
  void meet(RunFilter& filter, const RunFacts& run) {
    const auto any = [](auto& values, const auto& own) {
      if (!values.empty() && !own.empty()) values.back() = own.front();
    };
    const auto within = [this](auto& min, auto& max, std::optional<std::int64_t> own) {
      if (min && own && (*min > *own || random_.chance(0.5))) min = own;
      if (max && own && (*max < *own || random_.chance(0.5))) max = own;
    };
    any(filter.statuses, std::vector{run.status});
    any(filter.worker_ids, run.worker_ids);
    any(filter.gpus, run.devices);
    any(filter.workflows, std::vector{run.workflow_name});
    any(filter.models, run.models);
    any(filter.tags, run.tags);
    within(filter.from_ms, filter.to_ms, run.created_at_ms);
    within(filter.duration_min_ms, filter.duration_max_ms, run.duration_ms);
    within(filter.attempts_min, filter.attempts_max, run.attempt_count);
    within(filter.vram_peak_min_bytes, filter.vram_peak_max_bytes, run.vram_peak_bytes);
  }

  // Null: while it was answered, too much changed each time.
  template <class Ask>
  auto ask(const std::string& question, Told& told, Ask&& answer) -> std::shared_ptr<decltype(answer())> {
    told.question = question;
    for (int i = 0; i < kTimesAsked; ++i) {
      told.from = changer_.complete();
      auto got = std::make_shared<decltype(answer())>(answer());
      told.to = changer_.begun();
      if (told.to - told.from <= kMostVersions) return got;
    }
    ++given_up_;
    return nullptr;
  }

  void ask_statistics(const RunFilter& filter, GroupBy by) {
    StatisticsQuery query{.filter = filter, .group_by = by};
    query.exact = random_.chance(0.3);
    query.utc_offset_ms = random_.chance(0.5) ? 0 : (random_.below(27) - 12) * 3'600'000;
    query.max_groups = random_.chance(0.2) ? 1 + random_.below(5) : 10'000;
    Told told;
    const auto got = ask(fmt::format("statistics by {}", base::enum_name(by)), told,
                         [&] { return must(reader_.statistics(query)); });
    if (!got) return;
    if (by == GroupBy::none) matching_ += got->total.runs;
    told.differs = [this, query, got](Version at) {
      // The total tells most versions apart, and is known for all groupings.
      std::string differs = history::difference({.total = got->total}, Statistics{.total = sql_.total(at)});
      return differs.empty() ? history::difference(*got, sql_.statistics(at, query)) : differs;
    };
    told_.push_back(std::move(told));
  }

  // A walk of up to three pages. Where SQL stands at the end of a page is known when that page has been compared.
  void ask_pages(const RunFilter& filter, RunSort sort) {
    const std::int64_t limit = 1 + random_.below(60);
    using End = std::optional<std::optional<bench::SqlFacts::Place>>;  // absent: the page differs
    auto before = std::make_shared<End>(std::in_place);
    std::string cursor;
    for (int number = 0; number < 3; ++number) {
      Told told;
      const auto got = ask(fmt::format("page {} by {}", number, base::enum_name(sort)), told,
                           [&] { return must(reader_.page(filter, sort, limit, cursor)); });
      if (!got) return;
      auto end = std::make_shared<End>();
      told.differs = [this, sort, limit, got, before, end](Version at) -> std::string {
        if (!*before) return "the page before differs";
        if (got->total != sql_.total(at).runs) return other_total(*got, at);
        const auto page = sql_.page(at, sort, limit, **before);
        std::string differs = difference(*got, page);
        if (differs.empty()) *end = page.last;
        return differs;
      };
      told_.push_back(std::move(told));
      if (!got->next_cursor) return;
      cursor = *got->next_cursor;
      before = end;
    }
  }

  // A page from any position on.
  void ask_position(const RunFilter& filter, RunSort sort) {
    const std::int64_t limit = 1 + random_.below(60);
    const std::int64_t skip = random_.below(random_.chance(0.5) ? 100 : changer_.runs());
    Told told;
    const auto got = ask(fmt::format("position {} by {}", skip, base::enum_name(sort)), told,
                         [&] { return must(reader_.page(filter, sort, limit, fmt::format("+{}", skip))); });
    if (!got) return;
    told.differs = [this, sort, limit, skip, got](Version at) -> std::string {
      if (got->total != sql_.total(at).runs) return other_total(*got, at);
      return difference(*got, sql_.page(at, sort, limit, std::nullopt, skip));
    };
    told_.push_back(std::move(told));
  }

  std::string other_total(const RunPage& got, Version at) {
    return fmt::format("total {} instead of {}", got.total, sql_.total(at).runs);
  }

  static std::string difference(const RunPage& got, const bench::SqlFacts::Page& expected) {
    std::vector<std::string> ids;
    for (const auto& run : got.runs) ids.push_back(run.run_id);
    if (ids != expected.run_ids)
      return fmt::format("{} instead of {}", base::encode_json(ids), base::encode_json(expected.run_ids));
    return got.next_cursor.has_value() != expected.has_more ? "more pages, or fewer" : "";
  }

  void ask_facts(const FactsQuery& query) {
    Told told;
    const auto got = ask("facts", told, [&] { return must(reader_.facts(query)); });
    if (!got) return;
    told.is_filtered = query.filter != RunFilter{};
    told.question += told.is_filtered ? "" : " of all runs";
    told.differs = [this, query, got](Version at) -> std::string {
      const std::vector<const RunFacts*> expected = sql_.facts(at, query);
      std::vector<std::string> ids;
      std::vector<std::string> expected_ids;
      for (const RunFacts& facts : *got) ids.push_back(facts.run_id);
      for (const RunFacts* facts : expected) expected_ids.push_back(facts->run_id);
      if (ids != expected_ids)
        return fmt::format("{} instead of {}", base::encode_json(ids), base::encode_json(expected_ids));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if ((*got)[i] != *expected[i]) return fmt::format("number {}, {}, differs", i, ids[i]);
      }
      return "";
    };
    told_.push_back(std::move(told));
  }

  void ask_scenes(const RunFacts& like) {
    ScenesQuery query;
    query.like = like.scenes[static_cast<std::size_t>(random_.below(std::ssize(like.scenes)))].key;
    query.level = level();
    query.limit = 1 + random_.below(100);
    if (random_.chance(0.5)) query.statuses = {model::Status::success};
    if (random_.chance(0.5)) query.before_ms = like.created_at_ms;
    if (random_.chance(0.5)) query.without_run_id = like.run_id;
    Told told;
    const auto got = ask("scenes", told, [&] { return must(reader_.scene_samples(query)); });
    if (!got) return;
    told.is_filtered = false;
    told.differs = [this, query, got](Version at) -> std::string {
      const auto expected = sql_.scenes(at, query);
      return *got == expected ? ""
                              : fmt::format("{} scenes, others than the {} expected", got->size(), expected.size());
    };
    told_.push_back(std::move(told));
  }

  void judge(const RunFilter& filter) {
    if (told_.empty()) return;
    Version from = told_.front().from;
    Version to = 0;
    for (const Told& told : told_) to = std::max(to, told.to);
    catch_up(to);
    sql_.choose(filter, from, to);
    for (const Told& told : told_) {
      ++answers_;
      amid_changes_ += told.to > told.from;
      const std::string differs = difference(told);
      if (differs.empty()) continue;
      ++differences_;
      if (differences_ <= 10)
        std::fprintf(stderr, "%s, versions %lld to %lld, %s: %.600s\n", told.question.c_str(),
                     static_cast<long long>(told.from), static_cast<long long>(told.to),
                     base::encode_json(filter).c_str(), differs.c_str());
    }
  }

  // From SQL's answers at all of the versions; what is told is how it differs from the first.
  std::string difference(const Told& told) {
    std::string first;
    for (Version at = told.from; at <= told.to; ++at) {
      if (at > told.from && told.is_filtered && !sql_.changes_at(at)) continue;  // as it was
      const std::string differs = told.differs(at);
      if (differs.empty()) return "";
      if (first.empty()) first = differs;
    }
    return first;
  }

  void catch_up(Version to) {
    sql_.begin();
    for (const Change& change : changer_.changes_until(to)) {
      if (change.facts) {
        sql_.put(change.version, *change.facts);
      } else {
        sql_.remove(change.version, change.run_id);
      }
    }
    sql_.end();
  }

  const RunHistoryReader& reader_;
  bench::SqlFacts& sql_;
  Changer& changer_;
  generate::Random random_;
  generate::FilterValues values_;
  std::vector<Told> told_;
  std::int64_t filters_ = 0, answers_ = 0, differences_ = 0, amid_changes_ = 0, given_up_ = 0, matching_ = 0;
};

std::vector<std::string> fill(SqliteHistory& history, bench::SqlFacts& sql, const generate::Options& options) {
  std::vector<std::string> run_ids;
  generate::Generator generator(options);
  std::vector<model::Run> batch;
  sql.begin();
  while (true) {
    auto run = generator.next();
    if (run) {
      run_ids.push_back(run->run_id);
      sql.put(0, facts_of(*run));
      batch.push_back(std::move(*run));
    }
    if (!run || batch.size() == kBatch) {
      must(history.save(batch));
      batch.clear();
    }
    if (!run) break;
  }
  sql.end();
  return run_ids;
}

// Of a history that is there. Its runs come newest first; the order of creation must be that of their first save, as it
// is in a history that was made up.
std::vector<std::string> take_over(const SqliteHistory& history, bench::SqlFacts& sql) {
  std::vector<std::string> run_ids;
  std::int64_t number = must(history.info()).runs;
  sql.begin();
  must(history.for_each({}, [&](const model::Run& run) {
    run_ids.push_back(run.run_id);
    sql.put(0, facts_of(run), number--);
    return true;
  }));
  sql.end();
  return run_ids;
}

bool bench_size(std::int64_t runs, std::int64_t filters, double seconds, const std::string& given, std::uint64_t seed) {
  const auto start = Clock::now();
  const auto so_far = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const TestFolder folder;
  const auto path = folder.path() / "history.db";
  if (!given.empty()) std::filesystem::copy_file(given, path);
  const auto history = must(SqliteHistory::open(path));
  bench::SqlFacts sql(folder.path() / "facts.db");
  generate::Options options;
  options.runs = runs;
  options.seed = static_cast<std::uint64_t>(runs);
  options.workers = runs >= 1'000'000 ? 12 : 6;
  auto run_ids = given.empty() ? fill(*history, sql, options) : take_over(*history, sql);
  const double filled = so_far();
  const std::clock_t worked = std::clock();
  generate::FilterValues values = generate::filter_values_of(options);
  if (const auto info = must(history->info()); !given.empty()) {
    values.from_ms = info.oldest_run_at_ms.value_or(0);
    values.to_ms = info.newest_run_at_ms.value_or(0);
  }
  SqliteOptions reading;
  reading.columns = history->columns();
  const auto reader = must(open_reader(path, reading));
  if (seed == 0) seed = options.seed;
  Changer changer(*history, std::move(run_ids), seed, std::chrono::milliseconds(runs >= 1'000'000 ? 5 : 1));
  Comparison comparison(*reader, sql, changer, seed, values);
  while (comparison.filters() < filters && so_far() - filled < seconds) comparison.ask_under_a_filter();
  const auto asked = static_cast<double>(std::max<std::int64_t>(1, comparison.filters()));
  std::printf(
      R"({"bench":"equality","runs":%lld,"seed":%llu,"filters":%lld,"answers":%lld,"differences":%lld,"amidChanges":%lld,"givenUp":%lld,"changes":%lld,"matchingRunsMean":%.4g,"fillSeconds":%.3g,"seconds":%.4g,"cpuSecondsPerFilter":%.3g})"
      "\n",
      static_cast<long long>(runs), static_cast<unsigned long long>(seed), static_cast<long long>(comparison.filters()),
      static_cast<long long>(comparison.answers()), static_cast<long long>(comparison.differences()),
      static_cast<long long>(comparison.amid_changes()), static_cast<long long>(comparison.given_up()),
      static_cast<long long>(changer.complete()), static_cast<double>(comparison.matching()) / asked, filled,
      so_far() - filled, static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC / asked);
  std::fflush(stdout);
  return comparison.differences() == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string sizes = argc > 1 ? argv[1] : "1000,10000,100000";
  const std::int64_t filters = argc > 2 ? std::atoll(argv[2]) : 1'000;
  const double seconds = argc > 3 ? std::atof(argv[3]) : 600;
  const std::string given = argc > 4 ? argv[4] : "";
  const std::uint64_t seed = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 0;
  bool equal = true;
  for (char* size = std::strtok(sizes.data(), ","); size != nullptr; size = std::strtok(nullptr, ","))
    equal = bench_size(std::atoll(size), filters, seconds, given, seed) && equal;
  return equal ? 0 : 1;
}
