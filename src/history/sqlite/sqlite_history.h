#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "history/run_history.h"
#include "history/sqlite/owner_lock.h"

// The history in one SQLite file. Exactly one SqliteHistory at a time owns a file, over all processes of the host;
// it does all writes and all checkpoints. Any number of readers, in any process, look at it meanwhile.
namespace comfytrace::history {

namespace columns {
class Mirror;
class SummaryKeeper;
}  // namespace columns
namespace sqlite {
class ColumnKeeper;
class Store;
struct Session;
}  // namespace sqlite

struct SqliteOptions {
  std::string owner_url;  // where the owning server listens, if that is known: shown to whoever comes second
  const base::Clock* clock = &base::system_clock();  // not owned
  std::int64_t cache_bytes = 4 << 20;                // page cache of this connection
  // The file never grows beyond this many 4-KiB pages: saving then fails as on a full disk. For tests.
  std::optional<std::int64_t> max_pages;
  // The columns that answer statistics take about 90 bytes a run. What does not fit in here is left out, the oldest
  // runs first: statistics that reach back to them are then refused and say so; lists and single runs are not touched.
  std::int64_t max_column_bytes = std::int64_t{1} << 30;
  // Called before they are made of all runs, which takes about half a minute a million: the file has none, or none that
  // this version reads. Absent: nobody is told.
  std::function<void(std::int64_t runs)> on_columns_anew;
  // For a reader in the process of the SqliteHistory: its columns(). Null: the reader makes its own when it needs them.
  std::shared_ptr<columns::Mirror> columns;
};

// One thread at a time: opened anywhere, then used by the writer's thread alone.
class SqliteHistory final : public RunHistory {
 public:
  // Opens or makes the file. A file of an older schema is copied to `<path>.schema<N>.bak`, then migrated.
  // Errors: conflict (owned by another process, written by a newer version, or not our file), corrupt, unavailable
  // (read-only, disk full, no such directory).
  [[nodiscard]] static base::Result<std::unique_ptr<SqliteHistory>> open(const std::filesystem::path& path,
                                                                         const SqliteOptions& options = {});
  ~SqliteHistory() override;

  // Tells whoever comes second where this server listens. Any thread.
  void set_owner_url(const std::string& url);
  // For the readers of this process. Any thread.
  [[nodiscard]] std::shared_ptr<columns::Mirror> columns() const { return columns_; }

  base::Result<std::optional<model::Run>> get(std::string_view run_id) const override;
  base::Result<std::optional<std::string>> run_of_prompt(std::string_view worker_id,
                                                         std::string_view prompt_id) const override;
  using RunHistory::page;
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

  base::Result<void> save(std::span<const model::Run> runs) override;
  base::Result<bool> remove(std::string_view run_id) override;
  base::Result<bool> amend(std::string_view run_id, const RunPatch& patch) override;
  base::Result<std::unique_ptr<Pruning>> begin_prune(const PruneRule& rule) override;
  base::Result<void> save_samples(std::span<const SampleSeries> series) override;
  base::Result<void> save_worker(const model::Worker& worker) override;
  base::Result<void> save_preset(const FilterPreset& preset) override;
  base::Result<bool> remove_preset(std::string_view name) override;
  base::Result<void> save_recommendation(const Recommendation& recommendation) override;
  base::Result<void> save_alert(const Alert& alert) override;
  base::Result<void> backup(const std::filesystem::path& path) override;

 private:
  SqliteHistory(OwnerLock lock, std::shared_ptr<sqlite::Session> session, std::shared_ptr<columns::Mirror> columns,
                std::unique_ptr<sqlite::ColumnKeeper> keeper);
  template <class Work>
  auto change(Work&& work);

  OwnerLock lock_;  // outlives the connection
  std::shared_ptr<sqlite::Session> session_;
  std::shared_ptr<columns::Mirror> columns_;
  std::unique_ptr<sqlite::ColumnKeeper> keeper_;
  std::unique_ptr<sqlite::Store> store_;
  std::unique_ptr<RunHistoryReader> reader_;
  std::unique_ptr<columns::SummaryKeeper> summaries_;
};

// A read-only view of the file at `path`, whether or not a server writes to it. Nothing is locked, made or migrated.
// Errors: not_found, conflict (another schema, not our file), corrupt, unavailable.
[[nodiscard]] base::Result<std::unique_ptr<RunHistoryReader>> open_reader(const std::filesystem::path& path,
                                                                          const SqliteOptions& options = {});

}  // namespace comfytrace::history
