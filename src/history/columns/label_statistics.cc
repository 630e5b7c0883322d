#include "history/columns/label_statistics.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "history/columns/label_count.h"
#include "history/columns/label_groups.h"
#include "history/columns/told_tallies.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kNone = LabelGroups::kNone;

// How many groups have how many runs: most have few.
class GroupSizes {
 public:
  explicit GroupSizes(std::span<const std::uint32_t> runs) : groups_(runs.size()) {
    // One number often follows itself: two tables, lest each waits for the one before.
    std::array<std::array<std::uint32_t, kSmall>, 2> counts{};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i] < kSmall) {
        ++counts[i % 2][runs[i]];
      } else {
        large_.push_back(runs[i]);
      }
    }
    for (std::size_t i = 0; i < kSmall; ++i) counts_[i] = counts[0][i] + counts[1][i];
  }
  // How many have runs.
  [[nodiscard]] std::size_t filled() const { return groups_ - counts_[0]; }
  // The runs of the nth largest.
  [[nodiscard]] std::uint32_t nth_largest(std::size_t n) {
    if (large_.size() >= n) {
      const auto at = large_.begin() + static_cast<std::ptrdiff_t>(n) - 1;
      std::ranges::nth_element(large_, at, std::greater());
      return *at;
    }
    std::size_t left = n - large_.size();
    std::uint32_t number = kSmall - 1;
    for (; number > 0 && counts_[number] < left; --number) left -= counts_[number];
    return number;
  }

 private:
  static constexpr std::size_t kSmall = 1'024;
  std::size_t groups_;
  std::array<std::uint32_t, kSmall> counts_;
  std::vector<std::uint32_t> large_;
};

// The largest `most` of the groups that have runs, the largest first, of as many runs by name. Names are looked at only
// where they decide.
std::vector<std::uint32_t> largest(const LabelGroups& groups, std::span<const std::uint32_t> runs, GroupSizes& sizes,
                                   std::size_t most) {
  std::vector<std::uint32_t> told;
  const std::uint32_t least = most == 0 ? ~0u : sizes.filled() > most ? sizes.nth_largest(most) : 1;
  std::vector<std::uint32_t> equal;
  for (std::uint32_t group = 0; group < runs.size(); ++group) {
    if (runs[group] < least) [[likely]]
      continue;
    (runs[group] == least && sizes.filled() > most ? equal : told).push_back(group);
  }
  if (!equal.empty()) {
    std::vector<std::pair<std::string_view, std::uint32_t>> by_name;
    for (const std::uint32_t group : equal) by_name.emplace_back(groups.name(group), group);
    const std::size_t rest = most - told.size();
    std::ranges::nth_element(by_name, by_name.begin() + static_cast<std::ptrdiff_t>(rest) - 1);
    for (std::size_t i = 0; i < rest; ++i) told.push_back(by_name[i].second);
  }
  std::ranges::sort(told, [&](std::uint32_t a, std::uint32_t b) {
    return runs[a] != runs[b] ? runs[a] > runs[b] : groups.name(a) < groups.name(b);
  });
  return told;
}

// The runs that are not in columns, with the groups of each.
struct Odd {
  std::vector<RunFacts> runs;
  std::vector<std::vector<std::uint32_t>> groups;
};

class LabelStatistics {
 public:
  LabelStatistics(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan,
                  const ExactBudget& budget, bool has_cells)
      : snapshot_(snapshot),
        query_(query),
        scan_(scan),
        has_cells_(has_cells),
        groups_(query.group_by, snapshot.shared()),
        total_budget_(budget),
        group_budget_(budget),
        parts_(snapshot.chunks()),
        threads_(std::clamp<std::size_t>(snapshot.chunks(), 1, base::parallel_threads())) {
    if (!query.only) return;
    total_budget_.measures = {false, false, false};
    group_budget_.measures = measures_of(*query.only);
  }

