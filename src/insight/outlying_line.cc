#include "insight/outlying_line.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

// Some values in ascending order, and their logs.
class Sorted {
 public:
  void add(double value) {
    const auto at = std::ranges::upper_bound(values_, value) - values_.begin();
    values_.insert(values_.begin() + at, value);
    logs_.insert(logs_.begin() + at, std::log(value));
  }
  void remove(double value) {
    const auto at = std::ranges::lower_bound(values_, value) - values_.begin();
    values_.erase(values_.begin() + at);
    logs_.erase(logs_.begin() + at);
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] double median() const { return stats::quantile_of_sorted(values_, 0.5); }
  [[nodiscard]] double log_median() const { return stats::quantile_of_sorted(logs_, 0.5); }
  [[nodiscard]] double log_mad(double median) { return stats::mad_of_sorted(logs_, median, off_); }

 private:
  std::vector<double> values_;
  std::vector<double> logs_;
  std::vector<double> off_;
};

}  // namespace

OutlyingLine::OutlyingLine(std::vector<double> values, std::size_t limit, std::size_t needs)
    : values_(std::move(values)),
      limit_(limit),
      needs_(needs),
      all_positive_(std::ranges::all_of(values_, [](double of) { return of > 0; })) {}

void OutlyingLine::prepare(std::size_t from, std::size_t last) {
  last = std::min(last, values_.size());
  if (from > last) return;
  first_ = from;
  windows_.resize(last - from + 1);
  Sorted sorted;
  for (const double value : others(last)) sorted.add(value);
  for (std::size_t begin = last;; --begin) {
    Window& window = windows_[begin - from];
    if (sorted.size() >= needs_) {
      window.median = sorted.median();
      if (all_positive_) {
        window.log_median = sorted.log_median();
        window.log_mad = sorted.log_mad(window.log_median);
      }
    }
    if (begin == from) return;
    if (sorted.size() == limit_) sorted.remove(others(begin).back());
    sorted.add(values_[begin - 1]);
  }
}

std::span<const double> OutlyingLine::others(std::size_t begin) const {
  const std::size_t from = std::min(begin, values_.size());
  return std::span(values_).subspan(from, std::min(limit_, values_.size() - from));
}

const OutlyingLine::Window* OutlyingLine::window_at(std::size_t begin) const {
  return begin >= first_ && begin - first_ < windows_.size() ? &windows_[begin - first_] : nullptr;
}

std::optional<double> OutlyingLine::median(std::size_t begin) const {
  const auto of = others(begin);
  if (of.size() < needs_) return std::nullopt;
  if (const Window* window = window_at(begin)) return window->median;
  return stats::median(of);
}

std::optional<stats::RobustScale> OutlyingLine::log_scale(double value, std::size_t begin) const {
  const Window* window = window_at(begin);
  if (!window || !all_positive_ || value <= 0 || window->log_mad <= 0) return std::nullopt;
  return stats::RobustScale{others(begin).size(), window->log_median, window->log_mad, 0};
}

std::optional<Outlying> OutlyingLine::place(double value, std::size_t begin) const {
  const auto of = others(begin);
  if (of.size() < needs_) return std::nullopt;
  if (const auto scale = log_scale(value, begin)) return outlying(value, of, window_at(begin)->median, true, *scale);
  return outlying(value, of, static_cast<std::int64_t>(needs_));
}

bool OutlyingLine::stands_out(double value, std::size_t begin) const {
  // What lies within the scatter, as most does, needs no more than that.
  if (const auto scale = log_scale(value, begin); scale && !stats::is_outlier(std::log(value), *scale).value_or(false))
    return false;
  const auto placed = place(value, begin);
  return placed && placed->stands_out;
}

}  // namespace comfytrace::insight
