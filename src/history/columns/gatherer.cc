#include "history/columns/gatherer.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"
#include "history/columns/column_loops.h"

namespace comfytrace::history::columns {
namespace {

// Rows are sorted by group as soon as so many wait.
constexpr std::size_t kSortedAtOnce = 16'384;
// A part of the work at the end, when a thread that waits may take part.
constexpr std::size_t kGroupsAtOnce = 8;

MeasuredRows measured(const RowBlock& block) {
  const Chunk& chunk = *block.chunk;
  return {chunk.duration_ms.get() + block.begin,
          chunk.queue_wait_ms.get() + block.begin,
          peaks_of(chunk, block.begin),
          chunk.outcome.rows() + block.begin,
          block.keep,
          block.count,
          block.matching};
}

// Where so many match, it takes less time to pass over the others than to pick out these.
bool is_dense(const RowBlock& block) {
  return block.matching * 2 >= block.count;
}

// Of a block of which a smaller share matches it takes less time to pick out each row.
constexpr std::uint32_t kShareInLine = 8;

void add_in_line(const RowBlock& block, const OutcomeTable& outcomes, GroupTally& tally, const ExactBudget& budget) {
  std::array<std::int32_t, kMeasureRoom> durations_ms;
  std::array<std::int32_t, kMeasureRoom> queue_waits_ms;
  std::array<std::uint32_t, kMeasureRoom> peaks_low;
  std::array<std::uint8_t, kMeasureRoom> peaks_high;
  std::array<std::uint16_t, kMeasureRoom> ends;
  const MeasuredRows all = measured(block);
  const std::uint32_t kept =
      keep_measures({all.duration_ms, all.queue_wait_ms, all.vram_peak, all.outcomes}, all.keep, all.count,
                    {durations_ms.data(), queue_waits_ms.data(), peaks_low.data(), peaks_high.data(), ends.data()});
  tally.add({durations_ms.data(),
             queue_waits_ms.data(),
             {peaks_low.data(), peaks_high.data()},
             ends.data(),
             all_kept(),
             kept,
             kept},
            outcomes, budget);
}

}  // namespace

Gatherer::Gatherer(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, ExactBudget budget)
    : shared_(snapshot.shared()), query_(query), total_budget_(budget), group_budget_(budget) {
  const GroupBy by = query.group_by;
  if (query.only) {
    total_budget_.measures = {false, false, false};
    group_budget_.measures = measures_of(*query.only);
  }
  if (by != GroupBy::none && by != GroupBy::nodeClass) keys_.emplace(by, shared_, names_);
  total_is_sum_ = keys_ && keys_->is_partition();
  resize();
}

void Gatherer::add(const RowBlock& block, Of of) {
  enter(*block.chunk);
  count_matching(block.matching);
  const bool is_in_total = !total_is_sum_ && of == Of::all;
  const bool has_classes = query_.group_by == GroupBy::nodeClass;
  std::array<std::uint16_t, kBlockRows> listed;
  std::span<const std::uint16_t> rows;
  if (has_classes || keys_ || (is_in_total && !is_dense(block))) rows = block.list(listed.data());
  if (is_in_total) add_to_total(block, rows);
  if (has_classes) add_classes(rows);
  if (keys_) gather_by_key(rows);
}

void Gatherer::add(const RunFacts& facts) {
  count_matching(1);
  const Outcome outcome = outcome_of(facts);
  const auto keys =
      keys_ ? group_keys_of(outcome, setting_of(facts), label_of(facts), query_.group_by) : std::vector<std::string>();
  if (!total_is_sum_) total_.add(outcome, facts, total_budget_);
  if (query_.group_by == GroupBy::nodeClass) {
    for (const NodeClassFacts& of_class : facts.node_classes) {
      GroupTally& tally = group(names_.of(of_class.class_type));
      tally.count_class(outcome, of_class.executions);
      tally.duration_ms.add(of_class.duration_ms, group_budget_);
    }
  } else if (keys_) {
    for (const std::string& key : keys) group(names_.of(key)).add(outcome, facts, group_budget_);
  }
}

void Gatherer::add(const ChunkSummary& summary, Of of) {
  std::int64_t runs = summary.total.counts.front();
  if (total_is_sum_) {
    runs = 0;
    for (const auto& group : summary.groups) runs += group.tally.counts.front();
  }
  count_matching(static_cast<std::size_t>(runs));
  if (!total_is_sum_ && of == Of::all) total_.merge(summary.total, total_budget_);
  for (const auto& group : summary.groups) this->group(names_.of(group.name)).merge(group.tally, group_budget_);
}

void Gatherer::add(const ChunkCube::Cell& cell, const PackedTally& tally) {
  count_matching(static_cast<std::size_t>(tally.counts.front()));
  if (!total_is_sum_) total_.merge(tally, total_budget_);
  if (!keys_) return;
  for (const std::uint32_t number : keys_->of(cell.setting, cell.outcome)) group(number).merge(tally, group_budget_);
}

void Gatherer::add(const Chunk& chunk, const ChunkCube::Cell& cell, std::span<const std::uint16_t> rows) {
  if (divided_ != &chunk) {
    settle_cells();
    divided_ = &chunk;
    outcomes_of_divided_ = outcomes_of(chunk, shared_);
  }
  count_matching(rows.size());
  of_cells_.append(chunk, rows);
  if (keys_) {
    // All of them are in the same groups.
    for (const std::uint32_t number : keys_->of(cell.setting, cell.outcome))
      of_cells_.add_to(group(number), of_cells_.size() - static_cast<std::uint32_t>(rows.size()),
                       static_cast<std::uint32_t>(rows.size()), *outcomes_of_divided_, group_budget_);
    if (total_is_sum_) of_cells_.clear();
  }
  if (of_cells_.size() >= kBlockRows) settle_cells();
}

void Gatherer::settle_cells() {
  if (of_cells_.size() == 0) return;
  of_cells_.add_to(total_, 0, of_cells_.size(), *outcomes_of_divided_, total_budget_);
  of_cells_.clear();
}

std::shared_ptr<ChunkSummary> Gatherer::take_summary(std::uint32_t version, bool rounds) {
  settle();
  const std::size_t most_values = rounds ? kValuesOfAGroup : std::numeric_limits<std::size_t>::max();
  auto summary = std::make_shared<ChunkSummary>();
  summary->version = version;
  summary->total = total_.take(most_values);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].counts.runs > 0) summary->groups.push_back({names_.names()[i], 0, groups_[i].take(most_values)});
  }
  summary->tell_whether_exact();
  matching_ = 0;
  group_budget_.values = total_budget_.values;
  return summary;
}