  Statistics answer() {
    read_odd();
    std::size_t alike = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) alike += snapshot_.rows_of(i) == kChunkRows && scan_.covers(i);
    Statistics told = ask(alike);
    if (is_rounded_in_vain(told)) told = ask(0);
    return told;
  }

 private:
  Statistics ask(std::size_t alike_chunks) {
    count(alike_chunks);
    Statistics told;
    told.total = total();
    GroupSizes sizes(runs_);
    const auto order = largest(groups_, runs_, sizes, static_cast<std::size_t>(query_.max_groups));
    told.groups_left_out = static_cast<std::int64_t>(sizes.filled() - order.size());
    tell(order, told.groups);
    return told;
  }
  void count(std::size_t alike_chunks) {
    parts_ = std::vector<LabelPart>(parts_.size());
    shares_.resize(threads_);
    // Always the same chunks for each, so that the same question gets the same answer to the last digit.
    base::parallel(threads_, [&](std::size_t i) {
      shares_[i] = std::make_unique<LabelCount>(snapshot_, query_.group_by, groups_, scan_, total_budget_,
                                                ExactBudget{total_budget_.values, group_budget_.measures}, alike_chunks,
                                                has_cells_ && alike_chunks > 0 ? &query_.filter : nullptr);
      for (std::size_t n = i; n < parts_.size(); n += threads_) {
        const std::size_t chunk = parts_.size() - 1 - n;
        shares_[i]->add(chunk, parts_[chunk]);
      }
      shares_[i]->finish();
    });
    runs_.assign(groups_.size(), 0);
    for (const auto& share : shares_) add_counts(runs_.data(), share->runs().data(), runs_.size());
    for (const auto& of_run : odd_.groups) {
      for (const std::uint32_t group : of_run) ++runs_[group];
    }
  }
  // Whether values were rounded of the total, or of a group apart, that are too few for that: it was guessed wrong how
  // many match, or few of them have the measure, or are in that group.
  [[nodiscard]] bool is_rounded_in_vain(const Statistics& told) const {
    if (std::ranges::none_of(shares_, [](const auto& share) { return share->is_rounded(); })) return false;
    const auto is_in_vain = [](const GroupStatistics& group, std::size_t values) {
      return std::ranges::any_of(
          std::array{&group.duration_ms, &group.queue_wait_ms, &group.vram_peak_bytes},
          [&](const Distribution* of) { return !of->exact && static_cast<std::size_t>(of->n) <= values; });
    };
    return is_in_vain(told.total, total_budget_.values) || std::ranges::any_of(apart_, [&](const Apart& apart) {
             return is_in_vain(told.groups[apart.place], apart.values);
           });
  }
  void read_odd() {
    std::vector<std::vector<std::string>> keys;
    std::map<std::string, std::uint32_t, std::less<>> names;
    RowScan(scan_).each_odd([&](const RunFacts& facts, std::uint32_t) {
      odd_.runs.push_back(facts);
      keys.push_back(group_keys_of({}, {}, label_of(facts), query_.group_by));
      for (const std::string& key : keys.back()) names.emplace(key, kNone);
    });
    const auto numbers = groups_.number(std::move(names));
    for (const auto& of_run : keys) {
      auto& groups = odd_.groups.emplace_back();
      for (const std::string& key : of_run) groups.push_back(numbers.find(key)->second);
    }
  }

  GroupStatistics total() {
    GroupTally total;
    for (const auto& share : shares_) total.merge(share->total(), total_budget_);
    for (const RunFacts& facts : odd_.runs) total.add(outcome_of(facts), facts, total_budget_);
    matching_ = static_cast<std::size_t>(total.counts.runs);
    return total.finish();
  }

  void tell(const std::vector<std::uint32_t>& order, std::vector<GroupStatistics>& groups) {
    ExactBudget budget = group_budget_;
    if (matching_ > budget.values) budget.values = std::min(budget.values, kValuesOfAGroup);
    const auto of_all = std::accumulate(runs_.begin(), runs_.end(), std::uint64_t{0});
    ToldGroups told(runs_.size());
    apart_.clear();
    for (std::size_t i = 0; i < order.size(); ++i) {
      // What has most of the runs keeps as many values as the total.
      const bool has_most = std::uint64_t{runs_[order[i]]} * 2 > of_all;
      told.add(order[i], has_most ? group_budget_ : budget);
      if (std::ranges::any_of(shares_, [&](const auto& share) { return share->apart() == order[i]; }))
        apart_.push_back({i, told.budget(i).values});
    }
    std::vector<std::unique_ptr<ToldTallies>> tallies(threads_);
    base::parallel(threads_, [&](std::size_t i) {
      tallies[i] = std::make_unique<ToldTallies>(groups_, told, snapshot_.shared());
      for (std::size_t n = i; n < parts_.size(); n += threads_) {
        const std::size_t chunk = parts_.size() - 1 - n;
        tallies[i]->add(snapshot_.chunk(chunk), parts_[chunk]);
      }
    });
    add_odd(told, *tallies.front());
    groups.resize(order.size());
    constexpr std::size_t kAtOnce = 32;
    base::parallel((order.size() + kAtOnce - 1) / kAtOnce, [&](std::size_t part) {
      for (std::size_t i = part * kAtOnce; i < std::min(order.size(), (part + 1) * kAtOnce); ++i) {
        GroupTally& tally = tallies.front()->at(i);
        for (std::size_t k = 1; k < threads_; ++k) tally.merge(tallies[k]->at(i), told.budget(i));
        for (const auto& share : shares_) {
          if (share->apart() == order[i]) tally.merge(share->tally_apart(), told.budget(i));
        }
        groups[i] = tally.finish(query_.only.has_value());
        groups[i].key = groups_.name(order[i]);
      }
    });
  }
  void add_odd(const ToldGroups& told, ToldTallies& tallies) {
    for (std::size_t i = 0; i < odd_.runs.size(); ++i) {
      for (const std::uint32_t group : odd_.groups[i]) {
        const std::uint32_t place = told.place_of(group);
        if (place != kNone) tallies.at(place).add(outcome_of(odd_.runs[i]), odd_.runs[i], told.budget(place));
      }
    }
  }

  const ColumnStore::Snapshot& snapshot_;
  const StatisticsQuery& query_;
  const RowScan& scan_;
  const bool has_cells_;  // cells tell the filter, and much matches
  LabelGroups groups_;
  ExactBudget total_budget_;
  ExactBudget group_budget_;
  std::vector<LabelPart> parts_;  // by chunk
  const std::size_t threads_;
  std::vector<std::unique_ptr<LabelCount>> shares_;
  Odd odd_;
  std::vector<std::uint32_t> runs_;  // by group
  std::size_t matching_ = 0;
  // The groups apart that are told.
  struct Apart {
    std::size_t place;
    std::size_t values;  // so many of it are kept as they are
  };
  std::vector<Apart> apart_;
};

}  // namespace

Statistics label_statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan,
                               const ExactBudget& budget, bool are_many) {
  ExactBudget kept = budget;
  if (are_many) kept.values = std::min(kept.values, kValuesOfAGroup);
  return LabelStatistics(snapshot, query, scan, kept, are_many && tell_filter(query.filter)).answer();
}

}  // namespace comfytrace::history::columns
