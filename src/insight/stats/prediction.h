#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>

#include "insight/stats/interval.h"

// What the next value will be, given past ones, and what is left of something made of several parts (an ETA).
namespace comfytrace::insight::stats {

constexpr double kPredictionLevel = 0.9;
constexpr std::size_t kPredictionNeeds = 3;

enum class PredictionMethod {
  order_statistics,  // enough past values: no shape assumed
  log_student,       // fewer: as if logs were normal, by Student's t
  student,           // fewer, and a value is 0 or less: as if values were normal
  sum,               // of parts
};
BOOST_DESCRIBE_ENUM(PredictionMethod, order_statistics, log_student, student, sum)

struct Prediction {
  double median = 0;  // as likely more as less
  Interval interval;  // holds the next value with interval.level
  PredictionMethod method = PredictionMethod::order_statistics;
  std::size_t n = 0;  // past values; of a sum, those of the part that has fewest
};
BOOST_DESCRIBE_STRUCT(Prediction, (), (median, interval, method, n))

// Past values are taken as independent draws of what comes next, so callers give those of one cohort and one level
// (after the last change point). std::nullopt below kPredictionNeeds. A constant past gives an interval of no width.
[[nodiscard]] std::optional<Prediction> predict_next(std::span<const double> past, double level = kPredictionLevel);
// The fewest past values from which no shape is assumed: 19 at 0.9.
[[nodiscard]] std::size_t order_statistics_need(double level = kPredictionLevel);

// A part of the whole: its durations in the past, and how long it has been going on now (0: not begun). A part that is
// done is left out. Durations are > 0.
struct Part {
  std::span<const double> past;
  double elapsed = 0;
};

// What is left of all parts together, taken as independent of each other: the sum of what each still needs, given that
// it needs more than it has already had. A part that outlasts all it ever took is judged by the tail of the log-normal.
// std::nullopt of no parts or where a part has fewer past values than kPredictionNeeds. About 2 ms for 48 parts.
[[nodiscard]] std::optional<Prediction> predict_remaining(std::span<const Part> parts, double level = kPredictionLevel);

}  // namespace comfytrace::insight::stats
