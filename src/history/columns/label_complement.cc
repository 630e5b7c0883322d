#include "history/columns/label_complement.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "history/columns/label_walk.h"

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

// Whoever asks meanwhile waits for those that are at work at most: numbers are given to so many labels at once.
void number_stories(const SharedFacts& shared) {
  constexpr std::size_t kAtOnce = 2'048;
  const std::size_t labels = shared.labels.size();
  for (std::size_t some = std::min(kAtOnce, labels); some < labels; some += kAtOnce)
    (void)shared.stories.view(shared.labels, some);
  (void)shared.stories.view(shared.labels, labels);
}

}  // namespace

LabelComplement::LabelComplement(const ColumnStore::Snapshot& snapshot, GroupBy group_by, const ExactBudget& budget)
    : snapshot_(snapshot),
      budget_(budget),
      everything_(StatisticsQuery{}),
      unlabelled_(all_by(group_by)),
      everyone_(snapshot, every_run_),
      others_(new std::uint8_t[kChunkRows]) {}

std::shared_ptr<const ChunkSummary> LabelComplement::find(const SummaryKey& key) const {
  auto summary = chunk_->summaries.find(key).summary;
  if (!summary || chunk_->last_death() > std::min(summary->version, snapshot_.version) || summary->has_far())
    return nullptr;
  return summary;
}

bool LabelComplement::enter(std::size_t chunk, const ChunkCube& cube, const OutcomeTable& outcomes,
                            const LabelRows* labelled, const RowReach& reach) {
  chunk_ = &snapshot_.chunk(chunk);
  const auto all = find(everything_);
  const auto unlabelled = labelled ? find(unlabelled_) : nullptr;
  if (!all || (!unlabelled && labelled)) return false;
  number_ = chunk;
  cube_ = &cube;
  outcomes_ = &outcomes;
  labelled_ = labelled;
  reach_ = reach;
  were_added_.reset();
  total_.all.merge(all->total, budget_);
  if (unlabelled) apart_.all.merge(unlabelled->total, budget_);
  for (WaitingTally* out : {&apart_out_, &rest_out_}) out->enter(*chunk_, outcomes);
  return true;
}

RowReach LabelComplement::reach_of(const RowBlock& block) const {
  RowReach reach = cube_->blocks[block.begin / kBlockRows];
  reach.clip(reach_);
  return reach;
}

void LabelComplement::add(const RowBlock& block) {
  were_added_.set(block.begin / kBlockRows);
  const RowBlock every = everyone_.block_at(number_, block.begin);
  leave_out(every.keep, block.keep, every.count, others_.get() + block.begin);
  const RowReach reach = reach_of(block);
  total_.bounds.add(block, *outcomes_, &reach);
}

void LabelComplement::bound_apart(const RowBlock& apart) {
  if (apart.matching == 0) return;
  const RowReach reach = reach_of(apart);
  apart_.bounds.add(apart, *outcomes_, &reach);
}

void LabelComplement::leave() {
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    if (were_added_[i]) continue;
    const RowBlock every = everyone_.block_at(number_, i * kBlockRows);
    std::uint8_t* others = others_.get() + i * kBlockRows;
    if (every.count == 0) std::fill_n(others, kBlockRows, std::uint8_t{0});
    std::copy_n(every.keep, every.count, others);
  }
  if (labelled_) {
    take_listed(*labelled_, others_.get(), [&](std::span<const std::uint16_t> rows) { rest_out_.add(rows, budget_); });
  }
  WaitingTally& out = labelled_ ? apart_out_ : rest_out_;
  for (std::uint32_t begin = 0; begin < kChunkRows; begin += kBlockRows) {
    const std::uint8_t* keep = others_.get() + begin;
    out.add(RowBlock{chunk_, number_, begin, kBlockRows, count_kept(keep, kBlockRows), keep}, budget_);
  }
  for (WaitingTally* settled : {&apart_out_, &rest_out_}) settled->settle(budget_);
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
  if (group_by == GroupBy::story) number_stories(snapshot.shared());
  auto summary = std::make_shared<ChunkSummary>();
  summary->version = snapshot.version;
  summary->total = tally.tally.take(kValuesOfAGroup);
  summary->tell_whether_exact();
  of.summaries.put(SummaryKey(all_by(group_by)), std::move(summary));
}

}  // namespace comfytrace::history::columns
