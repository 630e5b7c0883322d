#include "history/columns/statistics.h"

#include <algorithm>
#include <limits>

#include "history/columns/gatherer.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

bool may_be_summed(GroupBy group_by) {
  return !is_time(group_by) && group_by != GroupBy::story && group_by != GroupBy::tag;
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
  scan.each_odd([&](const RunFacts& facts, std::uint32_t) { gatherer.add(facts); });
  const std::size_t chunks = snapshot.chunks();
  for (std::size_t n = 0; n < chunks; ++n) {
    // Groups of time want the newest rows first. Else the last chunk, which has no summary, comes last: what is in
    // buckets by then takes its rows sooner.
    const std::size_t i = is_time(query.group_by) ? chunks - 1 - n : n;
    if (!query.exact && may_be_summed(query.group_by) && scan.takes_whole(i)) {
      if (const auto summary = summary_of(snapshot, i, query.group_by)) {
        gatherer.add(*summary);
        continue;
      }
    }
    scan.each_block_backwards(i, [&](const RowBlock& block) { gatherer.add(block); });
  }
  return gatherer.finish();
}

}  // namespace comfytrace::history::columns
