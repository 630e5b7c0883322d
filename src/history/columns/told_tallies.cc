#include "history/columns/told_tallies.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace comfytrace::history::columns {

ToldTallies::ToldTallies(const LabelGroups& groups, const ToldGroups& told, const SharedFacts& shared)
    : groups_(groups), told_(told), shared_(shared), tallies_(told.size()), end_(told.size()) {
  if (groups.are_kinds()) told.each([&](std::uint32_t group) { kinds_.push_back(group); });
  for (std::uint32_t kind = 0; kind < groups.kinds() && !groups.are_kinds(); ++kind) {
    bool is_told = false;
    groups.each_of(kind, [&](std::uint32_t group) { is_told |= told.has(group); });
    if (is_told) kinds_.push_back(kind);
  }
  kinds_.push_back(LabelGroups::kNone);
}

void ToldTallies::add(const Chunk& chunk, const LabelPart& part) {
  if (part.list) return add_listed(chunk, part);
  is_told_.assign(part.kinds.size(), 0);
  for (std::size_t i = 0; i < part.kinds.size(); ++i)
    each_place(part.kinds[i], part.apart, [&](std::uint32_t) { is_told_[i] = 1; });
  rows_.clear();
  const std::uint16_t* locals = chunk.label.rows();
  for (const std::uint16_t row : part.rows) {
    if (is_told_[locals[row]]) rows_.push_back(row);
  }
  if (rows_.empty()) return;
  sort(locals, part);
  const auto outcomes = outcomes_of(chunk, shared_);
  // First in the order of the chunk: so each of its values is fetched once.
  in_order_.clear();
  in_order_.append(chunk, rows_);
  buffer_.clear();
  buffer_.append(in_order_, sorted_);
  std::uint32_t begin = 0;
  for (const std::uint32_t place : met_) {
    buffer_.add_to(tallies_[place], begin, end_[place] - begin, *outcomes, told_.budget(place));
    begin = std::exchange(end_[place], 0);
  }
}

// By counting; the rows of each group then stand side by side, and `end_` tells to where.
void ToldTallies::sort(const std::uint16_t* locals, const LabelPart& part) {
  met_.clear();
  std::uint32_t places = 0;
  for (const std::uint16_t row : rows_) {
    each_place(part.kinds[locals[row]], part.apart, [&](std::uint32_t place) {
      if (end_[place]++ == 0) met_.push_back(place);
      ++places;
    });
  }
  sorted_.resize(places);
  std::uint32_t begin = 0;
  for (const std::uint32_t place : met_) begin += std::exchange(end_[place], begin);
  for (std::size_t i = 0; i < rows_.size(); ++i)
    each_place(part.kinds[locals[rows_[i]]], part.apart,
               [&](std::uint32_t place) { sorted_[end_[place]++] = static_cast<std::uint16_t>(i); });
}

void ToldTallies::add_listed(const Chunk& chunk, const LabelPart& part) {
  take_matches(part);
  if (ranges_.empty()) return;
  const auto outcomes = outcomes_of(chunk, shared_);
  in_order_.clear();
  if (!part.measures) in_order_.append(chunk, rows_);
  const RowBuffer& from = part.measures ? *part.measures : in_order_;
  // A group may be of several kinds.
  if (!groups_.are_kinds()) std::ranges::stable_sort(ranges_, {}, &Range::place);
  for (std::size_t i = 0; i < ranges_.size();) {
    const Range& first = ranges_[i];
    const std::size_t begin = i;
    while (i < ranges_.size() && ranges_[i].place == first.place) ++i;
    if (i == begin + 1) {
      from.add_to(tallies_[first.place], first.begin, first.count, *outcomes, told_.budget(first.place));
      continue;
    }
    buffer_.clear();
    for (std::size_t k = begin; k < i; ++k) buffer_.append(from, ranges_[k].begin, ranges_[k].count);
    buffer_.add_to(tallies_[first.place], 0, buffer_.size(), *outcomes, told_.budget(first.place));
  }
}

// The rows of the list that match and are in a group that is told, and which of them each group has: by where they
// stand among these, or, where all measures are at hand, among all that match.
void ToldTallies::take_matches(const LabelPart& part) {
  constexpr std::size_t kBits = 64;
  const auto rows = part.list->rows();
  const auto steps = part.list->steps();
  rows_.clear();
  ranges_.clear();
  std::uint32_t kind = 0;
  auto told = kinds_.begin();
  std::size_t word = 0;
  std::uint32_t before_word = 0;  // so many match
  const auto matching_before = [&](std::size_t i) {
    for (; word < i / kBits; ++word) before_word += static_cast<std::uint32_t>(std::popcount(part.matches[word]));
    return before_word +
           static_cast<std::uint32_t>(std::popcount(part.matches[word] & ((std::uint64_t{1} << i % kBits) - 1)));
  };
  for (std::size_t i = 0; i < rows.size();) {
    // Few kinds are told: most of the list has none of them.
    if (i % kBits == 0 && part.last_kinds[i / kBits] < *told) {
      kind = part.last_kinds[i / kBits];
      i += kBits;
      continue;
    }
    kind += steps[i];
    if (kind < *told) [[likely]] {
      ++i;
      continue;
    }
    while (*told < kind) ++told;
    if (*told > kind || steps[i] == LabelRows::kNoRow) {
      ++i;
      continue;
    }
    const auto before = static_cast<std::uint32_t>(rows_.size());
    const std::uint32_t begin = part.measures ? matching_before(i) : before;
    do {
      if ((part.matches[i / kBits] >> i % kBits & 1) != 0) rows_.push_back(rows[i]);
    } while (++i < rows.size() && steps[i] == 0);
    const auto count = static_cast<std::uint32_t>(rows_.size()) - before;
    if (count == 0) continue;
    each_place(kind, part.apart, [&](std::uint32_t place) { ranges_.push_back({place, begin, count}); });
  }
}

}  // namespace comfytrace::history::columns
