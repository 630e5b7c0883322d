#include "history/columns/gatherer.h"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <unordered_map>

#include "base/parallel.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

// Rows are sorted by group as soon as so many wait.
constexpr std::size_t kSortedAtOnce = 16'384;
// A block that lies in at most so many groups of time is divided by masks.
constexpr std::size_t kFewTimes = 6;

std::int64_t longest_ms(GroupBy group_by) {
  constexpr std::int64_t kHour_ms = 3'600'000;
  return kHour_ms * (group_by == GroupBy::hour   ? 1
                     : group_by == GroupBy::day  ? 24
                     : group_by == GroupBy::week ? 24 * 7
                                                 : 24 * 31);
}

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

Measures measures_of(OneMeasure one) {
  return {one == OneMeasure::duration, one == OneMeasure::queueWait, one == OneMeasure::vramPeak};
}

void add_facts(GroupTally& tally, const Outcome& outcome, const RunFacts& facts, const ExactBudget& budget) {
  tally.count(outcome, 1);
  if (facts.duration_ms && !model::is_open(facts.status)) tally.duration_ms.add(*facts.duration_ms, budget);
  if (facts.queue_wait_ms) tally.queue_wait_ms.add(*facts.queue_wait_ms, budget);
  if (facts.vram_peak_bytes) tally.vram_peak_bytes.add(*facts.vram_peak_bytes, budget);
}

}  // namespace

Gatherer::Gatherer(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, ExactBudget budget,
                   const GroupPlan* plan)
    : shared_(snapshot.shared()), query_(query), total_budget_(budget), group_budget_(budget), is_planned_(plan) {
  const GroupBy by = query.group_by;
  if (query.only) {
    total_budget_.measures = {false, false, false};
    group_budget_.measures = measures_of(*query.only);
  }
  if (plan) {
    names_ = plan->names;
    keys_ = plan->keys;
    most_ = plan->most;
  } else if (by != GroupBy::none && by != GroupBy::nodeClass && !is_time(by)) {
    keys_.emplace(by, shared_, names_);
  }
  total_is_sum_ = is_time(by) || (keys_ && keys_->is_partition());
  resize();
}

void Gatherer::add(const RowBlock& block) {
  enter(*block.chunk);
  count_matching(block.matching);
  if (is_planned_) return add_planned(block);
  if (!total_is_sum_) add_to_total(block);
  if (query_.group_by == GroupBy::nodeClass) add_classes(block);
  if (is_time(query_.group_by)) add_by_time(block);
  if (keys_) gather_by_key(block);
}

void Gatherer::add(const RunFacts& facts) {
  count_matching(1);
  const Outcome outcome = outcome_of(facts);
  const auto keys =
      keys_ ? group_keys_of(outcome, setting_of(facts), label_of(facts), query_.group_by) : std::vector<std::string>();
  const bool is_in_most =
      most_ && std::ranges::any_of(keys, [&](const std::string& key) { return names_.find(key) == most_; });
  if (!total_is_sum_ && !is_in_most) add_facts(total_, outcome, facts, total_budget_);
  if (query_.group_by == GroupBy::nodeClass) {
    for (const NodeClassFacts& of_class : facts.node_classes) {
      GroupTally& tally = group(names_.of(of_class.class_type));
      tally.count_class(outcome, of_class.executions);
      tally.duration_ms.add(of_class.duration_ms, group_budget_);
    }
  } else if (is_time(query_.group_by)) {
    const Target target = time_target(bucket_start(query_.group_by, facts.created_at_ms, query_.utc_offset_ms));
    add_facts(target.tally, outcome, facts, target.budget);
  } else if (keys_) {
    for (const std::string& key : keys) {
      if (is_planned_ && !names_.find(key)) continue;
      const std::uint32_t number = names_.of(key);
      add_facts(group(number), outcome, facts, number == most_ ? most_budget() : group_budget_);
    }
  }
}