void Gatherer::merge(Gatherer&& other) {
  settle();
  other.settle();
  count_matching(other.matching_);
  std::vector<std::pair<std::uint32_t, const GroupTally*>> met;
  for (std::size_t i = 0; i < other.groups_.size(); ++i) {
    if (other.groups_[i].counts.runs > 0) met.emplace_back(names_.of(other.names_.names()[i]), &other.groups_[i]);
  }
  resize();
  base::parallel(1 + (met.size() + kGroupsAtOnce - 1) / kGroupsAtOnce, [&](std::size_t part) {
    if (part == 0) return total_.merge(other.total_, total_budget_);
    const std::size_t end = std::min(met.size(), part * kGroupsAtOnce);
    for (std::size_t i = (part - 1) * kGroupsAtOnce; i < end; ++i)
      groups_[met[i].first].merge(*met[i].second, group_budget_);
  });
}

void Gatherer::count_matching(std::size_t runs) {
  matching_ += runs;
  if (matching_ > total_budget_.values) group_budget_.values = std::min(group_budget_.values, kValuesOfAGroup);
}

void Gatherer::enter(const Chunk& chunk) {
  if (chunk_ == &chunk) return;
  settle_total();
  settle_keys();
  settle_sealed_classes();
  chunk_ = &chunk;
  outcomes_ = outcomes_of(chunk, shared_);
  if (query_.group_by == GroupBy::nodeClass) enter_classes();
  if (!keys_) return;
  are_few_groups_ = buffers_.enter(chunk, *keys_);
  if (are_few_groups_) return;
  const auto& locals = keys_->column(chunk).locals();
  groups_of_local_.resize(locals.size());
  for (std::size_t i = 0; i < groups_of_local_.size(); ++i) groups_of_local_[i] = keys_->of(locals[i]);
}

