#include "history/columns/nth_values.h"

#include <algorithm>

namespace comfytrace::history::columns {
namespace {

using Values = std::span<std::int64_t>;

// So few are sorted.
constexpr std::size_t kFew = 20;
// A division that leaves more than this share on one side was unlucky.
constexpr std::size_t kUnluckyShare = 8;
constexpr int kMostUnlucky = 6;

std::int64_t middle_of(std::int64_t a, std::int64_t b, std::int64_t c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

std::int64_t pivot_of(Values values) {
  const std::size_t step = values.size() / 8;
  const auto at = [&](std::size_t i) { return values[i * step]; };
  return middle_of(middle_of(at(0), at(3), at(6)), middle_of(at(1), at(4), at(7)), middle_of(at(2), at(5), at(7)));
}

class Finder {
 public:
  explicit Finder(std::size_t room) : others_(room) {}

  // `places` are those of `values` in the sorted order, from `begin` on.
  void find(Values values, std::int64_t begin, std::span<const std::int64_t> places) {
    while (!places.empty() && values.size() > kFew && unlucky_ < kMostUnlucky) {
      const std::int64_t pivot = pivot_of(values);
      std::size_t less = divide(values, [pivot](std::int64_t value) { return value < pivot; });
      if (less == 0) {
        // None is less than the pivot: those that equal it are in place.
        less = divide(values, [pivot](std::int64_t value) { return value == pivot; });
        if (less < values.size() / kUnluckyShare) ++unlucky_;
        places = places.subspan(count_below(places, begin + static_cast<std::int64_t>(less)));
      } else {
        if (std::min(less, values.size() - less) < values.size() / kUnluckyShare) ++unlucky_;
        const std::size_t left = count_below(places, begin + static_cast<std::int64_t>(less));
        find(values.first(less), begin, places.first(left));
        places = places.subspan(left);
      }
      values = values.subspan(less);
      begin += static_cast<std::int64_t>(less);
    }
    if (!places.empty()) std::ranges::sort(values);
  }

 private:
  static std::size_t count_below(std::span<const std::int64_t> places, std::int64_t end) {
    return static_cast<std::size_t>(std::ranges::lower_bound(places, end) - places.begin());
  }
  // Those that are to come first, first; returns how many. Without branches: each value is written to both sides, and
  // stays on one.
  template <class ComesFirst>
  std::size_t divide(Values values, ComesFirst&& comes_first) {
    std::int64_t* first = values.data();
    std::int64_t* other = others_.data();
    for (const std::int64_t value : values) {
      const auto is_first = static_cast<std::ptrdiff_t>(comes_first(value));
      *first = value;
      *other = value;
      first += is_first;
      other += 1 - is_first;
    }
    std::copy(others_.data(), other, first);
    return static_cast<std::size_t>(first - values.data());
  }

  std::vector<std::int64_t> others_;
  int unlucky_ = 0;
};

}  // namespace

void put_nth_values(std::vector<std::int64_t>& values, std::span<const std::int64_t> places) {
  Finder(values.size()).find(values, 0, places);
}

}  // namespace comfytrace::history::columns
