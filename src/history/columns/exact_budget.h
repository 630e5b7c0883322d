#pragma once

#include <cstddef>

#include "history/run_questions.h"

namespace comfytrace::history::columns {

// Which measures are tallied.
struct Measures {
  bool duration_ms = true;
  bool queue_wait_ms = true;
  bool vram_peak_bytes = true;
};

[[nodiscard]] inline Measures measures_of(OneMeasure one) {
  return {one == OneMeasure::duration, one == OneMeasure::queueWait, one == OneMeasure::vramPeak};
}

// How many values the percentiles of a question keep exactly, and of what. Shared by all tallies of the question.
struct ExactBudget {
  std::size_t values = 32'768;
  Measures measures = {};
};

// As soon as more runs match than that, a group keeps this many values before it counts in buckets.
inline constexpr std::size_t kValuesOfAGroup = 256;

}  // namespace comfytrace::history::columns
