#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "facts_table.h"
#include "group_sums.h"
#include "history/run_facts.h"
#include "history/run_filter.h"
#include "history/run_questions.h"

namespace comfytrace::bench {

// The answers to the questions of a history in SQL over the facts of its runs: shares nothing with what it is held
// against but the questions. SQL says which runs match, how they stood at any version, and in which group
// they are; what a group's runs come to, and which of them comes before which, is reckoned plainly. One thread.
class SqlFacts {
 public:
  explicit SqlFacts(const std::filesystem::path& path) : table_(path), database_(table_.database()) {}

  // From `version` on the run is so. Several changes, of versions that do not fall, may be put between begin() and
  // end(). `number`: the run's place in the order of first save, where it was not put in that order.
  void begin() { database_.exec("BEGIN"); }
  void end() { database_.exec("COMMIT"); }
  void put(Version version, const history::RunFacts& facts, std::int64_t number = 0);
  void remove(Version version, const std::string& run_id);

  // Chooses the runs that meet the filter (without text and regex) at any version of `from` to `to`. What is asked
  // then is asked of them, at one of these versions.
  void choose(const history::RunFilter& filter, Version from, Version to);
  // Whether a chosen run came, went or is another at this version.
  [[nodiscard]] bool changes_at(Version at) const { return changes_.contains(at); }
  [[nodiscard]] const history::GroupStatistics& total(Version at);
  [[nodiscard]] history::Statistics statistics(Version at, const history::StatisticsQuery& query);
  struct Place {
    std::optional<std::int64_t> value;
    std::int64_t number = 0;
  };
  struct Page {
    std::vector<std::string> run_ids;
    bool has_more = false;
    std::optional<Place> last;
  };
  [[nodiscard]] Page page(Version at, history::RunSort sort, std::int64_t limit, const std::optional<Place>& after,
                          std::int64_t skip = 0);
  // A filter that does not restrict asks all runs, chosen or not. The facts are valid until the next choose().
  [[nodiscard]] std::vector<const history::RunFacts*> facts(Version at, const history::FactsQuery& query);
  // Of all runs, chosen or not.
  [[nodiscard]] std::vector<history::SceneSample> scenes(Version at, const history::ScenesQuery& query);

 private:
  // A row that answers a question at the versions at which it holds.
  struct Found {
    std::int64_t row = 0;
    std::int64_t place = 0;  // of a scene
    Version since = 0;
    Version until = 0;
    [[nodiscard]] bool holds(Version at) const { return since <= at && until > at; }
  };
  struct Chosen {
    std::int64_t row = 0;
    std::int64_t number = 0;
    std::int64_t created_at_ms = 0;
    std::optional<std::int64_t> duration_ms;
    std::optional<std::int64_t> vram_peak_bytes;
    Version since = 0;
    Version until = 0;
    RunMeasures run;
    [[nodiscard]] bool holds(Version at) const { return since <= at && until > at; }
  };
  void read_chosen();
  [[nodiscard]] static Place place_of(const Chosen& one, history::RunSort sort);
  [[nodiscard]] static bool comes_before(const Place& a, const Place& b, history::RunSort sort);
  struct Placed {
    Place place;
    const Chosen* one = nullptr;
  };
  [[nodiscard]] const std::vector<Placed>& sorted(history::RunSort sort);
  [[nodiscard]] std::vector<history::GroupStatistics> groups(Version at, history::GroupBy by,
                                                             std::int64_t utc_offset_ms);
  // The first `limit` and as many more as may not hold at one of the versions. The same question is asked once.
  [[nodiscard]] const std::vector<Found>& found(const std::string& select, const std::string& without_run_id,
                                                std::int64_t limit);

  FactsTable table_;
  SQLite::Database& database_;
  std::vector<Version> changed_;    // of each row that began or ended after the first version; does not fall
  std::ptrdiff_t most_scenes_ = 1;  // of a run
  Version from_ = 0;
  Version to_ = 0;
  std::vector<Chosen> chosen_;                              // by the place in the table of that name
  std::set<Version> changes_;                               // of them
  std::map<history::RunSort, std::vector<Placed>> sorted_;  // as far as they were asked for
  std::map<Version, history::GroupStatistics> totals_;      // as far as they were asked for
  std::map<std::string, std::vector<Found>> found_;         // by question
};

}  // namespace comfytrace::bench
