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
    if (!time.of_rest.empty()) tally_rest(time.of_rest);
    const TimeParts* parts = nullptr;  // those of the rows that wait
    for (const Source& source : time.sources) {
      if (source.chunk == kOdd) {
        const RunFacts& facts = *of_.odd_[source.index];
        of_one_.add(outcome_of(facts), facts, budget_);
        continue;
      }
      const OfChunk& chunk = of_.chunks_[source.chunk];
      if (source.of == Source::Of::summary) {
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
  // All less the others. The others are often neither the least nor the most: then the values that match need not be
  // looked at.
  void tally_rest(const std::vector<Source>& sources) {
    out_.clear();
    const TimeParts* parts = nullptr;  // those of the rows that wait
    for (const Source& source : sources) {
      const OfChunk& chunk = of_.chunks_[source.chunk];
      if (source.of == Source::Of::summary) of_one_.merge(chunk.summary->groups[source.index].tally, budget_);
      if (source.of != Source::Of::others) continue;
      if (parts != chunk.others.get() && parts) parts->settle(out_, few_, budget_);
      parts = chunk.others.get();
      parts->add_to(out_, parts->parts()[source.index], few_, budget_);
    }
    if (!parts) return;
    parts->settle(out_, few_, budget_);
    RowReach all{of_one_.duration_ms.bounds(), of_one_.queue_wait_ms.bounds(), of_one_.vram_peak_bytes.bounds()};
    const RowReach out{out_.duration_ms.bounds(), out_.queue_wait_ms.bounds(), out_.vram_peak_bytes.bounds()};
    const auto is_known = [](const Bounds& of_all, const Bounds& of_out) {
      return of_out.min > of_all.min && of_out.max < of_all.max;
    };
    TallyBounds bounds;
    if (is_known(all.duration_ms, out.duration_ms)) bounds.set_duration_ms(all.duration_ms);
    if (is_known(all.queue_wait_ms, out.queue_wait_ms)) bounds.set_queue_wait_ms(all.queue_wait_ms);
    if (is_known(all.vram_peak_bytes, out.vram_peak_bytes)) bounds.set_vram_peak_bytes(all.vram_peak_bytes);
    for (const Source& source : sources) {
      if (source.of != Source::Of::parts) continue;
      const TimeParts& matching = *of_.chunks_[source.chunk].parts;
      matching.bound(bounds, matching.parts()[source.index], all);
    }
    of_one_.subtract(std::move(out_));
    of_one_.bound(bounds);
  }

  const TimeStatistics& of_;
  const ExactBudget budget_;
  ExactBudget total_budget_;
  RowBuffer few_;
  GroupTally of_one_;
  GroupTally out_;
  GroupTally total_;
};

std::size_t TimeStatistics::matching() const {
  std::size_t runs = odd_.size();
  for (const OfChunk& chunk : chunks_) {
    if (chunk.parts) runs += chunk.parts->matching();
    if (!chunk.summary || chunk.others) continue;
    for (const auto& group : chunk.summary->groups) runs += static_cast<std::size_t>(runs_of(group.tally));
  }
  return runs;
}

void TimeStatistics::put_sources() {
  std::unordered_map<std::int64_t, std::size_t> numbers;
  const auto time_at = [&](std::int64_t from_ms) -> Time& {
    const auto [at, is_new] = numbers.try_emplace(from_ms, times_.size());
    if (is_new) times_.push_back({from_ms, 0, {}, {}});
    return times_[at->second];
  };
  for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
    const OfChunk& chunk = chunks_[i];
    const auto put = [&](std::int64_t from_ms, std::size_t runs, std::uint32_t index, Source::Of of) {
      Time& time = time_at(from_ms);
      time.runs += runs;
      (chunk.others ? time.of_rest : time.sources).push_back({i, index, of});
    };
    if (chunk.summary) {
      const auto& groups = chunk.summary->groups;
      for (std::uint32_t k = 0; k < groups.size(); ++k) {
        const auto runs = chunk.others ? 0 : static_cast<std::size_t>(runs_of(groups[k].tally));
        put(groups[k].from_ms, runs, k, Source::Of::summary);
      }
    }
    for (const auto& [parts, of] : {std::pair(&chunk.parts, Source::Of::parts), {&chunk.others, Source::Of::others}}) {
      for (std::uint32_t k = 0; *parts && k < (*parts)->parts().size(); ++k) {
        const TimeParts::Part& part = (*parts)->parts()[k];
        put(part.from_ms, of == Source::Of::parts ? part.matching : 0, k, of);
      }
    }
  }
  for (std::uint32_t i = 0; i < odd_.size(); ++i) {
    Time& time = time_at(bucket_start(query_.group_by, odd_[i]->created_at_ms, query_.utc_offset_ms));
    ++time.runs;
    time.sources.push_back({kOdd, i});
  }
  // All of these may be taken out.
  std::erase_if(times_, [](const Time& time) { return time.runs == 0; });
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
