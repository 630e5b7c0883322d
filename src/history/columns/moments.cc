#include "history/columns/moments.h"

#include <algorithm>
#include <array>

namespace comfytrace::history::columns {

void Moments::add(std::span<const std::int64_t> values) {
  constexpr std::size_t kAtOnce = 32'768;
  constexpr std::int64_t kSmall = std::int64_t{1} << 46;  // so many of those cannot overflow
  for (; values.size() > kAtOnce; values = values.subspan(kAtOnce)) add(values.first(kAtOnce));
  if (values.empty()) return;
  if (n == 0) pivot = min = max = values.front();
  std::int64_t least = values.front();
  std::int64_t most = least;
  for (const std::int64_t value : values) {
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  min = std::min(min, least);
  max = std::max(max, most);
  if (least > -kSmall && most < kSmall) {
    std::int64_t small_sum = 0;
    for (const std::int64_t value : values) small_sum += value;
    sum += small_sum;
  } else {
    for (const std::int64_t value : values) sum += value;
  }
  // Four sums that do not wait for each other.
  const auto from = static_cast<double>(pivot);
  std::array<double, 4> of{};
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      const double distance = static_cast<double>(values[i + k]) - from;
      of[k] += distance * distance;
    }
  }
  for (; i < values.size(); ++i) {
    const double distance = static_cast<double>(values[i]) - from;
    of[0] += distance * distance;
  }
  squares += (of[0] + of[1]) + (of[2] + of[3]);
  n += static_cast<std::int64_t>(values.size());
}

void Moments::add(const ValueSums& sums) {
  if (sums.n == 0) return;
  if (n == 0) min = max = pivot;
  min = std::min(min, sums.min);
  max = std::max(max, sums.max);
  sum += sums.sum + static_cast<Wide>(sums.n) * pivot;
  squares += sums.squares;
  n += sums.n;
}

void Moments::merge(const Moments& other) {
  if (other.n == 0) return;
  if (n == 0) {
    *this = other;
    return;
  }
  const double shift = static_cast<double>(other.pivot) - static_cast<double>(pivot);
  const auto about_other = static_cast<double>(other.sum - static_cast<Wide>(other.n) * other.pivot);
  squares += other.squares + 2 * shift * about_other + static_cast<double>(other.n) * shift * shift;
  n += other.n;
  sum += other.sum;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

}  // namespace comfytrace::history::columns
