#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "history/columns/cube_total.h"
#include "history/columns/label_complement.h"
#include "history/columns/label_groups.h"
#include "history/columns/label_rows.h"
#include "history/columns/label_walk.h"
#include "history/columns/row_buffer.h"
#include "history/columns/tally_bounds.h"
#include "history/columns/waiting_tally.h"

namespace comfytrace::history::columns {

// What is remembered of a chunk until it is known which groups are told: of a list of its rows, which it keeps, which
// of them match; or else those that match and may be in such a group, but for the one apart.
struct LabelPart {
  std::shared_ptr<const LabelRows> list;
  std::vector<std::uint64_t> matches;  // a bit for each place of the list
  // The kind where every 64 places of the list end.
  std::vector<std::uint32_t> last_kinds;
  // Of those that match, in the order of the list; null: they would take much memory, or nobody needed them yet.
  std::unique_ptr<const RowBuffer> measures;
  std::vector<std::uint16_t> rows;
  std::vector<std::uint32_t> kinds;  // by local number of the label
  std::uint32_t apart = LabelGroups::kNone;
};

// One thread's part in statistics by label: counts the groups, and tallies the total. A group that has most of the rows
// is apart: it is tallied at once, and of the total only the others. Where cells tell the total, the one apart is what
// the others leave of it. Of full chunks the rows with a label are found by the list of them; so the group without a
// name is apart wherever most rows are in it, even if it has few of those that match.
class LabelCount {
 public:
  // All but the budgets must outlive this. `alike_chunks`: so many are full and covered by the dates; 0: nothing is to
  // be guessed by them. `of_cells`: the filter, if cells tell it and more match than have exact percentiles.
  LabelCount(const ColumnStore::Snapshot& snapshot, GroupBy group_by, const LabelGroups& groups, const RowScan& scan,
             const ExactBudget& total_budget, const ExactBudget& apart_budget, std::size_t alike_chunks,
             const RunFilter* of_cells);
  LabelCount(const LabelCount&) = delete;

  static constexpr std::uint32_t kListsAtOnce = 4;  // that one question and thread makes

  void add(std::size_t chunk, LabelPart& part);
  // When all are added; what follows is then told.
  void finish();

  // Of each group; once.
  [[nodiscard]] std::vector<std::uint32_t> take_runs() { return std::move(runs_); }
  [[nodiscard]] std::uint32_t apart() const { return apart_group_; }
  [[nodiscard]] const GroupTally& tally_apart() const { return apart_.tally; }
  [[nodiscard]] const GroupTally& total() const { return total_; }
  // Whether values were rounded because more match, as known or guessed, than can be kept as they are.
  [[nodiscard]] bool is_rounded() const { return is_rounded_; }

 private:
  void enter(const Chunk& chunk, const RowBlock& first, LabelPart& part);
  // Whether the chunk has a list of the rows that are not in the group apart.
  [[nodiscard]] bool find_list(const Chunk& chunk);
  void enter_kinds(const Chunk& chunk);
  [[nodiscard]] bool can_be_left() const;
  void tell_total(const std::uint8_t* keep);
  [[nodiscard]] bool enter_complement();
  [[nodiscard]] bool has_total() const { return total_by_ != CubeTotal::By::nothing; }
  void tell_apart(std::span<const std::uint32_t> kinds);
  void choose_apart(const RowBlock& first);
  [[nodiscard]] bool has_nameless(const Chunk& chunk, std::span<const std::uint16_t> matching,
                                  std::uint32_t nameless) const;
  [[nodiscard]] std::uint32_t most_of(const Chunk& chunk, std::span<const std::uint16_t> rows) const;
  [[nodiscard]] std::uint32_t most_alike(const Chunk& chunk, std::span<const std::uint16_t> rows) const;
  [[nodiscard]] std::uint32_t kind_of(const Chunk& chunk, std::uint16_t row) const {
    return groups_.kind_of(chunk.label.at(row));
  }
  void guess(std::size_t matching, std::uint32_t passed);
  void bound_apart(const RowBlock& of_apart);
  void add(const RowBlock& block);
  void list(const RowBlock& block, const std::uint8_t* keep);
  void settle();
  void settle_list();
  void add_listed(WaitingTally& tally, const ExactBudget& budget);
  void count_groups();

  const ColumnStore::Snapshot& snapshot_;
  const LabelGroups& groups_;
  ExactBudget total_budget_;
  ExactBudget apart_budget_;
  const std::size_t alike_chunks_;
  bool has_guessed_ = false;
  bool is_rounded_ = false;
  RowScan scan_;
  std::vector<std::uint32_t> runs_;          // by group
  std::vector<std::uint32_t> runs_of_kind_;  // by kind, where these are not the groups: those of lists
  bool is_begun_ = false;
  std::uint32_t apart_group_ = LabelGroups::kNone;
  bool is_nameless_ = false;                 // the group apart
  std::uint32_t lists_left_ = kListsAtOnce;  // that may be made
  WaitingTally apart_;
  WaitingTally rest_;
  GroupTally total_;
  // Of the chunks of which cells tell the total.
  std::optional<CubeTotal> cube_total_;
  // Of others of them.
  std::optional<LabelComplement> complement_;
  WaitingTally rest_of_cubes_;
  TallyBounds apart_bounds_;
  // Of the chunk at hand.
  std::size_t number_ = 0;
  bool is_alike_ = false;                            // full and covered by the dates
  CubeTotal::By total_by_ = CubeTotal::By::nothing;  // others: those are taken out of it
  std::shared_ptr<const ChunkCube> cube_;
  LabelPart* part_ = nullptr;
  LabelWalk walk_;
  // Of a chunk without a list: its rows that are listed so far, with room for all.
  std::unique_ptr<std::uint16_t[]> rows_;
  std::uint32_t listed_ = 0;
  std::shared_ptr<const OutcomeTable> outcomes_;
  const std::uint16_t* locals_ = nullptr;
  // By local number of a label: whether it is in the group apart; in another.
  std::vector<std::uint8_t> is_apart_;
  std::vector<std::uint8_t> is_listed_;
  bool has_more_ = false;  // some are in both
  std::vector<std::uint32_t> runs_of_local_;
  std::uint32_t runs_apart_ = 0;
};

}  // namespace comfytrace::history::columns
