#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/run_facts.h"
#include "history/run_filter.h"
#include "history/run_questions.h"

namespace comfytrace::bench {

// The facts of runs as rows, and the answers to the questions of a history in SQL: shares nothing with what it is held
// against but the questions. Every version of every run stays, so that it can be asked how things stood at any of
// them. One thread.
class SqlFacts {
 public:
  using Version = std::int64_t;
  explicit SqlFacts(const std::filesystem::path& path);

  // From `version` on the run is so. Several changes may be put between begin() and end(). `number`: the run's place in
  // the order of first save, where it was not put in that order.
  void begin() { database_.exec("BEGIN"); }
  void end() { database_.exec("COMMIT"); }
  void put(Version version, const history::RunFacts& facts, std::int64_t number = 0);
  void remove(Version version, const std::string& run_id);
  [[nodiscard]] std::int64_t versions_of_runs() const { return row_; }

  // Chooses the runs that meet the filter (without text and regex) at any version of `from` to `to`. What is asked
  // then is asked of them, at one of these versions.
  void choose(const history::RunFilter& filter, Version from, Version to);
  [[nodiscard]] history::Statistics statistics(Version at, const history::StatisticsQuery& query);
  struct Place {
    std::optional<std::int64_t> value;
    std::int64_t number = 0;
  };
  struct Page {
    std::vector<std::string> run_ids;
    std::int64_t total = 0;
    bool has_more = false;
    std::optional<Place> last;
  };
  [[nodiscard]] Page page(Version at, history::RunSort sort, std::int64_t limit, const std::optional<Place>& after,
                          std::int64_t skip = 0);
  [[nodiscard]] std::vector<history::RunFacts> facts(Version at, const history::FactsQuery& query);
  // Of all runs, chosen or not.
  [[nodiscard]] std::vector<history::SceneSample> scenes(Version at, const history::ScenesQuery& query);

 private:
  void put_parts(std::int64_t row, const history::RunFacts& facts);
  void put_list(std::int64_t row, const char* kind, const std::vector<std::string>& values);
  [[nodiscard]] std::vector<history::GroupStatistics> groups(Version at, history::GroupBy by,
                                                             std::int64_t utc_offset_ms);
  [[nodiscard]] const char* chosen() const { return is_of_all_ ? "all_runs" : "some_runs"; }
  // The same for every grouping.
  [[nodiscard]] const history::GroupStatistics& total(Version at);
  [[nodiscard]] history::RunFacts facts_of_row(std::int64_t row);
  [[nodiscard]] std::vector<std::string> list(std::int64_t row, const char* kind);

  SQLite::Database database_;
  std::map<Version, history::GroupStatistics> totals_;  // of the chosen runs, as far as they were asked for
  bool is_of_all_ = false;
  std::int64_t row_ = 0;
  std::int64_t number_ = 0;  // of the run, in the order of first save
  SQLite::Statement end_run_;
  SQLite::Statement put_run_;
  SQLite::Statement put_value_;
  SQLite::Statement put_scene_;
  SQLite::Statement put_class_;
};

}  // namespace comfytrace::bench
