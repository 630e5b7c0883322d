#include "history/columns/statistics.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "history/columns/group_keys.h"
#include "history/columns/tally.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {

// Tallies of one full chunk: in total, and of its groups by name.
struct ChunkSummary {
  std::uint32_t version = 0;     // of the snapshot it was made of
  bool too_many_groups = false;  // and so they are not here
  GroupTally total;
  std::vector<std::pair<std::string, GroupTally>> groups;
};

namespace {

// As soon as more runs match than have exact percentiles, a group keeps this many values before it counts in buckets.
constexpr std::size_t kValuesOfAGroup = 256;
// Chunks with more groups are not summed up beforehand: it would take more memory than it saves time.
constexpr std::size_t kSummedGroups = 64;

bool may_be_summed(GroupBy group_by) {
  return !is_time(group_by) && group_by != GroupBy::story && group_by != GroupBy::tag;
}

std::int64_t shortest_ms(GroupBy group_by) {
  constexpr std::int64_t kHour_ms = 3'600'000;
  return kHour_ms * (group_by == GroupBy::hour   ? 1
                     : group_by == GroupBy::day  ? 24
                     : group_by == GroupBy::week ? 24 * 7
                                                 : 24 * 28);
}

// Gathers the tallies of some of the chunks of a snapshot.
class Gatherer {
 public:
  Gatherer(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, ExactBudget budget)
      : shared_(snapshot.shared()), query_(query), total_budget_(budget), group_budget_(budget) {
    const GroupBy by = query.group_by;
    if (by != GroupBy::none && by != GroupBy::nodeClass && !is_time(by)) keys_.emplace(by, shared_, names_);
    total_is_sum_ = is_time(by) || (keys_ && keys_->is_partition());
    resize();
  }

  void add(const RowBlock& block) {
    enter(*block.chunk);
    count_matching(block.rows.size());
    if (!total_is_sum_) add_rows(total_, block.rows, total_budget_);
    if (query_.group_by == GroupBy::none) return;
    if (query_.group_by == GroupBy::nodeClass) return add_classes(block.rows);
    if (!keys_) return add_by_time(block.rows);
    add_by_key(block.rows);
  }

  void add(const RunFacts& facts) {
    count_matching(1);
    const Outcome outcome = outcome_of(facts);
    if (!total_is_sum_) add_facts(total_, outcome, facts, total_budget_);
    if (query_.group_by == GroupBy::nodeClass) {
      for (const NodeClassFacts& of_class : facts.node_classes) {
        GroupTally& tally = group(names_.of(of_class.class_type));
        tally.count_class(outcome, of_class.executions);
        tally.duration_ms.add(of_class.duration_ms, group_budget_);
      }
    } else if (is_time(query_.group_by)) {
      add_facts(time_group(facts.created_at_ms), outcome, facts, group_budget_);
    } else if (keys_) {
      for (const std::string& key : group_keys_of(outcome, setting_of(facts), label_of(facts), query_.group_by))
        add_facts(group(names_.of(key)), outcome, facts, group_budget_);
    }
  }

  void add(const ChunkSummary& summary) {
    count_matching(static_cast<std::size_t>(summary.total.counts.runs));
    if (!total_is_sum_) total_.merge(summary.total, total_budget_);
    for (const auto& [name, tally] : summary.groups) group(names_.of(name)).merge(tally, group_budget_);
  }

  // What was gathered from rows of this one chunk.
  [[nodiscard]] std::shared_ptr<ChunkSummary> to_summary(std::uint32_t version) {
    settle();
    auto summary = std::make_shared<ChunkSummary>();
    summary->version = version;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (groups_[i].counts.runs > 0) summary->groups.emplace_back(names_.names()[i], std::move(groups_[i]));
    }
    summary->total = std::move(total_);
    if (total_is_sum_) {
      for (const auto& [name, tally] : summary->groups) summary->total.merge(tally, total_budget_);
    }
    summary->too_many_groups = summary->groups.size() > kSummedGroups;
    if (summary->too_many_groups) summary->groups.clear();
    return summary;
  }

