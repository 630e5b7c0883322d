#include "history/memory/memory_history.h"

namespace comfytrace::history {

using base::Result;

namespace {

class View final : public RunHistoryReader {
 public:
  explicit View(const RunHistory& history) : history_(history) {}
  Result<std::optional<model::Run>> get(std::string_view run_id) const override { return history_.get(run_id); }
  Result<std::optional<std::string>> run_of_prompt(std::string_view worker_id,
                                                   std::string_view prompt_id) const override {
    return history_.run_of_prompt(worker_id, prompt_id);
  }
  Result<RunPage> page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                       std::string_view cursor) const override {
    return history_.page(filter, sort, limit, cursor);
  }
  Result<std::vector<model::Run>> open_runs() const override { return history_.open_runs(); }
  Result<std::vector<SampleSeries>> samples(std::string_view run_id) const override { return history_.samples(run_id); }
  Result<std::vector<model::Worker>> workers() const override { return history_.workers(); }
  Result<std::vector<FilterPreset>> presets() const override { return history_.presets(); }
  Result<std::optional<FilterPreset>> preset(std::string_view name) const override { return history_.preset(name); }
  Result<std::vector<Recommendation>> recommendations() const override { return history_.recommendations(); }
  Result<std::vector<Alert>> alerts(const AlertQuery& query) const override { return history_.alerts(query); }
  Result<void> for_each(const RunFilter& filter, const std::function<bool(const model::Run&)>& each) const override {
    return history_.for_each(filter, each);
  }
  Result<Statistics> statistics(const StatisticsQuery& query) const override { return history_.statistics(query); }
  Result<std::vector<RunFacts>> facts(const FactsQuery& query) const override { return history_.facts(query); }
  Result<std::vector<SceneSample>> scene_samples(const ScenesQuery& query) const override {
    return history_.scene_samples(query);
  }
  Result<PruneReport> foresee(const PruneRule& rule) const override { return history_.foresee(rule); }
  Result<HistoryInfo> info() const override { return history_.info(); }

 private:
  const RunHistory& history_;
};

}  // namespace

std::unique_ptr<RunHistoryReader> view_of(const RunHistory& history) {
  return std::make_unique<View>(history);
}

}  // namespace comfytrace::history
