#pragma once

#include <boost/describe.hpp>
#include <cstdint>

#include "base/codec.h"

// The words in which every answer of this folder says what it found. Every answer is value, evidence (how many runs,
// which, what was held equal) and one of these.
namespace comfytrace::insight {

// `better` and `worse` are claims; `noEvidence` says that there was enough data to see a change of the size that counts
// and none was seen; `notEnoughData` says that nothing can be said yet, and the answer says what is missing.
enum class Verdict { better, worse, noEvidence, notEnoughData };
BOOST_DESCRIBE_ENUM(Verdict, better, worse, noEvidence, notEnoughData)

// low: fewer than kLowBelow runs, or a claim that their scatter hardly carries. high: at least kHighFrom runs and a
// p-value of at most kHighP where there is one.
enum class Confidence { low, medium, high };
BOOST_DESCRIBE_ENUM(Confidence, low, medium, high)
constexpr std::int64_t kLowBelow = 5;
constexpr std::int64_t kHighFrom = 20;
constexpr double kHighP = 0.001;
[[nodiscard]] constexpr Confidence confidence_of(std::int64_t n, double p_value) {
  if (n < kLowBelow) return Confidence::low;
  return n >= kHighFrom && p_value <= kHighP ? Confidence::high : Confidence::medium;
}

// What is measured of a run.
enum class Metric { duration, vramPeak, queueWait, successRate };
BOOST_DESCRIBE_ENUM(Metric, duration, vramPeak, queueWait, successRate)

// The unit of a number that stands beside it. ratio: 1 is "as usual"; rate: 0-1.
enum class Unit { ms, bytes, ratio, rate };
BOOST_DESCRIBE_ENUM(Unit, ms, bytes, ratio, rate)

[[nodiscard]] constexpr Unit unit_of(Metric metric) {
  if (metric == Metric::successRate) return Unit::rate;
  return metric == Metric::vramPeak ? Unit::bytes : Unit::ms;
}

}  // namespace comfytrace::insight