  [[nodiscard]] Statistics finish();

 private:
  void resize() { groups_.resize(names_.names().size()); }
  GroupTally& group(std::uint32_t number) {
    if (number >= groups_.size()) resize();
    return groups_[number];
  }

  void count_matching(std::size_t runs) {
    matching_ += runs;
    if (matching_ > total_budget_.values) group_budget_.values = std::min(group_budget_.values, kValuesOfAGroup);
  }

  void enter(const Chunk& chunk) {
    if (chunk_ == &chunk) return;
    chunk_ = &chunk;
    outcome_rows_ = chunk.outcome.rows();
    const auto& outcomes = chunk.outcome.locals();
    outcomes_.clear();
    outcomes_fit_ = true;
    for (std::size_t i = 0, count = outcomes.size(); i < count; ++i)
      outcomes_fit_ &= outcomes_.emplace_back(shared_.outcomes[outcomes[i]]).fits;
    if (!keys_) return;
    group_rows_ = keys_->column(chunk).rows();
    const auto& groups = keys_->column(chunk).locals();
    group_ids_.resize(groups.size());
    for (std::size_t i = 0; i < group_ids_.size(); ++i) group_ids_[i] = groups[i];
  }

  void count_outcomes(GroupTally& group, std::span<const std::uint16_t> rows) {
    if (!outcomes_fit_) {
      for (const std::uint16_t row : rows) group.count(shared_.outcomes[chunk_->outcome.at(row)], 1);
      return;
    }
    std::array<std::uint32_t, 8> sums{};
    std::array<std::uint32_t, 8> runs_of_status{};
    for (const std::uint16_t row : rows) {
      const OutcomeCounts& outcome = outcomes_[outcome_rows_[row]];
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += outcome.counts[i];
      ++runs_of_status[outcome.status];
    }
    group.count(sums, runs_of_status);
  }

  // Column by column, at most a block at once: what is missing is passed over without a branch.
  void add_rows(GroupTally& group, std::span<const std::uint16_t> rows, const ExactBudget& budget) {
    count_outcomes(group, rows);
    std::array<std::int32_t, kBlockRows> numbers;
    std::size_t count = 0;
    const std::int32_t* duration = chunk_->duration_ms.get();
    for (const std::uint16_t row : rows) {
      numbers[count] = duration[row];
      count += static_cast<std::size_t>((duration[row] >= 0) & outcomes_[outcome_rows_[row]].has_ended);
    }
    group.duration_ms.add(std::span<const std::int32_t>(numbers.data(), count), budget);
    count = 0;
    const std::int32_t* queue_wait = chunk_->queue_wait_ms.get();
    for (const std::uint16_t row : rows) {
      numbers[count] = queue_wait[row];
      count += static_cast<std::size_t>(queue_wait[row] >= 0);
    }
    group.queue_wait_ms.add(std::span<const std::int32_t>(numbers.data(), count), budget);
    std::array<std::int64_t, kBlockRows> peaks;
    count = 0;
    for (const std::uint16_t row : rows) {
      peaks[count] = chunk_->vram_peak(row);
      count += static_cast<std::size_t>(peaks[count] >= 0);
    }
    group.vram_peak_bytes.add(std::span<const std::int64_t>(peaks.data(), count), budget);
  }

