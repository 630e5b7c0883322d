#include "history/columns/time_statistics.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "base/parallel.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

std::int64_t runs_of(const PackedTally& tally) {
  return tally.counts.front();
}

}  // namespace

// Tallies times one after another, and with them their sum.
class TimeStatistics::Worker {
 public:
  Worker(const TimeStatistics& of, const ExactBudget& budget) : of_(of), budget_(budget), total_budget_(budget) {
    if (of_.query_.only) total_budget_.measures = {false, false, false};
  }

  void tally(const Time& time) {
    of_one_.clear();
    const TimeParts* parts = nullptr;  // those of the rows that wait
    for (const Source& source : time.sources) {
      if (source.chunk == kOdd) {
        const RunFacts& facts = *of_.odd_[source.index];
        of_one_.add(outcome_of(facts), facts, budget_);
        continue;
      }
      const OfChunk& chunk = of_.chunks_[source.chunk];
      if (chunk.summary) {
        of_one_.merge(chunk.summary->groups[source.index].tally, budget_);
        continue;
      }
      if (parts != chunk.parts.get() && parts) parts->settle(of_one_, few_, budget_);
      parts = chunk.parts.get();
      parts->add_to(of_one_, parts->parts()[source.index], few_, budget_);
    }
    if (parts) parts->settle(of_one_, few_, budget_);
    total_.merge(of_one_, total_budget_);
  }
  // Of the time that was tallied last.
  [[nodiscard]] GroupStatistics finish() { return of_one_.finish(of_.query_.only.has_value()); }
  [[nodiscard]] const GroupTally& total() const { return total_; }

 private:
  const TimeStatistics& of_;
  const ExactBudget budget_;
  ExactBudget total_budget_;
  RowBuffer few_;
  GroupTally of_one_;
  GroupTally total_;
};

std::size_t TimeStatistics::matching() const {
  std::size_t runs = odd_.size();
  for (const OfChunk& chunk : chunks_) {
    if (chunk.parts) runs += chunk.parts->matching();
    if (!chunk.summary) continue;
    for (const auto& group : chunk.summary->groups) runs += static_cast<std::size_t>(runs_of(group.tally));
  }
  return runs;
}

void TimeStatistics::put_sources() {
  std::unordered_map<std::int64_t, std::size_t> numbers;
  const auto add = [&](std::int64_t from_ms, std::size_t runs, Source source) {
    const auto [at, is_new] = numbers.try_emplace(from_ms, times_.size());
    if (is_new) times_.push_back({from_ms, 0, {}});
    times_[at->second].runs += runs;
    times_[at->second].sources.push_back(source);
  };
  for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
    if (chunks_[i].summary) {
      const auto& groups = chunks_[i].summary->groups;
      for (std::uint32_t k = 0; k < groups.size(); ++k)
        add(groups[k].from_ms, static_cast<std::size_t>(runs_of(groups[k].tally)), {i, k});
    } else if (chunks_[i].parts) {
      const auto& parts = chunks_[i].parts->parts();
      for (std::uint32_t k = 0; k < parts.size(); ++k) add(parts[k].from_ms, parts[k].matching, {i, k});
    }
  }
  for (std::uint32_t i = 0; i < odd_.size(); ++i)
    add(bucket_start(query_.group_by, odd_[i]->created_at_ms, query_.utc_offset_ms), 1, {kOdd, i});
  std::ranges::sort(times_, std::greater(), &Time::from_ms);
}

Statistics TimeStatistics::finish() {
  const std::size_t runs = matching();
  ExactBudget budget = budget_;
  if (query_.only) budget.measures = measures_of(*query_.only);
  if (runs > budget.values) budget.values = std::min(budget.values, kValuesOfAGroup);
  put_sources();
  const std::size_t most = std::min(static_cast<std::size_t>(query_.max_groups), times_.size());
  Statistics told;
  told.groups_left_out = static_cast<std::int64_t>(times_.size() - most);
  told.groups.resize(most);
  // Neighbours in time, and about as many runs for each: always the same ones, so that the same question gets the same
  // answer to the last digit.
  std::vector<std::size_t> ends;
  const std::size_t at_once = runs / (base::parallel_threads() * 4) + 1;
  std::size_t gathered = 0;
  for (std::size_t i = 0; i < times_.size(); ++i) {
    gathered += times_[i].runs;
    if (gathered < at_once && i + 1 < times_.size()) continue;
    ends.push_back(i + 1);
    gathered = 0;
  }
  std::vector<std::unique_ptr<Worker>> workers(ends.size());
  base::parallel(ends.size(), [&](std::size_t part) {
    Worker& worker = *(workers[part] = std::make_unique<Worker>(*this, budget));
    for (std::size_t i = part == 0 ? 0 : ends[part - 1]; i < ends[part]; ++i) {
      worker.tally(times_[i]);
      if (i >= most) continue;
      GroupStatistics& of_one = told.groups[most - 1 - i] = worker.finish();
      of_one.key = iso_time(times_[i].from_ms, query_.utc_offset_ms);
      of_one.from_ms = times_[i].from_ms;
    }
  });
  GroupTally total;
  for (const auto& worker : workers) total.merge(worker->total(), budget);
  told.total = total.finish();
  return told;
}

std::shared_ptr<ChunkSummary> summary_of(const TimeParts& parts, std::uint32_t version, std::size_t most_values) {
  const ExactBudget budget{most_values};
  std::map<std::int64_t, std::vector<const TimeParts::Part*>> times;
  for (const TimeParts::Part& part : parts.parts()) times[part.from_ms].push_back(&part);
  auto summary = std::make_shared<ChunkSummary>();
  summary->version = version;
  GroupTally tally;
  RowBuffer few;
  for (const auto& [from_ms, of_one] : times) {
    for (const TimeParts::Part* part : of_one) parts.add_to(tally, *part, few, budget);
    parts.settle(tally, few, budget);
    summary->groups.push_back({"", from_ms, tally.take(most_values)});
  }
  summary->tell_whether_exact();
  return summary;
}

}  // namespace comfytrace::history::columns
