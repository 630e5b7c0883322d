#include "history/columns/label_count.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kNone = LabelGroups::kNone;
constexpr std::uint32_t kGuessedFrom = 8'192;  // rows

}  // namespace

LabelCount::LabelCount(const ColumnStore::Snapshot& snapshot, const LabelGroups& groups, const RowScan& scan,
                       const ExactBudget& total_budget, const ExactBudget& apart_budget, std::size_t alike_chunks,
                       const RunFilter* of_cells)
    : snapshot_(snapshot),
      groups_(groups),
      total_budget_(total_budget),
      apart_budget_(apart_budget),
      alike_chunks_(alike_chunks),
      scan_(scan),
      runs_(groups.size()) {
  if (of_cells) cube_total_.emplace(snapshot, *of_cells, scan, apart_budget);
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
  locals_ = chunk.label.rows();
  outcomes_.take(chunk.outcome.locals(), snapshot_.shared().outcomes);
  for (WaitingTally* tally : {&rest_, &apart_, &rest_of_cubes_}) tally->enter(chunk, outcomes_);
  const auto& labels = chunk.label.locals();
  const std::size_t count = labels.size();
  part.kinds.clear();
  part.kinds.reserve(count);
  labels.each_of_first(count, [&](std::uint32_t label) { part.kinds.push_back(groups_.kind_of(label)); });
  runs_of_local_.assign(count, 0);
  if (std::exchange(is_begun_, true) == false) apart_group_ = most_of(first);
  part.apart = apart_group_;
  has_more_ = false;
  if (apart_group_ != kNone) tell_apart(part.kinds);
  cube_ = cube_total_ && is_alike_ ? find_cube(snapshot_, number_) : nullptr;
  has_total_ = cube_ && can_be_left() && cube_total_->add(number_, &outcomes_);
  is_rounded_ |= has_total_;
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

// The group that most of its rows are in, if one has them; of others this is taken to be true too.
std::uint32_t LabelCount::most_of(const RowBlock& block) const {
  std::array<std::uint16_t, kBlockRows> rows;
  std::map<std::uint32_t, std::uint32_t> runs;
  for (const std::uint16_t row : block.list(rows.data()))
    groups_.each_of(part_->kinds[locals_[row]], [&](std::uint32_t group) { ++runs[group]; });
  for (const auto& [group, count] : runs) {
    if (count * 2 > block.matching) return group;
  }
  return kNone;
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
  if (apart_group_ == kNone) {
    if (!has_total_) rest_.add(block, total_budget_);
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
  for (std::uint32_t i = 0; i < block.count; ++i) others[i] = block.keep[i] ^ apart[i];
  if (has_total_) {
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
  RowReach reach = cube_->blocks[of_apart.begin / kBlockRows];
  reach.clip(cube_total_->reach());
  apart_bounds_.add(of_apart, outcomes_, &reach);
}

void LabelCount::list(const RowBlock& block, const std::uint8_t* keep) {
  std::vector<std::uint16_t>& rows = part_->rows;
  const std::size_t before = rows.size();
  rows.resize(before + block.count);
  rows.resize(before + list_kept(keep, block.count, block.begin, rows.data() + before));
  for (std::size_t i = before; i < rows.size(); ++i) ++runs_of_local_[locals_[rows[i]]];
}

// When all of a chunk is added.
void LabelCount::settle() {
  rest_.settle(total_budget_);
  rest_of_cubes_.settle(apart_budget_);
  apart_.settle(apart_budget_);
  for (std::size_t i = 0; i < runs_of_local_.size(); ++i) {
    if (runs_of_local_[i] == 0) continue;
    groups_.each_of(part_->kinds[i], [&](std::uint32_t group) {
      if (group != apart_group_) runs_[group] += runs_of_local_[i];
    });
  }
  if (apart_group_ != kNone) runs_[apart_group_] += std::exchange(runs_apart_, 0);
}

void LabelCount::finish() {
  total_.merge(rest_.tally, total_budget_);
  total_.merge(apart_.tally, total_budget_);
  if (!cube_total_) return;
  const GroupTally& of_all_cubes = cube_total_->finish();
  total_.merge(of_all_cubes, total_budget_);
  if (apart_group_ == kNone) return;
  GroupTally of_cubes;
  of_cubes.merge(of_all_cubes, apart_budget_);
  of_cubes.subtract(std::move(rest_of_cubes_.tally));
  of_cubes.bound(apart_bounds_);
  apart_.tally.merge(of_cubes, apart_budget_);
}

}  // namespace comfytrace::history::columns
