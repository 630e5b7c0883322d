#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "history/columns/label_count.h"
#include "history/columns/label_groups.h"
#include "history/columns/row_buffer.h"

namespace comfytrace::history::columns {

// The groups of statistics by label that are told, by their place among them.
class ToldGroups {
 public:
  // Of so many groups.
  explicit ToldGroups(std::size_t groups) : place_of_(new std::uint32_t[groups]), bits_(groups / 64 + 1) {}

  void add(std::uint32_t group, const ExactBudget& budget) {
    place_of_[group] = static_cast<std::uint32_t>(budgets_.size());
    bits_[group / 64] |= std::uint64_t{1} << group % 64;
    budgets_.push_back(budget);
  }
  [[nodiscard]] std::size_t size() const { return budgets_.size(); }
  [[nodiscard]] bool has(std::uint32_t group) const { return (bits_[group / 64] >> group % 64 & 1) != 0; }
  // Ascending.
  template <class Each>
  void each(const Each& each) const {
    for (std::uint32_t i = 0; i < bits_.size(); ++i) {
      for (std::uint64_t left = bits_[i]; left != 0; left &= left - 1)
        each(i * 64 + static_cast<std::uint32_t>(std::countr_zero(left)));
    }
  }
  // LabelGroups::kNone: it is not told.
  [[nodiscard]] std::uint32_t place_of(std::uint32_t group) const {
    return has(group) ? place_of_[group] : LabelGroups::kNone;
  }
  [[nodiscard]] const ExactBudget& budget(std::size_t place) const { return budgets_[place]; }

 private:
  // Of the groups that are told: there is room for all, most of which is never touched.
  std::unique_ptr<std::uint32_t[]> place_of_;
  std::vector<std::uint64_t> bits_;
  std::vector<ExactBudget> budgets_;
};

// Tallies of the groups that are told, of the rows of some chunks. One thread's part.
class ToldTallies {
 public:
  // All must outlive this.
  ToldTallies(const LabelGroups& groups, const ToldGroups& told, const SharedFacts& shared);

  // What was remembered of the chunk.
  void add(const Chunk& chunk, const LabelPart& part);
  [[nodiscard]] GroupTally& at(std::size_t place) { return tallies_[place]; }

 private:
  // Rows that stand side by side in the buffer, and are of one group.
  struct Range {
    std::uint32_t place;
    std::uint32_t begin;
    std::uint32_t count;
  };
  template <class Each>
  void each_place(std::uint32_t kind, std::uint32_t apart, const Each& each) const {
    groups_.each_of(kind, [&](std::uint32_t group) {
      if (told_.has(group) && group != apart) each(told_.place_of(group));
    });
  }
  void add_listed(const Chunk& chunk, const LabelPart& part);
  void take_matches(const LabelPart& part);
  void sort(const std::uint16_t* locals, const LabelPart& part);

  const LabelGroups& groups_;
  const ToldGroups& told_;
  const SharedFacts& shared_;
  std::vector<GroupTally> tallies_;
  std::vector<std::uint32_t> kinds_;  // those that are in such a group, ascending; then kNone
  std::vector<std::uint32_t> end_;    // by place; else zero
  std::vector<std::uint32_t> met_;
  std::vector<std::uint8_t> is_told_;
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> sorted_;  // as places among rows_
  std::vector<Range> ranges_;
  RowBuffer in_order_;
  RowBuffer buffer_;
};

}  // namespace comfytrace::history::columns
