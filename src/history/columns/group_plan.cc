#include "history/columns/group_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

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

// The groups of a question with their runs.
struct Counted {
  std::vector<std::uint32_t> runs;
  GroupNames names;              // by tag
  std::vector<std::string> odd;  // by story: groups of odd runs alone, behind the kinds
  std::optional<LabelKinds::View> stories;

  [[nodiscard]] std::string_view name(std::uint32_t group) const {
    if (!stories) return names.names()[group];
    return group < stories->kinds() ? stories->part(group) : odd[group - stories->kinds()];
  }
  void add_odd(std::map<std::string, std::uint32_t, std::less<>>& odd_runs) {
    for (std::uint32_t group = 0; group < runs.size() && !odd_runs.empty(); ++group) {
      const auto at = odd_runs.find(name(group));
      if (at == odd_runs.end()) continue;
      runs[group] += at->second;
      odd_runs.erase(at);
    }
    for (const auto& [key, more] : odd_runs) {
      if (stories) {
        odd.push_back(key);
      } else {
        (void)names.of(key);
      }
      runs.push_back(more);
    }
  }
};

// The largest `most` of them, of as many runs by name. Names are looked at only where they decide.
std::vector<std::uint32_t> largest(const Counted& counted, std::size_t most) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t group = 0; group < counted.runs.size(); ++group) {
    if (counted.runs[group] > 0) all.push_back(group);
  }
  if (all.size() <= most) return all;
  const auto more_runs = [&](std::uint32_t a, std::uint32_t b) { return counted.runs[a] > counted.runs[b]; };
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(most) - 1;
  std::ranges::nth_element(all, last, more_runs);
  const std::uint32_t least = counted.runs[*last];
  std::vector<std::uint32_t> told;
  std::vector<std::pair<std::string_view, std::uint32_t>> equal;
  for (const std::uint32_t group : all) {
    if (counted.runs[group] > least) told.push_back(group);
    if (counted.runs[group] == least) equal.emplace_back(counted.name(group), group);
  }
  const std::size_t rest = most - told.size();
  std::ranges::nth_element(equal, equal.begin() + static_cast<std::ptrdiff_t>(rest) - 1);
  for (std::size_t i = 0; i < rest; ++i) told.push_back(equal[i].second);
  return told;
}

}  // namespace

GroupPlan plan_groups(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan) {
  Counted counted;
  GroupKeys keys(query.group_by, snapshot.shared(), counted.names);
  if (query.group_by == GroupBy::story) counted.stories = keys.kinds();
  const std::size_t groups = counted.stories ? counted.stories->kinds() : counted.names.names().size();
  std::vector<std::vector<std::uint32_t>> counts(
      std::clamp<std::size_t>(snapshot.chunks(), 1, base::parallel_threads()));
  base::parallel(counts.size(), [&](std::size_t i) {
    counts[i].resize(groups);
    count_rows(snapshot, scan, keys, i, counts.size(), counts[i]);
  });
  counted.runs = std::move(counts.front());
  for (std::size_t i = 1; i < counts.size(); ++i)
    std::ranges::transform(counted.runs, counts[i], counted.runs.begin(), std::plus<std::uint32_t>());
  std::map<std::string, std::uint32_t, std::less<>> odd_runs;
  RowScan(scan).each_odd([&](const RunFacts& facts, std::uint32_t) {
    for (const std::string& key : group_keys_of({}, {}, label_of(facts), query.group_by)) ++odd_runs[key];
  });
  counted.add_odd(odd_runs);
  const auto there = static_cast<std::size_t>(std::ranges::count_if(counted.runs, [](auto runs) { return runs > 0; }));
  const auto order = largest(counted, static_cast<std::size_t>(query.max_groups));
  GroupPlan plan{{}, std::move(keys), static_cast<std::int64_t>(there - order.size()), {}};
  std::vector<std::uint32_t> told(counted.runs.size(), GroupKeys::kUntold);
  for (const std::uint32_t group : order) told[group] = plan.names.of(std::string(counted.name(group)));
  plan.keys.renumber(told);
  const auto of_all = std::accumulate(counted.runs.begin(), counted.runs.end(), std::uint64_t{0});
  const auto most = std::ranges::max_element(counted.runs);
  if (most != counted.runs.end() && std::uint64_t{*most} * 2 > of_all) {
    plan.most = told[static_cast<std::size_t>(most - counted.runs.begin())];
    plan.keys.set_apart(*plan.most);
  }
  return plan;
}

}  // namespace comfytrace::history::columns
