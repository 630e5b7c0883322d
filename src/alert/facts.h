#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/codec.h"

// What the engine is told beside the glossary's own values.
namespace comfytrace::alert {

// One instant, in every way that the engine needs it.
struct Moment {
  std::int64_t at_ms = 0;         // wall clock; may jump
  std::int64_t steady_ms = 0;     // never goes back
  std::int64_t local_minute = 0;  // of the day where this program runs, 0..1439
};

// How a finished run stands to its baseline, as others judged it.
struct RunVerdict {
  std::string run_id;
  std::string workflow;     // fingerprint, or a name
  std::string metric;       // durationMs, vramPeakBytes, …
  double ratio = 1;         // the run's value over the baseline's
  std::int64_t n = 0;       // runs that the baseline rests on
  bool persistent = false;  // the runs before it deviated too
};
BOOST_DESCRIBE_STRUCT(RunVerdict, (), (run_id, workflow, metric, ratio, n, persistent))

// How writing the history goes.
struct StoreHealth {
  bool failing = false;
  std::string last_error;
  std::optional<std::int64_t> free_bytes;  // on the history's disk; absent: cannot be told
};

}  // namespace comfytrace::alert
