#include "history/columns/label_statistics.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "history/columns/label_count.h"
#include "history/columns/label_groups.h"
#include "history/columns/largest_groups.h"
#include "history/columns/told_tallies.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kNone = LabelGroups::kNone;

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
    std::vector<std::uint32_t> order;
    base::parallel(2, [&](std::size_t part) {
      if (part == 1) {
        told.total = total();
        return;
      }
      count_groups();
      const LargestGroups largest(runs_);
      order = largest.find(static_cast<std::size_t>(query_.max_groups),
                           [this](std::uint32_t group) { return groups_.name(group); });
      told.groups_left_out = static_cast<std::int64_t>(largest.filled() - order.size());
      runs_of_all_ = largest.runs();
    });
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
  }
  void count_groups() {
    runs_ = shares_.front()->take_runs();
    for (std::size_t i = 1; i < threads_; ++i) add_counts(runs_.data(), shares_[i]->take_runs().data(), runs_.size());
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
    ToldGroups told(runs_.size());
    apart_.clear();
    for (std::size_t i = 0; i < order.size(); ++i) {
      // What has most of the runs keeps as many values as the total.
      const bool has_most = std::uint64_t{runs_[order[i]]} * 2 > runs_of_all_;
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
        for (std::size_t k = 1; k < threads_; ++k) {
          GroupTally& others = tallies[k]->at(i);
          // Most groups have all their runs in one chunk.
          if (tally.counts.runs == 0) {
            std::swap(tally, others);
          } else {
            tally.merge(others, told.budget(i));
          }
        }
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
  std::uint64_t runs_of_all_ = 0;    // groups together
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
