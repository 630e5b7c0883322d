#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/run_facts.h"

namespace comfytrace::bench {

using Version = std::int64_t;

// Facts of runs as rows of SQLite. Every version of every run is a row that stays as it was put, but for the version
// until which it holds. What many runs have in common is kept once: lists of words, and what must be equal of work that
// is like for like. One thread.
class FactsTable {
 public:
  explicit FactsTable(const std::filesystem::path& path);

  [[nodiscard]] SQLite::Database& database() { return database_; }
  // From `since` on, the run is so. `number`: its place in the order of first save; 0: where it was, or after all
  // others.
  void put(Version since, const history::RunFacts& facts, std::int64_t number);
  // How many rows ended: 1, or 0 if there is no such run.
  std::int64_t end(Version until, const std::string& run_id);
  // Stays valid until forget().
  [[nodiscard]] const history::RunFacts& facts(std::int64_t row);
  [[nodiscard]] std::string run_id(std::int64_t row);
  // Lets go of what facts() read, if it is much.
  void forget();

 private:
  void put_parts(const history::RunFacts& facts);
  [[nodiscard]] std::int64_t list_of(const std::vector<std::string>& values);
  [[nodiscard]] std::int64_t work_of(const history::WorkKey& key);
  [[nodiscard]] history::RunFacts read(std::int64_t row);
  [[nodiscard]] std::vector<std::string> read_list(std::int64_t list);

  SQLite::Database database_;
  std::int64_t row_ = 0;
  std::int64_t number_ = 0;
  std::unordered_map<std::string, std::int64_t> lists_;
  std::unordered_map<std::string, std::int64_t> works_;
  std::unordered_map<std::int64_t, history::RunFacts> read_;  // by row
  SQLite::Statement end_run_, put_run_, put_details_, put_value_, put_work_, put_scene_, put_class_;
  SQLite::Statement read_run_, read_id_, read_list_, read_scenes_, read_classes_;
};

}  // namespace comfytrace::bench
