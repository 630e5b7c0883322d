#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "history/like_runs.h"
#include "insight/deviation.h"
#include "insight/outlying_line.h"

namespace comfytrace::insight {

// A level that has lasted for so many runs is the new normal: it is judged against itself from then on.
inline constexpr std::size_t kNewNormal = 10;

// A run in one line, against the runs before it.
struct LineTested {
  double value = 0;
  double median = 0;
  double p_value = 1;
  std::int64_t n = 0;  // others
  int side = 0;        // +1 more, -1 less than those explain
  // Of those in a row that deviate to this side, this one first and then the runs before it; none without a side.
  std::vector<std::size_t> streak;
};

// One number of a run and of those like it, by position: 0 is the run, the others are newest first.
class DeviationLine {
 public:
  DeviationLine(DeviationSubject subject, std::string class_type, Metric metric,
                std::vector<std::optional<double>> values);

  [[nodiscard]] DeviationSubject subject() const { return subject_; }
  [[nodiscard]] const std::string& class_type() const { return class_type_; }
  [[nodiscard]] Metric metric() const { return metric_; }
  [[nodiscard]] const std::vector<std::optional<double>>& values() const { return values_; }

  // The runs at `positions`, ascending and at least one; std::nullopt of one about which nothing can be said.
  // `durations_ms`: of the runs, by position. Pure.
  [[nodiscard]] std::vector<std::optional<LineTested>> test(std::span<const std::size_t> positions,
                                                            const std::vector<std::optional<double>>& durations_ms,
                                                            const DeviationOptions& options) const;

 private:
  DeviationSubject subject_;
  std::string class_type_;
  Metric metric_;
  std::vector<std::optional<double>> values_;
};

// Durations, then peaks, then what each of the run's classes of node took.
[[nodiscard]] std::vector<DeviationLine> lines_of(const history::RunFacts& run, const history::LikeRuns::Series& like);

}  // namespace comfytrace::insight
