#include "history/columns/label_complement.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {
namespace {

StatisticsQuery all_by(GroupBy group_by) {
  StatisticsQuery query;
  query.group_by = group_by;
  return query;
}

// Whether it is in the group without a name.
bool has_none(const LabelView& label, GroupBy group_by) {
  if (group_by == GroupBy::story) return story_of(label).empty();
  const auto tags = label.tags();
  return tags.empty() || std::ranges::find(tags, "") != tags.end();
}

}  // namespace

LabelComplement::LabelComplement(const ColumnStore::Snapshot& snapshot, GroupBy group_by, const ExactBudget& budget)
    : snapshot_(snapshot),
      budget_(budget),
      everything_(StatisticsQuery{}),
      unlabelled_(all_by(group_by)),
      everyone_(snapshot, every_run_) {}

std::shared_ptr<const ChunkSummary> LabelComplement::find(const SummaryKey& key) const {
  auto summary = chunk_->summaries.find(key).summary;
  if (!summary || chunk_->last_death() > std::min(summary->version, snapshot_.version) || summary->has_far())
    return nullptr;
  return summary;
}

bool LabelComplement::enter(std::size_t chunk, const ChunkCube& cube, const OutcomeTable& outcomes,
                            std::span<const std::uint8_t> is_apart, const RowReach& reach) {
  chunk_ = &snapshot_.chunk(chunk);
  const auto all = find(everything_);
  const auto unlabelled = is_apart.empty() ? nullptr : find(unlabelled_);
  if (!all || (!unlabelled && !is_apart.empty())) return false;
  number_ = chunk;
  cube_ = &cube;
  outcomes_ = &outcomes;
  is_apart_ = is_apart;
  reach_ = reach;
  were_added_.reset();
  total_.all.merge(all->total, budget_);
  if (unlabelled) apart_.all.merge(unlabelled->total, budget_);
  for (WaitingTally* out : {&apart_out_, &rest_out_}) out->enter(*chunk_, outcomes);
  return true;
}

void LabelComplement::add(const RowBlock& block, const RowBlock* apart) {
  were_added_.set(block.begin / kBlockRows);
  RowBlock others = everyone_.block_at(number_, block.begin);
  std::array<std::uint8_t, kBlockRows> keep;
  leave_out(others.keep, block.keep, others.count, keep.data());
  others.keep = keep.data();
  others.matching -= block.matching;
  take_out(others);
  RowReach reach = cube_->blocks[block.begin / kBlockRows];
  reach.clip(reach_);
  total_.bounds.add(block, *outcomes_, &reach);
  if (apart && apart->matching > 0) apart_.bounds.add(*apart, *outcomes_, &reach);
}

void LabelComplement::leave() {
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    if (!were_added_[i]) take_out(everyone_.block_at(number_, i * kBlockRows));
  }
  for (WaitingTally* out : {&apart_out_, &rest_out_}) out->settle(budget_);
}

void LabelComplement::take_out(const RowBlock& others) {
  if (others.matching == 0) return;
  if (is_apart_.empty()) return rest_out_.add(others, budget_);
  std::array<std::uint8_t, kBlockRows> apart;
  std::array<std::uint8_t, kBlockRows> rest;
  std::copy_n(others.keep, others.count, apart.begin());
  mask_passing(chunk_->label.rows() + others.begin, others.count, is_apart_, apart.data());
  leave_out(others.keep, apart.data(), others.count, rest.data());
  for (const auto& [keep, out] : {std::pair(&apart, &apart_out_), {&rest, &rest_out_}}) {
    RowBlock part = others;
    part.keep = keep->data();
    part.matching = count_kept(keep->data(), others.count);
    out->add(part, budget_);
  }
}

void LabelComplement::finish() {
  GroupTally out;
  out.merge(apart_out_.tally, budget_);
  out.merge(rest_out_.tally, budget_);
  total_.all.subtract(std::move(out));
  apart_.all.subtract(std::move(apart_out_.tally));
  for (Part* part : {&total_, &apart_}) part->all.bound(part->bounds);
}

void prepare_unlabelled(const ColumnStore::Snapshot& snapshot, std::size_t chunk, GroupBy group_by) {
  const Chunk& of = snapshot.chunk(chunk);
  const auto& labels = of.label.locals();
  std::vector<std::uint8_t> has_no_label;
  for (std::size_t i = 0; i < labels.size(); ++i)
    has_no_label.push_back(has_none(snapshot.shared().labels[labels[i]], group_by));
  const auto outcomes = outcomes_of(of, snapshot.shared());
  const ExactBudget budget{kValuesOfAGroup};
  WaitingTally tally;
  tally.enter(of, *outcomes);
  const RunFilter every_run;
  RowScan(snapshot, every_run).each_block_of(chunk, [&](const RowBlock& block) {
    std::array<std::uint8_t, kBlockRows> keep;
    std::copy_n(block.keep, block.count, keep.begin());
    mask_passing(of.label.rows() + block.begin, block.count, has_no_label, keep.data());
    RowBlock unlabelled = block;
    unlabelled.keep = keep.data();
    unlabelled.matching = count_kept(keep.data(), block.count);
    tally.add(unlabelled, budget);
  });
  tally.settle(budget);
  auto summary = std::make_shared<ChunkSummary>();
  summary->version = snapshot.version;
  summary->total = tally.tally.take(kValuesOfAGroup);
  summary->tell_whether_exact();
  of.summaries.put(SummaryKey(all_by(group_by)), std::move(summary));
}

}  // namespace comfytrace::history::columns
