#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/node_records.h"
#include "history/run_facts.h"

namespace comfytrace::history {

// A run with its numbers alone.
struct BriefRun {
  std::int64_t created_at_ms = 0;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::int64_t> queue_wait_ms;
  std::optional<std::int64_t> vram_peak_bytes;
  std::uint32_t kind = 0;  // position among the kinds
};

// Some thousand runs, read in a fraction of the time that their whole facts take: most of these are the same texts over
// and over, and here they stand once.
struct BriefRuns {
  std::vector<BriefRun> runs;
  // Status, counts, texts of what they were and ran on, and key are those of every run of the kind. The rest is not
  // told: names, times, numbers, story, tags, scenes, classes of node. Two kinds may be equal.
  std::vector<RunFacts> kinds;
  // The run_ids of the runs at these positions; "" is of one that went meanwhile. As long as the reader, on its thread.
  // Errors: unavailable, corrupt.
  std::function<base::Result<std::vector<std::string>>(std::span<const std::size_t> positions)> run_ids;
  // Appends what the nodes of the runs at these positions did; a run without scenes stands for one that went meanwhile.
  // As long as the reader, on its thread. Errors: unavailable, corrupt.
  std::function<base::Result<void>(std::span<const std::size_t> positions, NodeRecorder& to)> nodes;

  [[nodiscard]] const RunFacts& kind_of(const BriefRun& run) const { return kinds[run.kind]; }
};

}  // namespace comfytrace::history
