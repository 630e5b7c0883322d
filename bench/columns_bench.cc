// Asks a million seeded synthetic runs (history/sample_facts.h) the questions of statistics, comparisons and lists, of
// the columns and, beside them, of plain SQLite; prints one JSON object a line.
// columns_bench [largest size, default 1000000] [rounds a question, default 40] [smallest size, default 1000]
// COLUMNS_BENCH_ONLY=<name of a question> asks that one alone, for a profiler. COLUMNS_BENCH_ALONE=1 leaves SQLite out;
// COLUMNS_BENCH_COMPARE=1 compares answers above 100000 runs too, COLUMNS_BENCH_FILTERS=<n> of so many filters.
//
// SQLite gets what a person would give it: one table with a row a run and one with a row a class of node, indexes on
// creation, workflow and status, ANALYZE, 128 MB of cache, all in memory, prepared statements. It counts and sums with
// its own functions; percentiles come from reading the three measures of the matching rows and selecting in C++, which
// is quicker than its window functions.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <malloc.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "base/codec.h"
#include "history/columns/chunk_codec.h"
#include "history/columns/lookups.h"
#include "history/columns/statistics.h"
#include "history/reference_answers.h"
#include "history/sample_facts.h"
#include "history/sample_facts_test.cc"  // the runs are made by the tests' own maker

namespace {

using namespace comfytrace;
using namespace comfytrace::history;
using columns::ColumnStore;
using Clock = std::chrono::steady_clock;

// Of all threads.
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1) + 0.5)];
}

void report(const char* engine, std::uint64_t runs, const char* name, double value, const char* unit,
            const char* note = "") {
  std::printf(R"({"bench":"columns","engine":"%s","runs":%llu,"name":"%s","value":%.4g,"unit":"%s","note":"%s"})"
              "\n",
              engine, static_cast<unsigned long long>(runs), name, value, unit, note);
  std::fflush(stdout);
}

// Times `ask` by the wall and by CPU: the machine may be busy with other things.
void time_question(const char* engine, std::uint64_t runs, const char* name, int rounds,
                   const std::function<void()>& ask, const char* note = "") {
  std::vector<double> wall;
  std::vector<double> cpu;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    const double cpu_start = cpu_ms();
    ask();
    cpu.push_back(cpu_ms() - cpu_start);
    wall.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  const std::string of(name);
  report(engine, runs, (of + ", p50").c_str(), percentile(wall, 0.5), "ms", note);
  report(engine, runs, (of + ", p99").c_str(), percentile(wall, 0.99), "ms", note);
  report(engine, runs, (of + ", CPU p50").c_str(), percentile(cpu, 0.5), "ms", note);
  report(engine, runs, (of + ", CPU p99").c_str(), percentile(cpu, 0.99), "ms", note);
}

