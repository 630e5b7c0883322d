#include "history/columns/label_count.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kNone = LabelGroups::kNone;
constexpr std::uint32_t kGuessedFrom = 8'192;  // rows
// So many rows of a block tell what most of its chunk's are.
constexpr std::uint32_t kSampled = 256;
constexpr std::size_t kFewMatching = 32;
// Of lists up to this size the measures are held: 15 bytes a row.
constexpr std::size_t kFewListed = kChunkRows / 12;

}  // namespace

LabelCount::LabelCount(const ColumnStore::Snapshot& snapshot, GroupBy group_by, const LabelGroups& groups,
                       const RowScan& scan, const ExactBudget& total_budget, const ExactBudget& apart_budget,
                       std::size_t alike_chunks, const RunFilter* of_cells)
    : snapshot_(snapshot),
      groups_(groups),
      total_budget_(total_budget),
      apart_budget_(apart_budget),
      alike_chunks_(alike_chunks),
      scan_(scan),
      runs_(groups.size()),
      runs_of_kind_(groups.are_kinds() ? 0 : groups.kinds()) {
  if (!of_cells) return;
  cube_total_.emplace(snapshot, *of_cells, scan, apart_budget);
  complement_.emplace(snapshot, group_by, apart_budget);
}

void LabelCount::add(std::size_t chunk, LabelPart& part) {
  part_ = nullptr;
  number_ = chunk;
  is_alike_ = snapshot_.rows_of(chunk) == kChunkRows && scan_.covers(chunk);
  std::size_t matching = 0;
  scan_.each_block_backwards(chunk, [&](const RowBlock& block) {
    if (!part_) enter(*block.chunk, block, part);
    add(block);
    matching += block.matching;
    if (is_alike_) guess(matching, kChunkRows - block.begin);
  });
  if (part_) settle();
}

void LabelCount::enter(const Chunk& chunk, const RowBlock& first, LabelPart& part) {
  part_ = &part;
  // What is left of the chunk before needs its own no longer: it was settled.
  outcomes_ = outcomes_of(chunk, snapshot_.shared());
  for (WaitingTally* tally : {&rest_, &apart_, &rest_of_cubes_}) tally->enter(chunk, *outcomes_);
  if (!std::exchange(is_begun_, true)) choose_apart(first);
  part.apart = apart_group_;
  has_more_ = false;
  cube_ = cube_total_ && is_alike_ ? find_cube(snapshot_, number_) : nullptr;
  if (find_list(chunk)) return walk_.enter(chunk, number_);
  enter_kinds(chunk);
  tell_total(nullptr);
}

bool LabelCount::find_list(const Chunk& chunk) {
  part_->list = nullptr;
  if (!is_nameless_ || snapshot_.rows_of(number_) < kChunkRows) return false;
  // Lest one question waits for all lists; but to do without takes longer too, so that few questions should.
  const auto& kept = groups_.are_kinds() ? chunk.story_rows : chunk.tag_rows;
  if (!kept.get()) {
    if (lists_left_ == 0) return false;
    --lists_left_;
  }
  auto list = label_rows_of(chunk, groups_, apart_group_);
  if (list->is_none()) return false;
  part_->list = std::move(list);
  return true;
}

void LabelCount::enter_kinds(const Chunk& chunk) {
  locals_ = chunk.label.rows();
  const auto& labels = chunk.label.locals();
  const std::size_t count = labels.size();
  std::vector<std::uint32_t>& kinds = part_->kinds;
  kinds.clear();
  kinds.reserve(count);
  labels.each_of_first(count, [&](std::uint32_t label) { kinds.push_back(groups_.kind_of(label)); });
  runs_of_local_.assign(count, 0);
  if (!rows_) rows_.reset(new std::uint16_t[kChunkRows]);
  if (apart_group_ != kNone) tell_apart(kinds);
}

// `keep`: by row, whether it matches; null: it is not known yet.
void LabelCount::tell_total(const std::uint8_t* keep) {
  total_by_ = CubeTotal::By::nothing;
  if (!cube_ || !can_be_left()) return;
  // By cells all that is not apart is added up, too.
  total_by_ = cube_total_->add(number_, part_->list != nullptr, keep);
  if (total_by_ == CubeTotal::By::others && !enter_complement()) total_by_ = CubeTotal::By::nothing;
  is_rounded_ |= has_total();
}

bool LabelCount::enter_complement() {
  if (apart_group_ != kNone && !part_->list) return false;
  return complement_->enter(number_, *cube_, *outcomes_, part_->list.get(), cube_total_->reach());
}

// Whether what is apart is what the others leave of the total, and is told well by that.
bool LabelCount::can_be_left() const {
  return apart_group_ == kNone || (!has_more_ && !cube_->has_far);
}

