#pragma once

#include <cstddef>

namespace comfytrace::history::columns {

// Which measures are tallied.
struct Measures {
  bool duration_ms = true;
  bool queue_wait_ms = true;
  bool vram_peak_bytes = true;
};

// How many values the percentiles of a question keep exactly, and of what. Shared by all tallies of the question.
struct ExactBudget {
  std::size_t values = 32'768;
  Measures measures = {};
};

}  // namespace comfytrace::history::columns
