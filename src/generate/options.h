#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "generate/scenario.h"

namespace comfytrace::generate {

// What a history is made of. The same options give the same history on every machine.
struct Options {
  std::uint64_t seed = 1;
  std::int64_t runs = 1000;
  std::int64_t end_ms = 1'790'812'800'000;  // no run is queued after it; 2026-10-01T00:00:00Z
  std::optional<double> days = {};          // absent: 30, or as many as keep the busiest worker a third busy
  std::int64_t workflows = 9;               // the most used ones of the catalogue
  std::int64_t workers = 6;
  std::optional<std::int64_t> scenes = {};  // of every run; absent: a mix of 1 to 6
  double cv = 0.03;                         // coefficient of variation of a scene's duration, like for like
  double heavy_tail_share = 0.004;          // scenes that take far longer for no reason
  double failure_share = 0.04;              // attempts that do not succeed
  double prompt_change_share = 0.3;         // runs whose prompt is another one than the run's before
  std::vector<ScenarioOrder> scenarios = {};
};

// Errors: invalid, naming the option as the command line does.
[[nodiscard]] base::Result<void> check(const Options& options);

// The days that the history of valid options spans.
[[nodiscard]] double days_of(const Options& options);

}  // namespace comfytrace::generate
