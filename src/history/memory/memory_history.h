#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "history/run_history.h"

namespace comfytrace::history {

// The history in memory: gone with the process. For tests, and the plain statement of the contract. Any thread.
class MemoryHistory final : public RunHistory {
 public:
  MemoryHistory();
  ~MemoryHistory() override;

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
  base::Result<std::vector<SceneSample>> scene_samples(const ScenesQuery& query) const override;
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
  // Writes every run as one line of JSON.
  base::Result<void> backup(const std::filesystem::path& path) override;

 private:
  struct Entry;
  struct Data;
  class Batches;
  // The ids of the runs that go, oldest first; `report` counts those that are kept for their state.
  base::Result<std::vector<std::string>> reached_by(const PruneRule& rule, PruneReport& report) const;
  mutable std::mutex mutex_;
  std::unique_ptr<Data> data_;
};

// A view of `history`, for whoever wants to own a reader. `history` must outlive it.
[[nodiscard]] std::unique_ptr<RunHistoryReader> view_of(const RunHistory& history);

}  // namespace comfytrace::history
