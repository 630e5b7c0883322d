#include "history/brief_runs.h"

#include <memory>
#include <utility>

#include "history/run_history.h"

namespace comfytrace::history {

// For whoever keeps whole runs anyway: each is a kind of its own.
base::Result<BriefRuns> RunHistoryReader::brief_runs(const FactsQuery& query) const {
  auto whole = facts(query);
  if (!whole) return whole.error();
  BriefRuns brief;
  auto gathered = std::make_shared<std::vector<std::string>>();
  for (RunFacts& run : *whole) {
    brief.runs.push_back({run.created_at_ms, run.duration_ms, run.queue_wait_ms, run.vram_peak_bytes,
                          static_cast<std::uint32_t>(gathered->size())});
    gathered->push_back(std::exchange(run.run_id, {}));
  }
  brief.kinds = std::move(*whole);
  const std::shared_ptr<const std::vector<std::string>> ids = std::move(gathered);
  brief.run_ids = [ids](std::span<const std::size_t> positions) {
    std::vector<std::string> wanted;
    for (const std::size_t position : positions) wanted.push_back((*ids)[position]);
    return base::Result<std::vector<std::string>>(std::move(wanted));
  };
  brief.nodes = [this, ids](std::span<const std::size_t> positions, NodeRecorder& to) -> base::Result<void> {
    for (const std::size_t position : positions) {
      const auto run = get((*ids)[position]);
      if (!run) return run.error();
      *run ? to.add(**run) : to.begin_run();
    }
    return {};
  };
  return brief;
}

base::Result<BriefScenes> RunHistoryReader::brief_scenes(const ScenesQuery& query) const {
  auto whole = scene_samples(query);
  if (!whole) return whole.error();
  BriefScenes brief;
  for (SceneSample& of : *whole) {
    if (brief.runs.empty() || brief.runs.back().run_id != of.run_id)
      brief.runs.push_back({std::move(of.run_id), of.created_at_ms});
    brief.durations_ms.push_back(of.scene.duration_ms);
  }
  return brief;
}

}  // namespace comfytrace::history
