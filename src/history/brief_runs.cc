#include "history/brief_runs.h"

#include <utility>

#include "history/run_history.h"

namespace comfytrace::history {

// For whoever keeps whole runs anyway: each is a kind of its own.
base::Result<BriefRuns> RunHistoryReader::brief_runs(const FactsQuery& query) const {
  auto whole = facts(query);
  if (!whole) return whole.error();
  BriefRuns brief;
  std::vector<std::string> ids;
  for (RunFacts& run : *whole) {
    brief.runs.push_back({run.created_at_ms, run.duration_ms, run.queue_wait_ms, run.vram_peak_bytes,
                          static_cast<std::uint32_t>(ids.size())});
    ids.push_back(std::exchange(run.run_id, {}));
  }
  brief.kinds = std::move(*whole);
  brief.run_ids = [ids = std::move(ids)](std::span<const std::size_t> positions) {
    std::vector<std::string> wanted;
    for (const std::size_t position : positions) wanted.push_back(ids[position]);
    return base::Result<std::vector<std::string>>(std::move(wanted));
  };
  return brief;
}

}  // namespace comfytrace::history