void Gatherer::add(const ChunkSummary& summary) {
  const bool is_of_time = is_time(query_.group_by);
  std::int64_t runs = summary.total.counts.front();
  if (total_is_sum_) {
    runs = 0;
    for (const auto& group : summary.groups) runs += group.tally.counts.front();
  }
  count_matching(static_cast<std::size_t>(runs));
  if (!total_is_sum_) total_.merge(summary.total, total_budget_);
  for (const auto& group : summary.groups | std::views::reverse) {
    const Target target =
        is_of_time ? time_target(group.from_ms) : Target{this->group(names_.of(group.name)), group_budget_};
    target.tally.merge(group.tally, target.budget);
  }
}

void Gatherer::add(const ChunkCube::Cell& cell) {
  count_matching(static_cast<std::size_t>(cell.tally.counts.front()));
  if (!total_is_sum_) total_.merge(cell.tally, total_budget_);
  if (!keys_) return;
  for (const std::uint32_t number : keys_->of(cell.setting, cell.outcome))
    group(number).merge(cell.tally, group_budget_);
}

std::shared_ptr<ChunkSummary> Gatherer::take_summary(std::uint32_t version, bool rounds) {
  settle();
  const std::size_t most_values = rounds ? kValuesOfAGroup : std::numeric_limits<std::size_t>::max();
  auto summary = std::make_shared<ChunkSummary>();
  summary->version = version;
  summary->total = total_.take(most_values);
  for (auto& [from_ms, tally] : times_) summary->groups.push_back({"", from_ms, tally.take(most_values)});
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].counts.runs > 0) summary->groups.push_back({names_.names()[i], 0, groups_[i].take(most_values)});
  }
  const auto is_exact = [](const PackedTally& tally) {
    return tally.duration_ms.buckets.empty() && tally.queue_wait_ms.buckets.empty() &&
           tally.vram_peak_bytes.buckets.empty();
  };
  summary->exact =
      is_exact(summary->total) && std::ranges::all_of(summary->groups, is_exact, &ChunkSummary::Group::tally);
  times_.clear();
  matching_ = 0;
  group_budget_.values = total_budget_.values;
  return summary;
}

void Gatherer::merge(Gatherer&& other) {
  settle();
  other.settle();
  count_matching(other.matching_);
  total_.merge(other.total_, total_budget_);
  for (std::size_t i = 0; i < other.groups_.size(); ++i) {
    if (other.groups_[i].counts.runs > 0)
      group(names_.of(other.names_.names()[i])).merge(other.groups_[i], i == most_ ? most_budget() : group_budget_);
  }
  left_out_.merge(other.left_out_);
  for (auto& [from_ms, tally] : other.times_ | std::views::reverse) {
    const Target target = time_target(from_ms);
    target.tally.merge(tally, target.budget);
  }
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
  outcomes_.clear();
  const auto& outcomes = chunk.outcome.locals();
  for (std::size_t i = 0, count = outcomes.size(); i < count; ++i) outcomes_.add(shared_.outcomes[outcomes[i]]);
  if (query_.group_by == GroupBy::nodeClass) enter_classes();
  if (!keys_) return;
  const auto& locals = keys_->column(chunk).locals();
  groups_of_local_.resize(locals.size());
  for (std::size_t i = 0; i < groups_of_local_.size(); ++i) groups_of_local_[i] = keys_->of(locals[i]);
  if (is_planned_) enter_planned(chunk);
}

void Gatherer::add_block(const Target& target, const RowBlock& block) {
  if (is_dense(block)) return target.tally.add(measured(block), outcomes_, target.budget);
  std::array<std::uint16_t, kBlockRows> rows;
  sorted_.clear();
  sorted_.append(*block.chunk, block.list(rows.data()));
  sorted_.add_to(target.tally, 0, sorted_.size(), outcomes_, target.budget);
}

void Gatherer::add_to_total(const RowBlock& block) {
  if (is_dense(block)) return add_block(total(), block);
  std::array<std::uint16_t, kBlockRows> rows;
  if (few_.size() + block.matching > kBlockRows) settle_total();
  few_.append(*block.chunk, block.list(rows.data()));
}

