#include "insight/deviation_series.h"

#include <algorithm>
#include <utility>

namespace comfytrace::insight {
namespace {

std::optional<double> as_number(const std::optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

// Judges the runs of a line one by one.
class LineJudge {
 public:
  LineJudge(const DeviationLine& line, const std::vector<std::optional<double>>& durations_ms,
            const DeviationOptions& options)
      : line_(line),
        durations_ms_(durations_ms),
        // Whole milliseconds of a node go down to 0: one is added so that every log is finite.
        added_(line.subject() == DeviationSubject::nodeClass ? 1 : 0),
        others_(told_values(), static_cast<std::size_t>(options.cohort.limit),
                static_cast<std::size_t>(options.cohort.needs)) {}

  // For tests of those.
  void prepare(std::span<const std::size_t> positions) {
    std::vector<std::size_t> begins;
    begins.reserve(positions.size());
    for (const std::size_t position : positions) begins.push_back(told_before_[position + 1]);
    others_.prepare(begins, told_before_[oldest_judged(positions.back()) + 1]);
  }

  [[nodiscard]] std::optional<LineTested> test(std::size_t position) const {
    const auto& value = line_.values()[position];
    if (!value) return std::nullopt;
    std::vector<std::size_t> streak;  // positions, oldest first
    int side = 0;
    std::size_t skip = 0;
    for (std::size_t i = oldest_judged(position) + 1; i-- > position;) {
      const int streak_side = streak.empty() ? 0 : side;
      skip = streak.size();
      side = side_of(i, skip);
      if (skip > 0 && side != 0 && side != streak_side) {
        streak.clear();
        skip = 0;
        side = side_of(i, skip);
      }
      if (side != 0) {
        streak.push_back(i);
      } else if (line_.values()[i]) {
        streak.clear();
      }
    }
    const auto place = others_.place(*value + added_, begin(position, skip));
    if (!place) return std::nullopt;
    LineTested tested;
    tested.value = *value;
    tested.median = place->median - added_;
    tested.p_value = place->p_value;
    tested.n = static_cast<std::int64_t>(others_.others(begin(position, skip)).size());
    tested.side = side;
    if (side != 0) tested.streak.assign(streak.rbegin(), streak.rend());
    return tested;
  }

 private:
  [[nodiscard]] std::vector<double> told_values() {
    std::vector<double> told;
    told.reserve(line_.values().size());
    told_before_.reserve(line_.values().size() + 1);
    told_before_.push_back(0);
    for (const auto& value : line_.values()) {
      if (value) told.push_back(*value + added_);
      told_before_.push_back(told.size());
    }
    return told;
  }
  [[nodiscard]] std::size_t oldest_judged(std::size_t position) const {
    return std::min(position + kNewNormal, line_.values().size() - 1);
  }
  // Of the runs before `position` without the last `skip`, which deviate themselves.
  [[nodiscard]] std::size_t begin(std::size_t position, std::size_t skip) const {
    return told_before_[std::min(position + 1 + skip, told_before_.size() - 1)];
  }
  [[nodiscard]] int side_of(std::size_t position, std::size_t skip) const {
    const auto& value = line_.values()[position];
    if (!value) return 0;
    const std::size_t at = begin(position, skip);
    auto median = others_.median(at);
    if (!median) return 0;
    *median -= added_;
    const bool counts = line_.subject() == DeviationSubject::nodeClass
                            ? node_change_counts(*value, *median, durations_ms_[position].value_or(0))
                            : change_counts(line_.metric(), *value, *median);
    if (!counts || !others_.stands_out(*value + added_, at)) return 0;
    return *value > *median ? 1 : -1;
  }

  const DeviationLine& line_;
  const std::vector<std::optional<double>>& durations_ms_;
  double added_;
  std::vector<std::size_t> told_before_;  // by position: how many before it have a value
  OutlyingLine others_;
};

}  // namespace

DeviationLine::DeviationLine(DeviationSubject subject, std::string class_type, Metric metric,
                             std::vector<std::optional<double>> values)
    : subject_(subject), class_type_(std::move(class_type)), metric_(metric), values_(std::move(values)) {}

std::vector<std::optional<LineTested>> DeviationLine::test(std::span<const std::size_t> positions,
                                                           const std::vector<std::optional<double>>& durations_ms,
                                                           const DeviationOptions& options) const {
  LineJudge judge(*this, durations_ms, options);
  judge.prepare(positions);
  std::vector<std::optional<LineTested>> tested;
  tested.reserve(positions.size());
  for (const std::size_t position : positions) tested.push_back(judge.test(position));
  return tested;
}

std::vector<DeviationLine> lines_of(const history::RunFacts& run, const history::LikeRuns::Series& like) {
  std::vector<std::optional<double>> durations{as_number(run.duration_ms)};
  std::vector<std::optional<double>> peaks{as_number(run.vram_peak_bytes)};
  durations.reserve(like.runs.size() + 1);
  peaks.reserve(like.runs.size() + 1);
  for (const auto& of : like.runs) {
    durations.push_back(as_number(of.duration_ms));
    peaks.push_back(as_number(of.vram_peak_bytes));
  }
  std::vector<DeviationLine> lines;
  lines.reserve(2 + run.node_classes.size());
  lines.emplace_back(DeviationSubject::run, "", Metric::duration, std::move(durations));
  lines.emplace_back(DeviationSubject::run, "", Metric::vramPeak, std::move(peaks));
  // Of nodes those runs count that executed the class as often as the newest.
  for (std::size_t i = 0; i < run.node_classes.size(); ++i) {
    std::vector<std::optional<double>> times{static_cast<double>(run.node_classes[i].duration_ms)};
    times.reserve(like.class_ms[i].size() + 1);
    for (const auto& of : like.class_ms[i]) times.push_back(as_number(of));
    lines.emplace_back(DeviationSubject::nodeClass, run.node_classes[i].class_type, Metric::duration, std::move(times));
  }
  return lines;
}

}  // namespace comfytrace::insight