void LabelCount::tell_apart(std::span<const std::uint32_t> kinds) {
  const std::size_t count = kinds.size();
  is_apart_.assign(count, 0);
  is_listed_.assign(count, 0);
  if (groups_.are_kinds()) {
    for (std::size_t i = 0; i < count; ++i) {
      is_apart_[i] = kinds[i] == apart_group_;
      is_listed_[i] = kinds[i] != apart_group_ && kinds[i] != kNone;
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    groups_.each_of(kinds[i], [&](std::uint32_t group) { (group == apart_group_ ? is_apart_ : is_listed_)[i] = 1; });
    has_more_ |= (is_apart_[i] & is_listed_[i]) != 0;
  }
}

void LabelCount::choose_apart(const RowBlock& first) {
  const auto is_nameless = [this](std::uint32_t group) { return group != kNone && groups_.name(group).empty(); };
  std::array<std::uint16_t, kBlockRows> room;
  const auto matching = first.list(room.data());
  apart_group_ = most_of(*first.chunk, matching);
  is_nameless_ = is_nameless(apart_group_);
  if (is_nameless_) return;
  // A filter may favour rows with a label, or leave too few here to tell.
  std::array<std::uint16_t, kSampled> sample;
  const std::uint32_t sampled = std::min(kSampled, first.count);
  for (std::uint32_t i = 0; i < sampled; ++i)
    sample[i] = static_cast<std::uint16_t>(first.begin + i * first.count / sampled);
  const std::uint32_t most = most_of(*first.chunk, std::span(sample).first(sampled));
  if (!is_nameless(most) || !has_nameless(*first.chunk, matching, most)) return;
  apart_group_ = most;
  is_nameless_ = true;
}

// False: all are seen to have a label, as where the filter asks for one.
bool LabelCount::has_nameless(const Chunk& chunk, std::span<const std::uint16_t> matching,
                              std::uint32_t nameless) const {
  if (matching.size() < kFewMatching) return true;
  return std::ranges::any_of(matching, [&](std::uint16_t row) {
    bool is_in = false;
    groups_.each_of(kind_of(chunk, row), [&](std::uint32_t group) { is_in |= group == nameless; });
    return is_in;
  });
}

// The group that most of the rows are in, if one has them; of others this is taken to be true too.
std::uint32_t LabelCount::most_of(const Chunk& chunk, std::span<const std::uint16_t> rows) const {
  if (groups_.are_kinds()) return most_alike(chunk, rows);
  std::unordered_map<std::uint32_t, std::uint32_t> runs;
  for (const std::uint16_t row : rows)
    groups_.each_of(kind_of(chunk, row), [&](std::uint32_t group) { ++runs[group]; });
  std::uint32_t most = kNone;
  for (const auto& [group, count] : runs) {
    if (count * 2 > rows.size()) most = std::min(most, group);
  }
  return most;
}

// The same where each row is in one group. The one left when every row is set off against one of another group, as
// nearly all may be in groups of their own.
std::uint32_t LabelCount::most_alike(const Chunk& chunk, std::span<const std::uint16_t> rows) const {
  std::uint32_t most = kNone;
  std::size_t left = 0;
  for (const std::uint16_t row : rows) {
    const std::uint32_t group = kind_of(chunk, row);
    if (left == 0) most = group;
    left += group == most ? std::size_t{1} : ~std::size_t{0};
  }
  const auto runs = std::ranges::count_if(rows, [&](std::uint16_t row) { return kind_of(chunk, row) == most; });
  return static_cast<std::size_t>(runs) * 2 > rows.size() ? most : kNone;
}

// Of so many rows so many match: if more of all will than can be kept as they are, they are not from now on.
void LabelCount::guess(std::size_t matching, std::uint32_t passed) {
  if (has_guessed_ || passed < kGuessedFrom) return;
  has_guessed_ = true;
  if (matching * alike_chunks_ * (kChunkRows / passed) <= 2 * total_budget_.values) return;
  total_budget_.values = apart_budget_.values = std::min(total_budget_.values, kValuesOfAGroup);
  is_rounded_ = true;
}

void LabelCount::add(const RowBlock& block) {
  if (part_->list) return walk_.add(block);
  if (total_by_ == CubeTotal::By::others) complement_->add(block);
  if (apart_group_ == kNone) {
    if (!has_total()) rest_.add(block, total_budget_);
    return list(block, block.keep);
  }
  std::array<std::uint8_t, kBlockRows> apart;
  std::array<std::uint8_t, kBlockRows> others;
  const auto part_of = [&](const std::array<std::uint8_t, kBlockRows>& keep) {
    RowBlock part = block;
    part.keep = keep.data();
    part.matching = count_kept(keep.data(), block.count);
    return part;
  };
  const std::uint16_t* locals = locals_ + block.begin;
  std::copy_n(block.keep, block.count, apart.begin());
  mask_passing(locals, block.count, is_apart_, apart.data());
  const RowBlock of_apart = part_of(apart);
  runs_apart_ += of_apart.matching;
  leave_out(block.keep, apart.data(), block.count, others.data());
  if (has_total()) {
    bound_apart(of_apart);
    rest_of_cubes_.add(part_of(others), apart_budget_);
  } else {
    apart_.add(of_apart, apart_budget_);
    rest_.add(part_of(others), total_budget_);
  }
  if (!has_more_) return list(block, others.data());
  std::copy_n(block.keep, block.count, others.begin());
  mask_passing(locals, block.count, is_listed_, others.data());
  list(block, others.data());
}

void LabelCount::bound_apart(const RowBlock& of_apart) {
  if (of_apart.matching == 0) return;
  RowReach reach = cube_->blocks[of_apart.begin / kBlockRows];
  reach.clip(cube_total_->reach());
  apart_bounds_.add(of_apart, *outcomes_, &reach);
}

void LabelCount::list(const RowBlock& block, const std::uint8_t* keep) {
  std::uint16_t* rows = rows_.get() + listed_;
  const std::uint32_t more = list_kept(keep, block.count, block.begin, rows);
  for (std::uint32_t i = 0; i < more; ++i) ++runs_of_local_[locals_[rows[i]]];
  listed_ += more;
}

// When all of a chunk is added.
void LabelCount::settle() {
  if (part_->list) {
    settle_list();
  } else {
    count_groups();
  }
  if (total_by_ == CubeTotal::By::others) complement_->leave();
  rest_.settle(total_budget_);
  rest_of_cubes_.settle(apart_budget_);
  apart_.settle(apart_budget_);
  if (apart_group_ != kNone) runs_[apart_group_] += std::exchange(runs_apart_, 0);
}

void LabelCount::count_groups() {
  part_->rows.assign(rows_.get(), rows_.get() + std::exchange(listed_, 0));
  for (std::size_t i = 0; i < runs_of_local_.size(); ++i) {
    if (runs_of_local_[i] == 0) continue;
    groups_.each_of(part_->kinds[i], [&](std::uint32_t group) {
      if (group != apart_group_) runs_[group] += runs_of_local_[i];
    });
  }
}

void LabelCount::settle_list() {
  tell_total(walk_.keep());
  if (total_by_ == CubeTotal::By::others) walk_.each_block([&](const RowBlock& block) { complement_->add(block); });
  walk_.take(*part_->list, groups_.are_kinds() ? runs_.data() : runs_of_kind_.data(), part_->matches,
             part_->last_kinds);
  if (total_by_ == CubeTotal::By::cells) add_listed(rest_of_cubes_, apart_budget_);
  if (total_by_ == CubeTotal::By::nothing) add_listed(rest_, total_budget_);
  walk_.each_block([&](const RowBlock& of_apart) {
    runs_apart_ += of_apart.matching;
    if (total_by_ == CubeTotal::By::others) {
      complement_->bound_apart(of_apart);
    } else if (has_total()) {
      bound_apart(of_apart);
    } else {
      apart_.add(of_apart, apart_budget_);
    }
  });
}

void LabelCount::add_listed(WaitingTally& tally, const ExactBudget& budget) {
  const Chunk& chunk = snapshot_.chunk(number_);
  auto rows = walk_.listed();
  if (part_->list->rows().size() <= kFewListed) {
    auto measures = std::make_unique<RowBuffer>();
    measures->append(chunk, rows);
    measures->add_to(tally.tally, 0, measures->size(), *outcomes_, budget);
    part_->measures = std::move(measures);
    return;
  }
  // In pieces, lest all of them are held at once.
  for (; rows.size() > kBlockRows; rows = rows.subspan(kBlockRows)) tally.add(rows.first(kBlockRows), budget);
  tally.add(rows, budget);
}

void LabelCount::finish() {
  for (std::uint32_t kind = 0; kind < runs_of_kind_.size(); ++kind) {
    if (runs_of_kind_[kind] > 0)
      groups_.each_of(kind, [&](std::uint32_t group) { runs_[group] += runs_of_kind_[kind]; });
  }
  total_.merge(rest_.tally, total_budget_);
  total_.merge(apart_.tally, total_budget_);
  if (!cube_total_) return;
  const GroupTally& of_all_cubes = cube_total_->finish();
  total_.merge(of_all_cubes, total_budget_);
  complement_->finish();
  total_.merge(complement_->total(), total_budget_);
  if (apart_group_ == kNone) return;
  GroupTally of_cubes;
  of_cubes.merge(of_all_cubes, apart_budget_);
  of_cubes.subtract(std::move(rest_of_cubes_.tally));
  of_cubes.bound(apart_bounds_);
  apart_.tally.merge(of_cubes, apart_budget_);
  apart_.tally.merge(complement_->apart(), apart_budget_);
}

}  // namespace comfytrace::history::columns
