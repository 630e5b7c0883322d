#pragma once

#include <boost/describe.hpp>

// The shapes and the rule that every file of this folder shares.
//
// Functions here are pure: no clock, no I/O, no random seed but a fixed one, so the same values give the same answer on
// every machine. They take plain values in one unit (whatever it is: ms, bytes, a rate) and answer in it. The values
// are finite and none is missing: a caller leaves missing ones out and says how many. A value that is not finite is a
// fault of ours (CHECK). Too few values is no fault: the answer is std::nullopt, and a function `..._needs` says how
// many. Every definition with its source: docs/statistics.md. Any thread.
namespace comfytrace::insight::stats {

constexpr double kLevel = 0.95;  // of intervals, where a caller names none

// A closed interval and how often it holds the truth by its own rule, 0-1 (that can be more than what was asked for).
struct Interval {
  double low = 0;
  double high = 0;
  double level = kLevel;

  [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
  friend bool operator==(const Interval&, const Interval&) = default;
};
BOOST_DESCRIBE_STRUCT(Interval, (), (low, high, level))

}  // namespace comfytrace::insight::stats
