#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/verdict.h"

// What a list shows of each of its runs against the runs like it: the comparison in one line.
namespace comfytrace::insight {

constexpr std::size_t kMaxBaselines = 100;
constexpr std::size_t kRecentLike = 12;

struct RunBaseline {
  std::string run_id;
  Verdict verdict = Verdict::notEnoughData;  // of the duration
  std::optional<double> delta_ratio;         // duration / median - 1
  std::optional<double> median_ms;
  std::optional<double> lower_ms;  // the middle half of the like runs
  std::optional<double> upper_ms;
  std::int64_t n = 0;
  std::int64_t needed = 0;              // how many more it takes
  std::vector<std::int64_t> recent_ms;  // durations of the newest like runs before it, oldest first
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(RunBaseline, (),
                      (run_id, verdict, delta_ratio, median_ms, lower_ms, upper_ms, n, needed, recent_ms, sentence))

// One for each id that is a run, in that order; ids that are none are left out. Errors: those of the reader.
[[nodiscard]] base::Result<std::vector<RunBaseline>> baselines_of(const history::RunHistoryReader& reader,
                                                                  std::span<const std::string> run_ids);

}  // namespace comfytrace::insight
