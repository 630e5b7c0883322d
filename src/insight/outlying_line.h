#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "insight/outlying.h"

namespace comfytrace::insight {

// Values of one kind, newest first, of which many are judged by outlying() against up to `limit` of those behind them.
// What neighbours have in common is worked out once. One thread.
class OutlyingLine {
 public:
  // needs >= 5.
  OutlyingLine(std::vector<double> values, std::size_t limit, std::size_t needs);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  // Gets ready for others that begin at any of `begins`, which ascend, and for the medians of those between them and up
  // to `last`.
  void prepare(std::span<const std::size_t> begins, std::size_t last);
  // The others that begin at `begin`.
  [[nodiscard]] std::span<const double> others(std::size_t begin) const;
  // Of those the median. std::nullopt: they are fewer than it takes.
  [[nodiscard]] std::optional<double> median(std::size_t begin) const;
  // Of `value` against those.
  [[nodiscard]] std::optional<Outlying> place(double value, std::size_t begin) const;
  [[nodiscard]] bool stands_out(double value, std::size_t begin) const;  // place()'s

 private:
  struct Window {
    double median = 0;
    mutable std::optional<stats::RobustScale> logs;  // once they are asked for
  };
  [[nodiscard]] const Window* window_at(std::size_t begin) const;
  // Of the logs of the others that begin at `begin`; std::nullopt: they are not what a value is judged by, or not
  // known.
  [[nodiscard]] std::optional<stats::RobustScale> log_scale(double value, std::size_t begin) const;
  // Of their logs; std::nullopt: they are too few, or have none.
  [[nodiscard]] std::optional<stats::RobustScale> logs_of(std::span<const double> ascending) const;

  std::vector<double> values_;
  std::size_t limit_;
  std::size_t needs_;
  bool all_positive_ = true;
  std::size_t first_ = 0;
  std::vector<Window> windows_;  // those that begin at first_ and after it
  mutable std::vector<double> logs_;
};

}  // namespace comfytrace::insight