void Gatherer::settle_total() {
  few_.add_to(total_, 0, few_.size(), outcomes_, total_budget_);
  few_.clear();
}

void Gatherer::gather_by_key(const RowBlock& block) {
  const std::size_t before = unsorted_.size();
  unsorted_.resize(before + block.count);
  unsorted_.resize(before + block.list(unsorted_.data() + before).size());
  if (unsorted_.size() >= kSortedAtOnce) settle_keys();
}

// By counting; each group's rows then stand side by side.
template <class GroupsOf, class TargetOf>
void Gatherer::sort_and_add(std::span<const std::uint16_t> rows, std::size_t groups, const GroupsOf& groups_of,
                            const TargetOf& target_of) {
  if (group_begin_.size() < groups) group_begin_.resize(groups, 0);
  std::uint32_t places = 0;
  for (const std::uint16_t row : rows) {
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
  for (const std::uint16_t row : rows) {
    for (const std::uint32_t group : groups_of(row)) by_group_[group_begin_[group]++] = row;
  }
  sorted_.clear();
  sorted_.append(*chunk_, by_group_);
  std::uint32_t begin = 0;
  for (const std::uint32_t group : met_) {
    const std::uint32_t to = group_begin_[group];
    const Target target = target_of(group);
    sorted_.add_to(target.tally, begin, to - begin, outcomes_, target.budget);
    begin = to;
    group_begin_[group] = 0;
  }
  met_.clear();
}

void Gatherer::settle_keys() {
  if (unsorted_.empty()) return;
  const std::uint16_t* locals = keys_->column(*chunk_).rows();
  sort_and_add(
      unsorted_, groups_.size(), [&](std::uint16_t row) { return groups_of_local_[locals[row]]; },
      [&](std::uint32_t group) {
        return Target{groups_[group], group_budget_};
      });
  unsorted_.clear();
}

// Groups beyond those that are told are only named.
Gatherer::Target Gatherer::time_target(std::int64_t from_ms) {
  const auto most = static_cast<std::size_t>(query_.max_groups);
  if (times_.size() >= most && from_ms < times_.begin()->first) {
    left_out_.insert(from_ms);
    return total();
  }
  GroupTally& tally = times_[from_ms];
  if (times_.size() > most) {
    total_.merge(times_.begin()->second, total_budget_);
    left_out_.insert(times_.begin()->first);
    times_.erase(times_.begin());
  }
  return {tally, group_budget_};
}

void Gatherer::add_by_time(const RowBlock& block) {
  const std::uint32_t number = block.begin / kBlockRows;
  const std::int64_t oldest_ms = block.chunk->oldest_ms[number].load(std::memory_order_relaxed);
  const std::int64_t newest_ms = block.chunk->newest_ms[number].load(std::memory_order_relaxed);
  const auto start_of = [&](std::int64_t at_ms) { return bucket_start(query_.group_by, at_ms, query_.utc_offset_ms); };
  if (start_of(oldest_ms) == start_of(newest_ms)) return add_block(time_target(start_of(newest_ms)), block);
  std::array<std::int64_t, kFewTimes + 1> starts_ms;
  std::size_t times = 0;
  constexpr std::int64_t kFar_ms = 8'000'000'000'000'000;  // somewhere beyond this all moments are taken for one
  if (oldest_ms < -kFar_ms || newest_ms > kFar_ms) return add_by_many_times(block);
  for (std::int64_t at_ms = start_of(oldest_ms); at_ms <= newest_ms;
       at_ms = start_of(at_ms + longest_ms(query_.group_by))) {
    if (times == kFewTimes || (times > 0 && at_ms <= starts_ms[times - 1])) return add_by_many_times(block);
    starts_ms[times++] = at_ms;
  }
  starts_ms[times] = std::numeric_limits<std::int64_t>::max();
  std::array<std::uint8_t, kBlockRows> keep;
  for (std::size_t i = times; i-- > 0;) {
    std::memcpy(keep.data(), block.keep, block.count);
    mask_between(block.chunk->created_at_ms.get() + block.begin, block.count, starts_ms[i], starts_ms[i + 1] - 1,
                 keep.data());
    RowBlock part = block;
    part.matching = count_kept(keep.data(), block.count);
    if (part.matching == 0) continue;
    // Runs mostly come in order: those of one group stand side by side.
    const auto first = static_cast<std::uint32_t>(std::find(keep.begin(), keep.end(), 1) - keep.begin());
    std::uint32_t end = block.count;
    while (keep[end - 1] == 0) --end;
    part.begin += first;
    part.count = end - first;
    part.keep = keep.data() + first;
    add_block(time_target(starts_ms[i]), part);
  }
}

void Gatherer::add_by_many_times(const RowBlock& block) {
  const std::int64_t* created = block.chunk->created_at_ms.get();
  std::array<std::uint16_t, kBlockRows> rows;
  const auto list = block.list(rows.data());
  std::vector<std::int64_t> starts_ms;
  std::unordered_map<std::int64_t, std::uint32_t> numbers;
  std::array<std::uint32_t, kBlockRows> time_of;  // by row of the block
  std::uint32_t last = 0;
  for (const std::uint16_t row : list) {
    const std::int64_t from_ms = bucket_start(query_.group_by, created[row], query_.utc_offset_ms);
    if (starts_ms.empty() || starts_ms[last] != from_ms) {
      const auto [at, is_new] = numbers.try_emplace(from_ms, static_cast<std::uint32_t>(starts_ms.size()));
      if (is_new) starts_ms.push_back(from_ms);
      last = at->second;
    }
    time_of[row - block.begin] = last;
  }
  sort_and_add(
      list, starts_ms.size(), [&](std::uint16_t row) { return std::span(&time_of[row - block.begin], 1); },
      [&](std::uint32_t time) { return time_target(starts_ms[time]); });
}

void Gatherer::settle() {
  settle_total();
  settle_keys();
  settle_classes();
}

Statistics Gatherer::finish() {
  settle();
  struct Named {
    std::string key;
    std::optional<std::int64_t> from_ms;
    GroupTally* tally;
  };
  std::vector<Named> all;
  for (auto& [from_ms, group] : times_) all.push_back({iso_time(from_ms, query_.utc_offset_ms), from_ms, &group});
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].counts.runs > 0) all.push_back({names_.names()[i], std::nullopt, &groups_[i]});
  }
  if (most_) total_.merge(groups_[*most_], total_budget_);
  if (total_is_sum_) {
    for (const Named& group : all) total_.merge(*group.tally, total_budget_);
  }
  const auto most = std::min(static_cast<std::size_t>(query_.max_groups), all.size());
  Statistics statistics;
  statistics.groups_left_out = static_cast<std::int64_t>(all.size() - most + left_out_.size());
  statistics.total = total_.finish();
  if (!is_time(query_.group_by)) {
    std::ranges::sort(all, [](const Named& a, const Named& b) {
      const std::int64_t of_a = a.tally->counts.runs;
      const std::int64_t of_b = b.tally->counts.runs;
      return of_a != of_b ? of_a > of_b : a.key < b.key;
    });
    all.resize(most);
  }
  statistics.groups.resize(all.size());
  constexpr std::size_t kAtOnce = 32;
  base::parallel((all.size() + kAtOnce - 1) / kAtOnce, [&](std::size_t part) {
    for (std::size_t i = part * kAtOnce; i < std::min(all.size(), (part + 1) * kAtOnce); ++i) {
      GroupStatistics& told = statistics.groups[i] = all[i].tally->finish(query_.only.has_value());
      told.key = std::move(all[i].key);
      told.from_ms = all[i].from_ms;
    }
  });
  return statistics;
}

}  // namespace comfytrace::history::columns
