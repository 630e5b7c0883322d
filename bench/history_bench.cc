// Writes and reads a history of typical runs (4 scenes, 48 nodes) and prints one JSON object a line.
// history_bench [runs in the list] [directory]

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>

#include "base/codec.h"
#include "history/run_facts.h"
#include "history/sample_runs.h"
#include "history/sample_runs_test.cc"  // the runs are made by the tests' own maker
#include "history/sqlite/sample_codec.h"
#include "history/sqlite/sqlite_history.h"
#include "must.h"

namespace {

using namespace comfytrace;
using namespace comfytrace::history;
using bench::must;
using Clock = std::chrono::steady_clock;

double seconds(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void report(const char* name, double value, const char* unit, const char* note = "") {
  std::printf(R"({"bench":"history","name":"%s","value":%.4g,"unit":"%s","note":"%s"})"
              "\n",
              name, value, unit, note);
  std::fflush(stdout);
}

// Of this process: what a shared machine does to the clock does not count.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

std::unique_ptr<SqliteHistory> open_new(const std::filesystem::path& path) {
  for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path.string() + end);
  return must(SqliteHistory::open(path, {}));
}

std::vector<model::Run> typical_runs(std::uint64_t from, std::uint64_t count) {
  std::vector<model::Run> runs;
  for (std::uint64_t i = 0; i < count; ++i) runs.push_back(typical_run(from + i));
  return runs;
}

// What it costs anybody: the whole run as JSON in one row, one commit each or all in one.
void peer(const std::filesystem::path& path, const std::vector<model::Run>& runs, std::size_t a_commit,
          const char* name) {
  std::filesystem::remove(path);
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA wal_autocheckpoint = 8000");
  database.exec("CREATE TABLE runs (run_id TEXT PRIMARY KEY, created_at_ms INTEGER, run TEXT)");
  SQLite::Statement insert(database, "INSERT INTO runs VALUES (?, ?, ?)");
  const double cpu_before = cpu_seconds();
  const double took = seconds([&] {
    for (std::size_t i = 0; i < runs.size(); i += a_commit) {
      SQLite::Transaction transaction(database);
      for (std::size_t k = i; k < std::min(i + a_commit, runs.size()); ++k) {
        insert.bind(1, runs[k].run_id);
        insert.bind(2, runs[k].created_at_ms);
        insert.bind(3, base::encode_json(runs[k]));
        insert.exec();
        insert.reset();
      }
      transaction.commit();
    }
  });
  report((std::string(name) + ", CPU").c_str(), 1e6 * (cpu_seconds() - cpu_before) / static_cast<double>(runs.size()),
         "us a run");
  report(name, static_cast<double>(runs.size()) / took, "runs/s", "plain SQLite, a JSON text a row, synchronous=FULL");
}

double percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

void time_pages(const RunHistoryReader& reader, const char* name, const RunFilter& filter,
                RunSort sort = RunSort::newest) {
  std::vector<double> first_ms;
  std::vector<double> next_ms;
  for (int round = 0; round < 40; ++round) {
    std::string cursor;
    for (int page = 0; page < 3; ++page) {
      std::optional<RunPage> got;
      const double ms = 1000 * seconds([&] { got = must(reader.page(filter, sort, 50, cursor)); });
      (page == 0 ? first_ms : next_ms).push_back(ms);
      if (!got->next_cursor) break;
      cursor = *got->next_cursor;
    }
  }
  report((std::string("list page p50, ") + name).c_str(), percentile(first_ms, 0.5), "ms");
  report((std::string("list page p99, ") + name).c_str(), percentile(first_ms, 0.99), "ms");
  if (!next_ms.empty()) report((std::string("next page p50, ") + name).c_str(), percentile(next_ms, 0.5), "ms");
}

void time_saving(const std::filesystem::path& folder) {
  const auto runs = typical_runs(0, 1'000);
  for (int round = 0; round < 2; ++round) {
    const auto history = open_new(folder / "single.db");
    const double took = seconds([&] {
      for (const auto& run : runs) must(history->save(std::span(&run, 1)));
    });
    report("one commit a run", static_cast<double>(runs.size()) / took, "runs/s");
    peer(folder / "peer.db", runs, 1, "one commit a run, peer");
  }
  const auto many = typical_runs(0, 10'000);
  for (int round = 0; round < 2; ++round) {
    const auto history = open_new(folder / "group.db");
    const double cpu_before = cpu_seconds();
    const double took = seconds([&] {
      for (std::size_t i = 0; i < many.size(); i += 1000) must(history->save(std::span(&many[i], 1000)));
    });
    report("group commit", static_cast<double>(many.size()) / took, "runs/s", "1000 runs a commit");
    report("group commit, CPU", 1e6 * (cpu_seconds() - cpu_before) / static_cast<double>(many.size()), "us a run");
    peer(folder / "peer.db", many, 1000, "group commit, peer");
  }
}

void time_list(const std::filesystem::path& folder, std::uint64_t count) {
  const auto path = folder / "list.db";
  const auto history = open_new(path);
  const std::int64_t empty = history->info()->bytes;
  const double took = seconds([&] {
    for (std::uint64_t i = 0; i < count; i += 1000) must(history->save(typical_runs(i, 1000)));
  });
  report("fill", static_cast<double>(count) / took, "runs/s", "making the runs included");
  report("bytes per run", static_cast<double>(history->info()->bytes - empty) / static_cast<double>(count), "B",
         "4 scenes, 48 nodes, with indexes; a prompt a scene serves 25 runs");
  SqliteOptions reading;
  reading.columns = history->columns();
  const auto reader = must(open_reader(path, reading));
  time_pages(*reader, "no filter", {});
  RunFilter failed;
  failed.statuses = {model::Status::failed};
  time_pages(*reader, "status without runs", failed);
  RunFilter workflow;
  workflow.workflows = {"story 3"};
  time_pages(*reader, "workflow", workflow);
  RunFilter common;
  common.text = "cinematic";
  time_pages(*reader, "word in every run", common);
  RunFilter rare;
  rare.text = "place 17 vol";
  time_pages(*reader, "three words", rare);
  time_pages(*reader, "longest first", {}, RunSort::longest);
  RunFilter bounds;
  bounds.duration_min_ms = 25'000;
  bounds.vram_peak_max_bytes = 13ll << 30;
  time_pages(*reader, "duration and VRAM", bounds);
  RunFilter regex;
  regex.regex = "place 17\\b.*(rain|light)";
  time_pages(*reader, "regular expression", regex);
  regex.regex = "(a+)+(b|c)+z{3}$";
  time_pages(*reader, "regular expression in no run", regex);
  std::vector<double> get_ms;
  for (std::uint64_t i = 0; i < 500; ++i)
    get_ms.push_back(1000 * seconds([&] { (void)must(reader->get(typical_run(i * 7919 % count).run_id)); }));
  report("one run p99", percentile(get_ms, 0.99), "ms");
  std::vector<double> step_ms;
  const auto pruning = must(history->begin_prune({.keep_newest = static_cast<std::int64_t>(count / 2)}));
  for (bool more = true; more;) step_ms.push_back(1000 * seconds([&] { more = must(pruning->step()); }));
  report("prune, a batch of 100 p99", percentile(step_ms, 0.99), "ms", "what recording may have to wait for");
}

void time_facts() {
  const auto runs = typical_runs(0, 1'000);
  std::size_t scenes = 0;
  const double cpu_before = cpu_seconds();
  for (int round = 0; round < 10; ++round) {
    for (const auto& run : runs) scenes += facts_of(run).scenes.size();
  }
  report("facts of a run", 1e6 * (cpu_seconds() - cpu_before) * 4 / static_cast<double>(scenes), "us",
         "what the columns keep of it");
}

void measure_samples() {
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < 100; ++i) bytes += sqlite::pack_samples(typical_samples(i, 200)).size();
  report("bytes per sample", static_cast<double>(bytes) / 20'000, "B",
         "time, VRAM used and free, utilisation, temperature, power");
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  std::optional<TestFolder> own;
  std::filesystem::path folder;
  if (argc > 2) {
    folder = argv[2];
  } else {
    folder = own.emplace().path();
  }
  measure_samples();
  time_facts();
  time_list(folder, count);
  time_saving(folder);
}
