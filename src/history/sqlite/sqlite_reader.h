#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/run_history.h"
#include "history/run_rules.h"
#include "history/sqlite/column_questions.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// Answers questions over one connection, each in a read transaction of its own that ends with it.
class SqliteReader final : public RunHistoryReader {
 public:
  // `columns` and `max_column_bytes` as in SqliteOptions.
  SqliteReader(std::shared_ptr<Session> session, std::shared_ptr<columns::Mirror> columns,
               std::int64_t max_column_bytes)
      : session_(session), columns_(std::move(session), std::move(columns), max_column_bytes) {}

  base::Result<std::optional<model::Run>> get(std::string_view run_id) const override;
  base::Result<std::optional<std::string>> run_of_prompt(std::string_view worker_id,
                                                         std::string_view prompt_id) const override;
  using RunHistoryReader::page;
  base::Result<RunPage> page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                             std::string_view cursor) const override;
  base::Result<std::vector<model::Run>> open_runs() const override;
  base::Result<std::vector<SampleSeries>> samples(std::string_view run_id) const override;
  base::Result<std::vector<model::Worker>> workers() const override;
  base::Result<std::vector<FilterPreset>> presets() const override;
  base::Result<std::optional<FilterPreset>> preset(std::string_view name) const override;
  base::Result<std::vector<Recommendation>> recommendations() const override;
  base::Result<std::vector<Alert>> alerts(const AlertQuery& query) const override;
  base::Result<void> for_each(const RunFilter& filter,
                              const std::function<bool(const model::Run&)>& each) const override;
  base::Result<Statistics> statistics(const StatisticsQuery& query) const override;
  base::Result<std::vector<RunFacts>> facts(const FactsQuery& query) const override;
  base::Result<BriefRuns> brief_runs(const FactsQuery& query) const override;
  base::Result<std::vector<SceneSample>> scene_samples(const ScenesQuery& query) const override;
  base::Result<BriefScenes> brief_scenes(const ScenesQuery& query) const override;
  base::Result<LikeRuns> like_runs(const LikeQuery& query) const override;
  base::Result<std::vector<LikeScenes>> like_scenes(const LikeQuery& query) const override;
  base::Result<LikeBoth> like(const LikeQuery& runs, const LikeQuery& scenes) const override;
  base::Result<PruneReport> foresee(const PruneRule& rule) const override;
  base::Result<HistoryInfo> info() const override;

 private:
  template <class Work>
  auto in_snapshot(Work&& work) const;
  [[nodiscard]] LikeRuns with_run_ids(columns::LikeRows rows) const;
  [[nodiscard]] std::vector<model::Run> some_runs(const RunFilter& filter, std::optional<Place>& after) const;
  std::shared_ptr<Session> session_;
  mutable ColumnQuestions columns_;
  // The last total, for whoever leafs through the pages of one filter.
  struct Total {
    std::string filter;
    std::pair<std::int64_t, std::int64_t> version;
    std::int64_t runs = 0;
  };
  mutable std::optional<Total> total_;
};

// Bytes in use: what the file would have without its free pages.
[[nodiscard]] std::int64_t used_bytes(Connection& connection);

}  // namespace comfytrace::history::sqlite
