#include "insight/stats/rank_select.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "insight/stats/double_order.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::size_t kFew = 32'768;    // below, counting costs more than it saves
constexpr std::size_t kFewest = 4'096;  // below, a sample does too
constexpr std::size_t kClose = 100;     // ranks apart by such a part of all are close to one another
constexpr int kShift = 64 - 16;         // sign, exponent and 4 bits more
constexpr std::size_t kBuckets = 65'536;

double select(std::span<double> values, std::size_t rank) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Each leaves the larger values behind it, where the next one looks.
std::vector<double> select_all(std::span<double> values, std::span<const std::size_t> ranks) {
  std::vector<std::size_t> order(ranks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return ranks[i]; });
  std::vector<double> found(ranks.size());
  std::size_t from = 0;
  for (const std::size_t i : order) {
    // Of equal ranks the first has put its value there.
    if (ranks[i] >= from) select(values.subspan(from), ranks[i] - from);
    found[i] = values[ranks[i]];
    from = ranks[i] + 1;
  }
  return found;
}

// The values at ranks close to one another, out of those between two bounds that a sample gives. Empty: they are not
// all there.
std::vector<double> select_near(std::span<double> values, std::span<const std::size_t> ranks) {
  constexpr std::size_t kSample = 1'024;
  constexpr std::size_t kOff = 48;  // three standard deviations at the least
  std::vector<double> some(kSample);
  for (std::size_t i = 0; i < kSample; ++i) some[i] = values[i * values.size() / kSample];
  const auto [least, most] = std::ranges::minmax(ranks);
  const std::size_t low = least * kSample / values.size();
  const std::size_t high = most * kSample / values.size();
  const double from = select(some, low - std::min(low, kOff));
  const double to = select(some, std::min(high + kOff, kSample - 1));
  // Those between come first, without a branch.
  std::size_t below = 0;
  std::size_t count = 0;
  for (double& at : values) {
    const double value = std::exchange(at, values[count]);
    values[count] = value;
    count += static_cast<std::size_t>((value >= from) & (value <= to));
    below += static_cast<std::size_t>(value < from);
  }
  std::vector<double> found;
  if (least < below || most >= below + count) return found;
  if (from == to) return std::vector<double>(ranks.size(), from);
  std::vector<std::size_t> among(ranks.begin(), ranks.end());
  for (std::size_t& rank : among) rank -= below;
  return select_all(values.first(count), among);
}

}  // namespace

std::vector<double> values_at_ranks(std::span<double> values, std::span<const std::size_t> ranks) {
  CHECK(ranks.size() < 256);
  CHECK(std::all_of(ranks.begin(), ranks.end(), [&](std::size_t rank) { return rank < values.size(); }));
  std::vector<double> found;
  if (ranks.empty()) return found;
  const auto [least, most] = std::ranges::minmax(ranks);
  if (values.size() >= kFewest && most - least <= values.size() / kClose) {
    if (found = select_near(values, ranks); !found.empty()) return found;
  }
  if (values.size() < kFew) return select_all(values, ranks);
  std::vector<std::uint32_t> counts(kBuckets, 0);
  for (const double value : values) ++counts[to_order(value) >> kShift];
  // The buckets that are wanted, and in one more pass what lies in them.
  std::vector<std::uint8_t> slot_of(kBuckets, 0);
  std::vector<std::vector<double>> slots(1);
  struct Wanted {
    std::size_t rank;
    std::size_t slot;
    std::size_t in_slot;
  };
  std::vector<Wanted> wanted;  // by rank
  std::vector<std::size_t> ascending(ranks.begin(), ranks.end());
  std::ranges::sort(ascending);
  std::size_t at = 0;
  std::size_t before = 0;  // values in the buckets before `at`
  for (const std::size_t rank : ascending) {
    while (before + counts[at] <= rank) before += counts[at++];
    if (slot_of[at] == 0) {
      slot_of[at] = static_cast<std::uint8_t>(slots.size());
      slots.emplace_back().reserve(counts[at]);
    }
    wanted.push_back({rank, slot_of[at], rank - before});
  }
  for (const double value : values) {
    const std::uint8_t slot = slot_of[to_order(value) >> kShift];
    if (slot != 0) slots[slot].push_back(value);
  }
  for (const std::size_t rank : ranks) {
    const auto of = std::ranges::lower_bound(wanted, rank, {}, &Wanted::rank);
    found.push_back(select(slots[of->slot], of->in_slot));
  }
  return found;
}

}  // namespace comfytrace::insight::stats
