#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "history/columns/like_rows.h"
#include "history/columns/lookups.h"
#include "history/columns/mirror.h"
#include "history/columns/row_scan.h"
#include "history/run_history.h"
#include "history/run_rules.h"
#include "history/sqlite/known_ids.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// Questions that the columns answer, with the rows for what they do not hold. All throw SQLite::Exception, Damaged,
// Refused. One thread.
class ColumnQuestions {
 public:
  // `mirror` null: of this connection alone, loaded when first asked, and again after the file has changed.
  ColumnQuestions(std::shared_ptr<Session> session, std::shared_ptr<columns::Mirror> mirror, std::int64_t max_bytes)
      : session_(std::move(session)),
        shared_(std::move(mirror)),
        max_bytes_(max_bytes),
        known_ids_(session_->connection) {}

  // Refused: invalid, or too_large where the columns do not reach back far enough.
  [[nodiscard]] Statistics statistics(const StatisticsQuery& query);
  // Among the runs that the columns hold, which are the newest.
  [[nodiscard]] std::vector<RunFacts> facts(const FactsQuery& query);
  // Refused: as statistics.
  [[nodiscard]] columns::BriefRows brief_runs(const FactsQuery& query);
  [[nodiscard]] std::vector<std::string> run_ids(std::span<const columns::RunNumber> numbers,
                                                 std::span<const std::size_t> positions);
  // Appends a run for each; without scenes if it is gone.
  void record_nodes(std::span<const columns::RunNumber> numbers, std::span<const std::size_t> positions,
                    NodeRecorder& to);
  [[nodiscard]] columns::LikeRows like_runs(const LikeQuery& query);
  [[nodiscard]] std::vector<LikeScenes> like_scenes(const LikeQuery& query);
  struct LikeBothRows {
    columns::LikeRows runs;
    std::vector<LikeScenes> scenes;
  };
  [[nodiscard]] LikeBothRows like(const LikeQuery& runs, const LikeQuery& scenes);
  [[nodiscard]] std::vector<SceneSample> scene_samples(const ScenesQuery& query);
  [[nodiscard]] BriefScenes brief_scenes(const ScenesQuery& query);
  // Absent: the rows must be asked.
  [[nodiscard]] std::optional<RunPage> page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                            const PageStart& start);

 private:
  // The columns and the rows of one state of the history: the rows as long as the transaction lasts.
  struct Moment {
    explicit Moment(columns::Mirror::View view) : columns(std::move(view)) {}
    explicit Moment(Connection& connection)
        : rows(std::make_unique<Transaction>(connection, Transaction::Kind::read)) {}
    std::unique_ptr<Transaction> rows;  // null: they are not asked
    columns::Mirror::View columns;
  };
  // Absent: the shared columns do not come up to the rows.
  [[nodiscard]] std::optional<Moment> shared_moment();
  // Where they do not, with columns of this connection alone.
  [[nodiscard]] Moment moment();
  // What text and regex of the filter leave, at this moment, which is open; null: they are not asked for. Valid until
  // asked again.
  [[nodiscard]] const columns::RidSet* among(const Moment& now, const RunFilter& filter);
  // A regular expression is looked for in every run that meets the rest, so the rest goes along.
  [[nodiscard]] const columns::RidSet* among_rows(const RunFilter& filter);
  [[nodiscard]] const columns::RidSet* among_words(const Moment& now, const std::string& text);
  [[nodiscard]] std::optional<std::int64_t> maybe_rid_of(const std::optional<std::string>& run_id);

  using Version = std::pair<std::int64_t, std::int64_t>;
  std::shared_ptr<Session> session_;
  std::shared_ptr<columns::Mirror> shared_;
  std::int64_t max_bytes_;
  KnownIds known_ids_;
  columns::Mirror::View own_;
  std::optional<Version> own_version_;
  columns::KnownRids own_known_;  // of the columns of this connection alone
  // For whoever leafs through the pages of one regular expression.
  std::string among_key_;
  std::optional<Version> among_version_;
  std::shared_ptr<const columns::RidSet> among_;
};

}  // namespace comfytrace::history::sqlite