  // Sorts the rows by group first, by counting.
  void add_by_key(std::span<const std::uint16_t> rows) {
    group_begin_.resize(groups_.size(), 0);
    std::size_t places = 0;
    for (const std::uint16_t row : rows) {
      for (const std::uint32_t group : keys_->of(group_ids_[group_rows_[row]])) {
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
      for (const std::uint32_t group : keys_->of(group_ids_[group_rows_[row]])) by_group_[group_begin_[group]++] = row;
    }
    std::uint32_t begin = 0;
    for (const std::uint32_t group : met_) {
      const std::uint32_t to = group_begin_[group];
      add_rows(groups_[group], std::span(by_group_).subspan(begin, to - begin), group_budget_);
      begin = to;
      group_begin_[group] = 0;
    }
    met_.clear();
  }

  static void add_facts(GroupTally& tally, const Outcome& outcome, const RunFacts& facts, const ExactBudget& budget) {
    tally.count(outcome, 1);
    if (facts.duration_ms && !model::is_open(facts.status)) tally.duration_ms.add(*facts.duration_ms, budget);
    if (facts.queue_wait_ms) tally.queue_wait_ms.add(*facts.queue_wait_ms, budget);
    if (facts.vram_peak_bytes) tally.vram_peak_bytes.add(*facts.vram_peak_bytes, budget);
  }

  GroupTally& time_group(std::int64_t created_at_ms) {
    return times_[bucket_start(query_.group_by, created_at_ms, query_.utc_offset_ms)];
  }

  // Runs mostly come in order, so many in a row are of one group.
  void add_by_time(std::span<const std::uint16_t> rows) {
    const std::int64_t* created = chunk_->created_at_ms.get();
    while (!rows.empty()) {
      const std::int64_t first_ms = created[rows.front()];
      if (!time_ || first_ms < time_from_ms_ || first_ms >= time_to_ms_) {
        time_ = &time_group(first_ms);
        time_from_ms_ = bucket_start(query_.group_by, first_ms, query_.utc_offset_ms);
        time_to_ms_ = std::max(time_from_ms_ + shortest_ms(query_.group_by), first_ms + 1);
      }
      std::size_t count = 1;
      while (count < rows.size() && created[rows[count]] >= time_from_ms_ && created[rows[count]] < time_to_ms_)
        ++count;
      add_rows(*time_, rows.first(count), group_budget_);
      rows = rows.subspan(count);
    }
  }

  void add_classes(std::span<const std::uint16_t> rows) {
    if (shape_runs_.size() < shared_.shapes.size()) {
      shape_runs_.resize(shared_.shapes.size());
      shape_groups_.resize(shared_.shapes.size());
    }
    for (const std::uint16_t row : rows) {
      NodeTimes times(chunk_->details.at(chunk_->details_at[row]));
      const std::uint32_t shape = times.shape();
      auto& groups = shape_groups_[shape];
      if (groups.empty()) {
        for (const std::string& name : shared_.shapes[shape].classes) groups.push_back(names_.of(name));
        resize();
        class_values_.resize(groups_.size());
      }
      ++shape_runs_[shape][outcomes_[outcome_rows_[row]].status];
      for (const std::uint32_t of_class : groups) {
        auto& values = class_values_[of_class];
        values.push_back(times.next_ms());
        if (values.size() == kBlockRows) add_class_values(of_class);
      }
    }
  }

  void add_class_values(std::uint32_t of_class) {
    groups_[of_class].duration_ms.add(std::span<const std::int64_t>(class_values_[of_class]), group_budget_);
    class_values_[of_class].clear();
  }

  // Brings what waits into the tallies.
  void settle() {
    for (std::uint32_t i = 0; i < class_values_.size(); ++i) add_class_values(i);
    for (std::size_t shape = 0; shape < shape_runs_.size(); ++shape) {
      for (std::size_t status = 0; status < 8; ++status) {
        const std::int64_t runs = shape_runs_[shape][status];
        if (runs == 0) continue;
        Outcome end;
        end.status = static_cast<model::Status>(status);
        for (std::size_t k = 0; k < shape_groups_[shape].size(); ++k) {
          GroupTally& tally = groups_[shape_groups_[shape][k]];
          tally.count(end, runs);
          tally.counts.executions += runs * shared_.shapes[shape].executions[k];
        }
      }
    }
    shape_runs_.clear();
  }

  const SharedFacts& shared_;
  const StatisticsQuery& query_;
  const ExactBudget total_budget_;
  ExactBudget group_budget_;
  std::size_t matching_ = 0;
  bool total_is_sum_ = false;
  GroupNames names_;
  std::optional<GroupKeys> keys_;
  GroupTally total_;
  std::vector<GroupTally> groups_;
  std::map<std::int64_t, GroupTally> times_;
  // Of the chunk at hand.
  const Chunk* chunk_ = nullptr;
  const std::uint16_t* outcome_rows_ = nullptr;
  std::vector<OutcomeCounts> outcomes_;
  bool outcomes_fit_ = true;
  const std::uint16_t* group_rows_ = nullptr;
  std::vector<std::uint32_t> group_ids_;
  GroupTally* time_ = nullptr;
  std::int64_t time_from_ms_ = 0;
  std::int64_t time_to_ms_ = 0;
  std::vector<std::array<std::uint32_t, 8>> shape_runs_;
  std::vector<std::vector<std::uint32_t>> shape_groups_;
  std::vector<std::vector<std::int64_t>> class_values_;  // by group; not yet in its tally
  // Of the block at hand: the groups it has, where each begins among the rows sorted by group. Else empty, zero.
  std::vector<std::uint32_t> met_;
  std::vector<std::uint32_t> group_begin_;
  std::vector<std::uint16_t> by_group_;
};

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
  if (total_is_sum_) {
    for (const Named& group : all) total_.merge(*group.tally, total_budget_);
  }
  const auto most = std::min(static_cast<std::size_t>(query_.max_groups), all.size());
  Statistics statistics;
  statistics.groups_left_out = static_cast<std::int64_t>(all.size() - most);
  statistics.total = total_.finish();
  if (is_time(query_.group_by)) {
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(most));
  } else {
    std::ranges::sort(all, [](const Named& a, const Named& b) {
      const std::int64_t of_a = a.tally->counts.runs;
      const std::int64_t of_b = b.tally->counts.runs;
      return of_a != of_b ? of_a > of_b : a.key < b.key;
    });
    all.resize(most);
  }
  for (Named& group : all) {
    GroupStatistics told = group.tally->finish();
    told.key = std::move(group.key);
    told.from_ms = group.from_ms;
    statistics.groups.push_back(std::move(told));
  }
  return statistics;
}