// `rows`: those that match, listed where they are few.
void Gatherer::add_to_total(const RowBlock& block, std::span<const std::uint16_t> rows) {
  if (is_dense(block)) return total_.add(measured(block), *outcomes_, total_budget_);
  if (block.matching * kShareInLine >= block.count) return add_in_line(block, *outcomes_, total_, total_budget_);
  if (few_.size() + rows.size() > kBlockRows) settle_total();
  few_.append(*block.chunk, rows);
}

void Gatherer::settle_total() {
  if (few_.size() == 0) return;
  few_.add_to(total_, 0, few_.size(), *outcomes_, total_budget_);
  few_.clear();
}

void Gatherer::add_to_group(std::uint32_t group, const MeasuredRows& rows) {
  groups_[group].add(rows, *outcomes_, group_budget_);
}

void Gatherer::gather_by_key(std::span<const std::uint16_t> rows) {
  if (are_few_groups_) {
    return buffers_.put(rows, [&](std::uint32_t group, const MeasuredRows& of_one) { add_to_group(group, of_one); });
  }
  unsorted_.insert(unsorted_.end(), rows.begin(), rows.end());
  if (unsorted_.size() >= kSortedAtOnce) sort_keys();
}

void Gatherer::settle_keys() {
  if (are_few_groups_)
    buffers_.settle([&](std::uint32_t group, const MeasuredRows& of_one) { add_to_group(group, of_one); });
  if (!unsorted_.empty()) sort_keys();
}

// By counting; each group's rows then stand side by side.
void Gatherer::sort_keys() {
  const std::uint16_t* locals = keys_->column(*chunk_).rows();
  const auto groups_of = [&](std::uint16_t row) { return groups_of_local_[locals[row]]; };
  if (group_begin_.size() < groups_.size()) group_begin_.resize(groups_.size(), 0);
  std::uint32_t places = 0;
  for (const std::uint16_t row : unsorted_) {
    for (const std::uint32_t group : groups_of(row)) {
      if (group_begin_[group]++ == 0) met_.push_back(group);
      ++places;
    }
  }
  by_group_.resize(places);
  std::uint32_t end = 0;
  for (const std::uint32_t group : met_) {
    const std::uint32_t begin = end;
    end += group_begin_[group];
    group_begin_[group] = begin;
  }
  for (const std::uint16_t row : unsorted_) {
    for (const std::uint32_t group : groups_of(row)) by_group_[group_begin_[group]++] = row;
  }
  sorted_.clear();
  sorted_.append(*chunk_, by_group_);
  std::uint32_t begin = 0;
  for (const std::uint32_t group : met_) {
    const std::uint32_t to = group_begin_[group];
    sorted_.add_to(groups_[group], begin, to - begin, *outcomes_, group_budget_);
    begin = to;
    group_begin_[group] = 0;
  }
  met_.clear();
  unsorted_.clear();
}

void Gatherer::settle() {
  settle_total();
  settle_cells();
  settle_keys();
  settle_classes();
}

Statistics Gatherer::finish() {
  settle();
  struct Named {
    std::string key;
    GroupTally* tally;
  };
  std::vector<Named> all;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].counts.runs > 0) all.push_back({names_.names()[i], &groups_[i]});
  }
  if (total_is_sum_) {
    for (const Named& group : all) total_.merge(*group.tally, total_budget_);
  }
  const auto most = std::min(static_cast<std::size_t>(query_.max_groups), all.size());
  Statistics statistics;
  statistics.groups_left_out = static_cast<std::int64_t>(all.size() - most);
  statistics.total = total_.finish();
  std::ranges::sort(all, [](const Named& a, const Named& b) {
    const std::int64_t of_a = a.tally->counts.runs;
    const std::int64_t of_b = b.tally->counts.runs;
    return of_a != of_b ? of_a > of_b : a.key < b.key;
  });
  all.resize(most);
  statistics.groups.resize(all.size());
  base::parallel((all.size() + kGroupsAtOnce - 1) / kGroupsAtOnce, [&](std::size_t part) {
    for (std::size_t i = part * kGroupsAtOnce; i < std::min(all.size(), (part + 1) * kGroupsAtOnce); ++i) {
      GroupStatistics& told = statistics.groups[i] = all[i].tally->finish(query_.only.has_value());
      told.key = std::move(all[i].key);
    }
  });
  return statistics;
}

}  // namespace comfytrace::history::columns