// A question and its parameters, drawn anew each time.
StatisticsQuery question(const std::string& name, SampleFacts& sample, std::uint64_t runs) {
  StatisticsQuery query;
  const auto day = std::int64_t{86'400'000};
  const std::int64_t last = sample_time_ms(runs);
  if (name == "workflow, date, status") {
    query.filter.workflows = {"film " + std::to_string(sample.pick(20) * 2)};
    query.filter.from_ms = last - (30 + sample.pick(300)) * day;
    query.filter.statuses = {model::Status::success};
  } else if (name == "gpu, duration range") {
    query.filter.gpus = {"NVIDIA GeForce RTX 3090"};
    query.filter.duration_min_ms = sample.pick(20'000);
    query.filter.duration_max_ms = *query.filter.duration_min_ms + 30'000;
  } else if (name == "90 days by day") {
    query.group_by = GroupBy::day;
    query.filter.to_ms = last - sample.pick(100) * day;
    query.filter.from_ms = *query.filter.to_ms - 90 * day;
  } else if (name == "by workflow") {
    query.group_by = GroupBy::workflow;
  } else if (name == "by node class") {
    query.group_by = GroupBy::nodeClass;
  } else if (name == "by workflow, succeeded") {
    query.group_by = GroupBy::workflow;
    query.filter.statuses = {model::Status::success};
  } else if (name == "by node class, one gpu") {
    query.group_by = GroupBy::nodeClass;
    query.filter.gpus = {"NVIDIA L4"};
  } else if (name == "by day, all") {
    query.group_by = GroupBy::day;
  } else if (name == "any filter") {
    query.filter = sample.filter(runs);
  }
  return query;
}

const std::array kQuestions{"unfiltered",          "workflow, date, status",
                            "gpu, duration range", "90 days by day",
                            "by workflow",         "by workflow, succeeded",
                            "by node class",       "by node class, one gpu",
                            "by day, all",         "any filter"};

struct Plain {
  // Facts of every run, or none where so many would not fit.
  std::vector<RunFacts> facts;
};

void time_columns(const ColumnStore& store, std::uint64_t runs, int rounds) {
  const double start = cpu_ms();
  for (std::size_t i = 0; i < store.snapshot().chunks(); ++i) columns::prepare_summaries(store.snapshot(), i, 0);
  report("columns", runs, "prepare summaries", cpu_ms() - start, "ms", "CPU, once after a start");
  const char* only = std::getenv("COLUMNS_BENCH_ONLY");
  for (const char* name : kQuestions) {
    if (only && std::string_view(only) != name) continue;
    SampleFacts sample(17);
    std::int64_t asked = 0;
    // A bound that every run meets makes a question that no chunk has answered yet.
    const auto ask_new = [&] {
      StatisticsQuery query = question(name, sample, runs);
      if (!query.filter.attempts_min) query.filter.attempts_min = -++asked;
      (void)columns::statistics_of(store.snapshot(), query);
    };
    const int times = std::string_view(name) == "any filter" ? rounds * 5 : rounds;
    time_question("columns", runs, (std::string(name) + ", new").c_str(), times, ask_new);
    const StatisticsQuery query = question(name, sample, runs);
    for (int i = 0; i < 2; ++i) (void)columns::statistics_of(store.snapshot(), query);  // what comes again is kept
    time_question("columns", runs, (std::string(name) + ", again").c_str(), rounds,
                  [&] { (void)columns::statistics_of(store.snapshot(), query); });
  }
  SampleFacts sample(18);
  const auto names = [](std::int64_t rid) { return std::to_string(rid); };
  time_question("columns", runs, "last 50 like one, with facts", rounds, [&] {
    const auto snapshot = store.snapshot();
    const auto facts = ColumnStore::facts_at(snapshot, static_cast<std::uint32_t>(sample.pick(snapshot.rows)), "x");
    FactsQuery query;
    query.filter.statuses = {model::Status::success};
    query.like = facts->key;
    query.level = LikeLevel::device;
    (void)columns::facts_among(snapshot, query, std::nullopt, names);
  });
  time_question("columns", runs, "50 scenes like one", rounds, [&] {
    const auto snapshot = store.snapshot();
    const auto facts = ColumnStore::facts_at(snapshot, static_cast<std::uint32_t>(sample.pick(snapshot.rows)), "x");
    ScenesQuery query;
    query.like = facts->scenes.front().key;
    query.level = LikeLevel::device;
    (void)columns::scenes_among(snapshot, query, std::nullopt, names);
  });
  const auto page = [&](const char* name, RunSort sort, bool filtered, bool deep) {
    time_question("columns", runs, name, rounds, [&] {
      std::optional<columns::ListPlace> after;
      if (deep)
        after = columns::ListPlace{
            sample_time_ms(static_cast<std::uint64_t>(sample.pick(static_cast<std::int64_t>(runs)))), 0};
      (void)columns::page_of(store.snapshot(), filtered ? sample.filter(runs) : RunFilter{}, sort, 50, after, 0);
    });
  };
  const auto from_position = [&](const char* name, RunSort sort, bool filtered) {
    time_question("columns", runs, name, rounds, [&] {
      const auto offset = sample.pick(static_cast<std::int64_t>(runs));
      (void)columns::page_of(store.snapshot(), filtered ? sample.filter(runs) : RunFilter{}, sort, 50, std::nullopt,
                             offset);
    });
  };
  from_position("list page, any position", RunSort::newest, false);
  from_position("list page, any position and filter", RunSort::newest, true);
  from_position("list page, any position, longest", RunSort::longest, false);
  page("list page, newest", RunSort::newest, false, false);
  page("list page, any depth", RunSort::newest, false, true);
  page("list page, any filter", RunSort::newest, true, false);
  page("list page, longest", RunSort::longest, false, false);
}

// Every answer over random filters, against the plain way over all facts.
void compare(const ColumnStore& store, const Plain& plain, std::uint64_t runs, int filters) {
  if (plain.facts.empty()) return;
  SampleFacts sample(99);
  int mismatches = 0;
  for (int i = 0; i < filters; ++i) {
    const StatisticsQuery query = sample.statistics_query(runs);
    std::vector<RunFacts> matching;
    for (const RunFacts& facts : plain.facts) {
      if (columns::meets(facts, query.filter)) matching.push_back(facts);
    }
    const std::string differs =
        difference(columns::statistics_of(store.snapshot(), query), statistics_of(matching, query));
    if (!differs.empty()) std::fprintf(stderr, "%s: %s\n", base::encode_json(query.filter).c_str(), differs.c_str());
    const auto page = columns::page_of(store.snapshot(), query.filter, RunSort::longest, 50, std::nullopt, 0);
    mismatches += !differs.empty() || page.total != static_cast<std::int64_t>(matching.size());
  }
  report("columns", runs, "mismatches", mismatches, "answers",
         (std::to_string(filters) + " random filters, statistics in every grouping, totals").c_str());
}

class PlainSql {
 public:
  explicit PlainSql(std::uint64_t runs) : database_(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    database_.exec("PRAGMA cache_size = -131072");
    database_.exec(
        "CREATE TABLE runs (rid INTEGER PRIMARY KEY, created_at_ms INTEGER, status INTEGER, duration_ms INTEGER, "
        "queue_wait_ms INTEGER, vram_peak_bytes INTEGER, workflow TEXT, gpu TEXT, scenes INTEGER, attempts INTEGER)");
    database_.exec("CREATE TABLE nodes (rid INTEGER, class TEXT, duration_ms INTEGER)");
    SampleFacts sample(runs);
    SQLite::Transaction transaction(database_);
    SQLite::Statement run(database_, "INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?)");
    SQLite::Statement node(database_, "INSERT INTO nodes VALUES (?,?,?)");
    for (std::uint64_t i = 1; i <= runs; ++i) add(static_cast<std::int64_t>(i), sample.run(i), run, node);
    transaction.commit();
    database_.exec("CREATE INDEX ix_created ON runs(created_at_ms)");
    database_.exec("CREATE INDEX ix_workflow ON runs(workflow, created_at_ms)");
    database_.exec("CREATE INDEX ix_status ON runs(status, created_at_ms)");
    database_.exec("ANALYZE");
  }

  void time(std::uint64_t runs, int rounds) {
    ask(runs, rounds, "unfiltered", "1", false);
    ask(runs, rounds, "workflow, date, status",
        "workflow = 'Film 8' AND created_at_ms >= " + std::to_string(sample_time_ms(runs) - 86'400'000ll * 90) +
            " AND status = 2",
        false);
    ask(runs, rounds, "gpu, duration range", "gpu = 'NVIDIA GeForce RTX 3090' AND duration_ms BETWEEN 10000 AND 40000",
        false);
    ask(runs, rounds, "by workflow", "1", true);
    time_question(
        "sqlite", runs, "by node class", rounds,
        [&] {
          SQLite::Statement query(database_, "SELECT class, COUNT(*), SUM(duration_ms) FROM nodes GROUP BY class");
          while (query.executeStep()) (void)query.getColumn(1).getInt64();
        },
        "without percentiles");
    time_question(
        "sqlite", runs, "list page, longest", rounds,
        [&] {
          SQLite::Statement query(database_, "SELECT rid FROM runs ORDER BY duration_ms DESC LIMIT 50");
          while (query.executeStep()) (void)query.getColumn(0).getInt64();
        },
        "no index on it, no total");
  }

 private:
  static void bind(SQLite::Statement& statement, int at, const std::optional<std::int64_t>& value) {
    if (value) {
      statement.bind(at, *value);
    } else {
      statement.bind(at);
    }
  }
  static void add(std::int64_t rid, const RunFacts& facts, SQLite::Statement& run, SQLite::Statement& node) {
    run.bind(1, rid);
    run.bind(2, facts.created_at_ms);
    run.bind(3, static_cast<int>(facts.status));
    bind(run, 4, facts.duration_ms);
    bind(run, 5, facts.queue_wait_ms);
    bind(run, 6, facts.vram_peak_bytes);
    run.bind(7, facts.workflow_name);
    run.bind(8, facts.devices.front());
    run.bind(9, facts.scene_count);
    run.bind(10, facts.attempt_count);
    run.exec();
    run.reset();
    for (const NodeClassFacts& of_class : facts.node_classes) {
      node.bind(1, rid);
      node.bind(2, of_class.class_type);
      node.bind(3, of_class.duration_ms);
      node.exec();
      node.reset();
    }
  }
  void ask(std::uint64_t runs, int rounds, const char* name, const std::string& where, bool by_workflow) {
    SQLite::Statement query(database_, std::string("SELECT status, scenes, attempts, duration_ms, queue_wait_ms, "
                                                   "vram_peak_bytes, ") +
                                           (by_workflow ? "workflow" : "''") + " FROM runs WHERE " + where);
    time_question(
        "sqlite", runs, name, rounds,
        [&] {
          query.reset();
          std::map<std::string, std::array<std::vector<std::int64_t>, 3>> groups;
          std::array<std::int64_t, 3> sums{};
          while (query.executeStep()) {
            for (int i = 0; i < 3; ++i) sums[static_cast<std::size_t>(i)] += query.getColumn(i).getInt64();
            auto& group = groups[query.getColumn(6).getText()];
            for (int i = 0; i < 3; ++i) {
              if (!query.isColumnNull(i + 3))
                group[static_cast<std::size_t>(i)].push_back(query.getColumn(i + 3).getInt64());
            }
          }
          for (auto& [key, measures] : groups) {
            for (auto& values : measures) {
              if (values.empty()) continue;
              for (const double p : {0.5, 0.9, 0.95, 0.99}) {
                const auto at =
                    values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
                std::nth_element(values.begin(), at, values.end());
              }
            }
          }
        },
        "rows read, percentiles selected in C++");
  }
  SQLite::Database database_;
};

void bench(std::uint64_t runs, int rounds) {
  Plain plain;
  auto store = std::make_unique<ColumnStore>();
  SampleFacts sample(runs);
  const bool compares = runs <= 100'000 || (runs <= 1'000'000 && std::getenv("COLUMNS_BENCH_COMPARE"));
  malloc_trim(0);  // else what the size before left behind would be used first, and not be seen
  const double before = resident_bytes();
  double append_ms = 0;
  for (std::uint64_t i = 1; i <= runs; ++i) {
    RunFacts facts = sample.run(i);
    const double start = i % 16 == 0 ? cpu_ms() : 0;
    if (!store->append(static_cast<std::int64_t>(i), facts)) std::exit(1);
    if (i % 16 == 0) append_ms += cpu_ms() - start;
    if (compares) plain.facts.push_back(std::move(facts));
  }
  store->publish();
  std::ranges::reverse(plain.facts);  // newest first, as far as it matters here
  const auto count = static_cast<double>(runs);
  report("columns", runs, "append a run", append_ms * 16 / count * 1000, "us", "CPU, one in 16 timed");
  report("columns", runs, "bytes a run, counted", static_cast<double>(store->bytes()) / count, "B");
  if (!compares) report("columns", runs, "bytes a run, resident", (resident_bytes() - before) / count, "B");
  std::vector<std::string> parts{columns::ChunkCodec::pack_shared(*store)};
  std::vector<std::string> dead;
  double packed = static_cast<double>(parts.front().size());
  for (std::size_t i = 0; i < store->snapshot().chunks() && runs <= 1'000'000; ++i) {
    parts.push_back(columns::ChunkCodec::pack_chunk(*store, i));
    dead.push_back(columns::ChunkCodec::pack_dead(*store, i));
    packed += static_cast<double>(parts.back().size());
  }
  if (runs <= 1'000'000) {
    report("columns", runs, "packed bytes a run", packed / count, "B");
    time_question("columns", runs, "load from packed chunks", 3, [&] {
      ColumnStore loaded;
      if (!columns::ChunkCodec::unpack_shared(loaded, parts[0])) std::exit(1);
      columns::Unsealer unsealer;
      std::vector<columns::ChunkCodec::Unpacked> chunks;
      for (std::size_t i = 0; i < dead.size(); ++i)
        chunks.push_back(*columns::ChunkCodec::unpack_chunk(loaded, parts[i + 1], dead[i], unsealer));
      if (!columns::ChunkCodec::adopt(loaded, std::move(chunks))) std::exit(1);
      loaded.publish();
    });
  }
  parts.clear();
  time_columns(*store, runs, rounds);
  const char* filters = std::getenv("COLUMNS_BENCH_FILTERS");
  compare(*store, plain, runs, filters ? std::atoi(filters) : runs <= 10'000 ? 1'000 : 200);
  plain.facts.clear();
  store.reset();
  if (runs <= 1'000'000 && !std::getenv("COLUMNS_BENCH_ALONE"))
    PlainSql(runs).time(runs, runs >= 1'000'000 ? 5 : rounds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t largest = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 40;
  const std::uint64_t smallest = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'000;
  for (std::uint64_t runs = smallest; runs > 0 && runs <= largest; runs *= 10) bench(runs, rounds);
}
