#pragma once

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "facts_table.h"
#include "generate/generator.h"
#include "generate/random.h"
#include "history/run_facts.h"
#include "history/sqlite/sqlite_history.h"
#include "must.h"

namespace comfytrace::bench {

using namespace history;

struct Change {
  Version version = 0;
  std::string run_id;
  std::optional<RunFacts> facts;  // absent: the run went
};

// Saves, replaces, amends and removes runs of a history without end, in a thread of its own, and writes down what each
// version changed. The history stays about as large as it was.
class Changer {
 public:
  Changer(SqliteHistory& history, std::vector<std::string> run_ids, std::uint64_t seed,
          std::chrono::milliseconds pause);
  ~Changer();
  // Changes go on, or rest.
  void go_on(bool does) { goes_on_ = does; }
  [[nodiscard]] Version complete() const { return complete_; }
  [[nodiscard]] Version begun() const { return begun_; }
  // About so many there are.
  [[nodiscard]] std::int64_t runs() const { return static_cast<std::int64_t>(most_); }
  // Waits until that version is complete. What is given is not given again.
  std::deque<Change> changes_until(Version version);

 private:
  void run();
  void change();
  void save();
  void write_down(const std::vector<std::string>& run_ids);
  [[nodiscard]] std::string& one();

  SqliteHistory& history_;
  std::vector<std::string> run_ids_;
  const std::size_t most_;
  generate::Random random_;
  generate::Generator generator_;
  const std::chrono::milliseconds pause_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> goes_on_ = false;
  std::atomic<Version> begun_ = 0;
  std::atomic<Version> complete_ = 0;
  std::mutex mutex_;
  std::deque<Change> changes_;
  std::thread thread_;  // last: it uses all of them
};

}  // namespace comfytrace::bench
