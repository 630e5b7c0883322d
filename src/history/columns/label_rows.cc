#include "history/columns/label_rows.h"

#include <algorithm>

#include "history/columns/chunk.h"
#include "history/columns/label_groups.h"

namespace comfytrace::history::columns {

LabelRows::LabelRows(std::span<const std::uint16_t> locals, std::span<const std::uint32_t> kinds,
                     std::span<const std::uint8_t> is_listed)
    : is_none_(false) {
  std::vector<std::uint32_t> order;  // the kinds, ascending
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (is_listed[i] != 0) order.push_back(kinds[i]);
  }
  std::ranges::sort(order);
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::vector<std::uint32_t> place_of(kinds.size());  // in that order
  for (std::size_t i = 0; i < kinds.size(); ++i)
    place_of[i] = static_cast<std::uint32_t>(std::ranges::lower_bound(order, kinds[i]) - order.begin());
  std::vector<std::uint32_t> end(order.size() + 1);
  for (const std::uint16_t local : locals) {
    if (is_listed[local] != 0) ++end[place_of[local] + 1];
  }
  // Room for the steps without a row, too.
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (end[i + 1] == 0) {
      end[i + 1] = end[i];
      continue;
    }
    const std::uint32_t more = (order[i] - last) / kNoRow;
    steps_.resize(end[i] + more, kNoRow);
    steps_.push_back(static_cast<std::uint8_t>((order[i] - last) % kNoRow));
    const std::uint32_t begin = end[i] + more;
    steps_.resize(begin + end[i + 1], 0);
    end[i + 1] += begin;
    end[i] = begin;
    last = order[i];
  }
  rows_.resize(steps_.size());
  steps_.shrink_to_fit();
  for (std::size_t row = 0; row < locals.size(); ++row) {
    if (is_listed[locals[row]] != 0) rows_[end[place_of[locals[row]]]++] = static_cast<std::uint16_t>(row);
  }
}

std::shared_ptr<const LabelRows> label_rows_of(const Chunk& chunk, const LabelGroups& groups, std::uint32_t nameless) {
  const auto& slot = groups.are_kinds() ? chunk.story_rows : chunk.tag_rows;
  auto kept = slot.get();
  if (!kept) {
    const auto& labels = chunk.label.locals();
    std::vector<std::uint32_t> kinds;
    std::vector<std::uint8_t> is_listed;
    bool are_in_both = false;
    labels.each_of_first(labels.size(), [&](std::uint32_t label) {
      bool is_nameless = false;
      bool has_name = false;
      groups.each_of(kinds.emplace_back(groups.kind_of(label)),
                     [&](std::uint32_t group) { (group == nameless ? is_nameless : has_name) = true; });
      is_listed.push_back(has_name);
      are_in_both |= is_nameless && has_name;
    });
    kept = std::make_shared<const LabelRows>(
        are_in_both ? LabelRows() : LabelRows(std::span(chunk.label.rows(), kChunkRows), kinds, is_listed));
    slot.put(kept);
  }
  return kept;
}

}  // namespace comfytrace::history::columns
