#include "history/columns/time_parts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

// A block that lies in at most so many times is divided by masks.
constexpr std::size_t kFewTimes = 6;

std::int64_t longest_ms(GroupBy group_by) {
  constexpr std::int64_t kHour_ms = 3'600'000;
  return kHour_ms * (group_by == GroupBy::hour   ? 1
                     : group_by == GroupBy::day  ? 24
                     : group_by == GroupBy::week ? 24 * 7
                                                 : 24 * 31);
}

}  // namespace

TimeParts::TimeParts(const Chunk& chunk, const SharedFacts& shared, GroupBy group_by, std::int64_t utc_offset_ms)
    : chunk_(chunk),
      cube_(chunk.cube.get()),
      group_by_(group_by),
      utc_offset_ms_(utc_offset_ms),
      outcomes_(outcomes_of(chunk, shared)) {}

std::int64_t TimeParts::start_of(std::int64_t at_ms) const {
  return bucket_start(group_by_, at_ms, utc_offset_ms_);
}

void TimeParts::add(const RowBlock& block) {
  matching_ += block.matching;
  const std::uint32_t number = block.begin / kBlockRows;
  const std::int64_t oldest_ms = chunk_.oldest_ms[number].load(std::memory_order_relaxed);
  const std::int64_t newest_ms = chunk_.newest_ms[number].load(std::memory_order_relaxed);
  constexpr std::int64_t kFar_ms = 8'000'000'000'000'000;  // somewhere beyond this all moments are taken for one
  if (oldest_ms < -kFar_ms || newest_ms > kFar_ms) return add_by_many_times(block);
  std::array<std::int64_t, kFewTimes> starts_ms;
  std::size_t times = 0;
  for (std::int64_t at_ms = start_of(oldest_ms); at_ms <= newest_ms; at_ms = start_of(at_ms + longest_ms(group_by_))) {
    if (times == kFewTimes || (times > 0 && at_ms <= starts_ms[times - 1])) return add_by_many_times(block);
    starts_ms[times++] = at_ms;
  }
  if (cube_ && cube_->in_order[number] != 0) return add_in_order(block, std::span(starts_ms).first(times));
  // The newest are taken out, one time after another; what is left is of the first.
  std::array<std::uint8_t, kBlockRows> left;
  std::array<std::uint8_t, kBlockRows> later;
  if (times > 1) std::memcpy(left.data(), block.keep, block.count);
  for (std::size_t i = times; i-- > 1;) {
    std::memcpy(later.data(), left.data(), block.count);
    mask_between(chunk_.created_at_ms.get() + block.begin, block.count, starts_ms[i],
                 std::numeric_limits<std::int64_t>::max(), later.data());
    for (std::uint32_t row = 0; row < block.count; ++row) left[row] ^= later[row];
    add_part(starts_ms[i], block.begin, block.count, later.data());
  }
  add_part(starts_ms[0], block.begin, block.count, times > 1 ? left.data() : block.keep);
}

// Each time's rows stand side by side.
void TimeParts::add_in_order(const RowBlock& block, std::span<const std::int64_t> starts_ms) {
  const std::int64_t* created = chunk_.created_at_ms.get() + block.begin;
  std::uint32_t end = block.count;
  for (std::size_t i = starts_ms.size(); i-- > 0;) {
    const std::uint32_t begin =
        i == 0 ? 0 : static_cast<std::uint32_t>(std::lower_bound(created, created + end, starts_ms[i]) - created);
    if (begin < end) add_part(starts_ms[i], block.begin + begin, end - begin, block.keep + begin);
    end = begin;
  }
}

void TimeParts::add_part(std::int64_t from_ms, std::uint32_t begin, std::uint32_t count, const std::uint8_t* keep) {
  Part part{from_ms, begin, count, count_kept(keep, count)};
  if (part.matching == 0) return;
  // Runs mostly come in order: those of one time stand side by side.
  const auto place_of = [&](const void* at) {
    return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(at) - keep);
  };
  const std::uint32_t first = place_of(std::memchr(keep, 1, count));
  part.count = place_of(memrchr(keep, 1, count)) + 1;
  part.begin += first;
  part.count -= first;
  keep += first;
  // Where most match, it takes less time to pass over the others than to pick out these.
  part.is_list = part.matching * 2 < part.count;
  if (part.is_list) {
    part.at = static_cast<std::uint32_t>(lists_.size());
    lists_.resize(part.at + part.count);
    lists_.resize(part.at + list_kept(keep, part.count, part.begin, lists_.data() + part.at));
  } else if (part.matching < part.count) {
    if (masks_.empty()) masks_.reserve(kChunkRows);
    part.at = static_cast<std::uint32_t>(masks_.size());
    masks_.insert(masks_.end(), keep, keep + part.count);
  }
  parts_.push_back(part);
}

void TimeParts::add_by_many_times(const RowBlock& block) {
  const std::int64_t* created = chunk_.created_at_ms.get();
  std::array<std::uint16_t, kBlockRows> rows;
  std::array<std::uint32_t, kBlockRows> time_of;
  const auto list = block.list(rows.data());
  std::unordered_map<std::int64_t, std::uint32_t> numbers;
  std::vector<Part> parts;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::int64_t from_ms = start_of(created[list[i]]);
    if (parts.empty() || parts[last].from_ms != from_ms) {
      const auto [at, is_new] = numbers.try_emplace(from_ms, static_cast<std::uint32_t>(parts.size()));
      if (is_new) parts.push_back({from_ms, list[i], 0, 0, 0, true});
      last = at->second;
    }
    time_of[i] = last;
    ++parts[last].matching;
  }
  auto end = static_cast<std::uint32_t>(lists_.size());
  for (Part& part : parts) part.at = std::exchange(end, end + part.matching);
  lists_.resize(end);
  std::vector<std::uint32_t> next;
  next.reserve(parts.size());
  for (const Part& part : parts) next.push_back(part.at);
  for (std::size_t i = 0; i < list.size(); ++i) lists_[next[time_of[i]]++] = list[i];
  std::ranges::sort(parts, std::greater(), &Part::from_ms);
  parts_.insert(parts_.end(), parts.begin(), parts.end());
}

void TimeParts::add_to(GroupTally& tally, const Part& part, RowBuffer& few, const ExactBudget& budget) const {
  if (part.is_list) {
    if (few.size() + part.matching > kBlockRows) settle(tally, few, budget);
    return few.append(chunk_, std::span(lists_).subspan(part.at, part.matching), budget.measures);
  }
  tally.add({chunk_.duration_ms.get() + part.begin, chunk_.queue_wait_ms.get() + part.begin,
             peaks_of(chunk_, part.begin), chunk_.outcome.rows() + part.begin,
             part.matching == part.count ? all_kept() : masks_.data() + part.at, part.count, part.matching},
            *outcomes_, budget);
}

void TimeParts::bound(TallyBounds& bounds, const Part& part, const RowReach& reach) const {
  if (part.is_list) return bounds.add(chunk_, std::span(lists_).subspan(part.at, part.matching), *outcomes_, &reach);
  RowBlock block;
  block.chunk = &chunk_;
  block.begin = part.begin;
  block.count = part.count;
  block.matching = part.matching;
  block.keep = part.matching == part.count ? all_kept() : masks_.data() + part.at;
  bounds.add(block, *outcomes_, &reach);
}

void TimeParts::settle(GroupTally& tally, RowBuffer& few, const ExactBudget& budget) const {
  few.add_to(tally, 0, few.size(), *outcomes_, budget);
  few.clear();
}

}  // namespace comfytrace::history::columns
