#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/columns/group_keys.h"
#include "history/columns/key_buffers.h"
#include "history/columns/row_buffer.h"
#include "history/columns/row_scan.h"
#include "history/columns/tally.h"
#include "history/columns/tally_bounds.h"

namespace comfytrace::history::columns {

// Gathers the tallies of some of the rows of a snapshot; not by time.
class Gatherer {
 public:
  // `query`, and the snapshot's store, must outlive this. Not by story or tag.
  Gatherer(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, ExactBudget budget);

  // What is added of what is told here: with `groups` the total is told by others, to merge_total().
  enum class Of { all, groups };
  void add(const RowBlock& block, Of of = Of::all);
  void add(const RunFacts& facts);
  void add(const ChunkSummary& summary, Of of = Of::all);
  void add(const ChunkCube::Cell& cell, const PackedTally& tally);
  // Some rows of the cell. Of a chunk that is added by cells alone.
  void add(const Chunk& chunk, const ChunkCube::Cell& cell, std::span<const std::uint16_t> rows);

  // What was gathered, all of it from rows of one chunk; this is then as new. `rounds`: whether more values than a
  // group keeps may be left to the buckets although fewer runs match than have exact percentiles.
  [[nodiscard]] std::shared_ptr<ChunkSummary> take_summary(std::uint32_t version, bool rounds);
  // Takes over what another gathered of other rows to the same question.
  void merge(Gatherer&& other);
  // The groups of these, which are classes of node, in the order of its columns.
  [[nodiscard]] std::span<const std::uint32_t> classes_of(const SealedTimes::Part& part);
  [[nodiscard]] const GroupNames& names() const { return names_; }
  void merge_total(const GroupTally& total) { total_.merge(total, total_budget_); }
  // More runs will match than have exact percentiles: no need to keep all values until they do.
  void expect_many() {
    total_budget_.values = std::min(total_budget_.values, kValuesOfAGroup);
    group_budget_.values = total_budget_.values;
  }
  // Takes out again what another gathered of rows that are in here; bound: tells between which values the others lie,
  // of all and of classes of node.
  void subtract(Gatherer&& part);
  void bound(const TallyBounds& total, const GroupNames& names, std::span<const Bounds> durations);
  [[nodiscard]] const ExactBudget& total_budget() const { return total_budget_; }
  // How many runs matched so far.
  [[nodiscard]] std::size_t matching() const { return matching_; }
  [[nodiscard]] Statistics finish();
  // Brings all that waits into the tallies.
  void settle();
  // By class of node, whether rows of the chunk at hand are here, by their places: 0, they are not. Before what waits
  // is settled. Empty: no row of the chunk was added, or it has no places.
  [[nodiscard]] std::span<const std::uint8_t> placed(const Chunk& chunk) const {
    return chunk_ == &chunk && are_placed_ ? std::span(codes_) : std::span<const std::uint8_t>();
  }

 private:
  // What runs took in a class of node, not yet in its tally.
  struct ClassValues {
    std::uint32_t size = 0;
    // At no power of two, where those of all classes would fight for the same lines of the cache.
    std::array<std::int32_t, 1'000> ms;
  };

  void resize() { groups_.resize(names_.names().size()); }
  GroupTally& group(std::uint32_t number) {
    if (number >= groups_.size()) resize();
    return groups_[number];
  }
  void count_matching(std::size_t runs);
  void enter(const Chunk& chunk);
  void add_to_total(const RowBlock& block, std::span<const std::uint16_t> rows);
  void settle_total();
  void settle_cells();

  void gather_by_key(std::span<const std::uint16_t> rows);
  void settle_keys();
  void sort_keys();
  void add_to_group(std::uint32_t group, const MeasuredRows& rows);

  void enter_classes();
  void add_classes(std::span<const std::uint16_t> rows);
  void add_open_classes(std::span<const std::uint16_t> rows);
  std::span<const std::uint32_t> classes_of(std::uint32_t shape);
  std::uint32_t name_classes(std::uint32_t shape);
  void meet_shapes();
  void settle_sealed_classes();
  void add_part(const SealedTimes::Part& part);
  void add_many(const SealedTimes::Part& part, std::uint32_t first, std::uint32_t count, std::uint32_t kept);
  void add_few(const SealedTimes::Part& part, std::span<const std::uint16_t> indices);
  void add_class_ms(std::uint32_t of_class, std::int64_t ms);
  void add_class_ms(std::uint32_t of_class, std::span<const std::int32_t> ms);  // none is negative
  void add_class_values(std::uint32_t of_class);
  void settle_classes();

  const SharedFacts& shared_;
  const StatisticsQuery& query_;
  ExactBudget total_budget_;
  ExactBudget group_budget_;
  std::size_t matching_ = 0;
  bool total_is_sum_ = false;
  GroupNames names_;
  std::optional<GroupKeys> keys_;
  GroupTally total_;
  std::vector<GroupTally> groups_;
  // Of the chunk at hand.
  const Chunk* chunk_ = nullptr;
  std::shared_ptr<const OutcomeTable> outcomes_;
  std::vector<std::span<const std::uint32_t>> groups_of_local_;
  // Of the chunk at hand whose cells are divided, with rows that wait.
  const Chunk* divided_ = nullptr;
  std::shared_ptr<const OutcomeTable> outcomes_of_divided_;
  RowBuffer of_cells_;
  RowBuffer few_;  // rows that wait for the total
  KeyBuffers buffers_;
  bool are_few_groups_ = false;  // rows wait there for their groups, else in unsorted_
  std::vector<std::uint16_t> unsorted_;
  RowBuffer sorted_;
  // By class of node.
  static constexpr std::uint32_t kUnnamed = 0;               // a list that is empty
  std::vector<std::vector<std::uint32_t>> class_lists_{{}};  // the groups of shapes with the same classes
  std::vector<std::uint32_t> shape_lists_;                   // by shape: which of these are its
  std::vector<std::int64_t> shape_runs_;                     // by shape
  std::vector<std::array<std::uint32_t, 8>> open_runs_;      // by shape, of each status: rows of no sealed times
  std::vector<std::array<std::int64_t, 8>> class_runs_;      // by group, of each status
  std::vector<ClassValues> class_values_;                    // by group
  ClassTimes::View class_times_;                             // of the chunk at hand
  std::vector<std::uint8_t> status_codes_;                   // by local number of an outcome: that of its status + 1
  std::vector<std::uint8_t> codes_;                          // the same by place, of the rows that wait; else 0
  bool are_placed_ = false;
  // While rows are sorted: the groups they have, and where each begins. Else empty, zero.
  std::vector<std::uint32_t> met_;
  std::vector<std::uint32_t> group_begin_;
  std::vector<std::uint16_t> by_group_;
};

}  // namespace comfytrace::history::columns
