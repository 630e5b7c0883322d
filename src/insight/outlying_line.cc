#include "insight/outlying_line.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "insight/stats/outlier.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

// Some values in ascending order.
class Sorted {
 public:
  explicit Sorted(std::span<const double> values) : values_(values.begin(), values.end()) {
    std::ranges::sort(values_);
  }
  void add(double value) { values_.insert(std::ranges::upper_bound(values_, value), value); }
  // The same, but that one with another value goes.
  void add_for(double value, double old) {
    const auto gap = std::ranges::lower_bound(values_, old);
    const auto at = std::ranges::upper_bound(values_, value);
    if (gap < at) {
      std::copy(gap + 1, at, gap);
      *(at - 1) = value;
    } else {
      std::copy_backward(at, gap, gap + 1);
      *at = value;
    }
  }
  [[nodiscard]] std::span<const double> values() const { return values_; }

 private:
  std::vector<double> values_;
};

}  // namespace

OutlyingLine::OutlyingLine(std::vector<double> values, std::size_t limit, std::size_t needs)
    : values_(std::move(values)),
      limit_(limit),
      needs_(needs),
      all_positive_(std::ranges::all_of(values_, [](double of) { return of > 0; })) {}

void OutlyingLine::prepare(std::span<const std::size_t> begins, std::size_t last) {
  last = std::min(last, values_.size());
  if (begins.empty() || begins.front() > last) return;
  first_ = begins.front();
  windows_.assign(last - first_ + 1, {});
  Sorted sorted(others(last));
  for (std::size_t begin = last;; --begin) {
    Window& window = windows_[begin - first_];
    if (sorted.values().size() >= needs_) window.median = stats::quantile_of_sorted(sorted.values(), 0.5);
    while (!begins.empty() && begins.back() > begin) begins = begins.first(begins.size() - 1);
    if (!begins.empty() && begins.back() == begin) window.logs = logs_of(sorted.values());
    if (begin == first_) return;
    if (sorted.values().size() == limit_) {
      sorted.add_for(values_[begin - 1], others(begin).back());
    } else {
      sorted.add(values_[begin - 1]);
    }
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
  if (!window || !all_positive_ || value <= 0) return std::nullopt;
  // Few of those between what is asked about are ever looked at.
  if (!window->logs) window->logs = logs_of(Sorted(others(begin)).values());
  if (!window->logs || window->logs->mad <= 0) return std::nullopt;
  return window->logs;
}

std::optional<stats::RobustScale> OutlyingLine::logs_of(std::span<const double> ascending) const {
  if (!all_positive_ || ascending.size() < needs_) return std::nullopt;
  logs_.resize(ascending.size());
  std::ranges::transform(ascending, logs_.begin(), [](double of) { return std::log(of); });
  stats::RobustScale scale{logs_.size(), stats::quantile_of_sorted(logs_, 0.5), 0, 0};
  scale.mad = stats::mad_of_sorted(logs_, scale.median);
  return scale;
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
