#include "history/columns/group_plan.h"

#include <algorithm>
#include <numeric>

#include "base/parallel.h"

namespace comfytrace::history::columns {
namespace {

// Adds the matching rows of some chunks to `runs`, by group.
void count_rows(const ColumnStore::Snapshot& snapshot, RowScan scan, const GroupKeys& keys, std::size_t first,
                std::size_t step, std::vector<std::uint32_t>& runs) {
  std::vector<std::uint32_t> of_local;
  for (std::size_t i = first; i < snapshot.chunks(); i += step) {
    const LocalColumn& column = keys.column(snapshot.chunk(i));
    const std::size_t locals = column.locals().size();
    of_local.assign(locals, 0);
    scan.each_block_of(i, [&](const RowBlock& block) {
      const std::uint16_t* rows = column.rows() + block.begin;
      for (std::uint32_t k = 0; k < block.count; ++k) of_local[rows[k]] += block.keep[k];
    });
    for (std::size_t local = 0; local < locals; ++local) {
      if (of_local[local] == 0) continue;
      for (const std::uint32_t group : keys.of(column.locals()[local])) runs[group] += of_local[local];
    }
  }
}

}  // namespace

GroupPlan plan_groups(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan) {
  GroupNames names;
  GroupKeys keys(query.group_by, snapshot.shared(), names);
  std::vector<std::vector<std::uint32_t>> counts(
      std::clamp<std::size_t>(snapshot.chunks(), 1, base::parallel_threads()));
  base::parallel(counts.size(), [&](std::size_t i) {
    counts[i].resize(names.names().size());
    count_rows(snapshot, scan, keys, i, counts.size(), counts[i]);
  });
  std::vector<std::uint32_t>& runs = counts.front();
  for (std::size_t i = 1; i < counts.size(); ++i)
    std::ranges::transform(runs, counts[i], runs.begin(), std::plus<std::uint32_t>());
  RowScan(scan).each_odd([&](const RunFacts& facts, std::uint32_t) {
    for (const std::string& key : group_keys_of({}, {}, label_of(facts), query.group_by)) {
      const std::uint32_t group = names.of(key);
      if (group >= runs.size()) runs.resize(group + 1);
      ++runs[group];
    }
  });
  std::vector<std::uint32_t> order(runs.size());
  std::iota(order.begin(), order.end(), 0u);
  std::erase_if(order, [&](std::uint32_t group) { return runs[group] == 0; });
  const std::size_t most = std::min(order.size(), static_cast<std::size_t>(query.max_groups));
  const auto larger = [&](std::uint32_t a, std::uint32_t b) {
    return runs[a] != runs[b] ? runs[a] > runs[b] : names.names()[a] < names.names()[b];
  };
  std::ranges::nth_element(order, order.begin() + static_cast<std::ptrdiff_t>(most), larger);
  const auto left_out = static_cast<std::int64_t>(order.size() - most);
  order.resize(most);
  GroupPlan plan{{}, std::move(keys), left_out};
  std::vector<std::uint32_t> told(names.names().size(), GroupKeys::kUntold);
  for (const std::uint32_t group : order) told[group] = plan.names.of(names.names()[group]);
  plan.keys.renumber(told);
  return plan;
}

}  // namespace comfytrace::history::columns