// Of a chunk all of whose rows are asked for. Absent: it is not full, or its rows must be counted one by one.
std::shared_ptr<const ChunkSummary> summary_of(const ColumnStore::Snapshot& snapshot, std::size_t chunk,
                                               GroupBy group_by) {
  if (snapshot.rows_of(chunk) < kChunkRows) return nullptr;
  const Chunk& of = snapshot.chunk(chunk);
  const auto place = static_cast<std::size_t>(group_by);
  auto summary = of.summaries.find(place);
  if (!summary || of.last_death() > std::min(summary->version, snapshot.version)) {
    StatisticsQuery whole;
    whole.group_by = group_by;
    Gatherer gatherer(snapshot, whole, {kValuesOfAGroup});
    RowScan scan(snapshot, whole.filter);
    scan.each_block_of(chunk, [&](const RowBlock& block) { gatherer.add(block); });
    summary = gatherer.to_summary(snapshot.version);
    of.summaries.put(place, summary);
  }
  return summary->too_many_groups ? nullptr : summary;
}

}  // namespace

Statistics statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RidSet* among) {
  ExactBudget budget;
  if (query.exact) budget.values = std::numeric_limits<std::size_t>::max();
  Gatherer gatherer(snapshot, query, budget);
  RowScan scan(snapshot, query.filter, among);
  for (std::size_t i = 0; i < snapshot.chunks(); ++i) {
    if (!query.exact && may_be_summed(query.group_by) && scan.takes_whole(i)) {
      if (const auto summary = summary_of(snapshot, i, query.group_by)) {
        gatherer.add(*summary);
        continue;
      }
    }
    scan.each_block_of(i, [&](const RowBlock& block) { gatherer.add(block); });
  }
  scan.each_odd([&](const RunFacts& facts, std::uint32_t) { gatherer.add(facts); });
  return gatherer.finish();
}

}  // namespace comfytrace::history::columns
