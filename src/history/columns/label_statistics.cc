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
#include "history/columns/row_buffer.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::uint32_t kNone = LabelGroups::kNone;

// Of numbers of which most are small.
std::uint32_t nth_largest(std::span<const std::uint32_t> numbers, std::size_t n) {
  constexpr std::size_t kSmall = 1'024;
  std::array<std::size_t, kSmall> counts{};
  std::vector<std::uint32_t> large;
  for (const std::uint32_t number : numbers) {
    if (number < kSmall) {
      ++counts[number];
    } else {
      large.push_back(number);
    }
  }
  if (large.size() >= n) {
    const auto at = large.begin() + static_cast<std::ptrdiff_t>(n) - 1;
    std::ranges::nth_element(large, at, std::greater());
    return *at;
  }
  std::size_t left = n - large.size();
  std::uint32_t number = kSmall - 1;
  for (; number > 0 && counts[number] < left; --number) left -= counts[number];
  return number;
}

// Those that have runs.
std::vector<std::uint32_t> filled(std::span<const std::uint32_t> runs) {
  // Each is written, and stays if it counts: a branch would be guessed wrong too often.
  std::vector<std::uint32_t> groups(runs.size() + 1);
  std::size_t count = 0;
  for (std::uint32_t group = 0; group < runs.size(); ++group) {
    groups[count] = group;
    count += runs[group] > 0;
  }
  groups.resize(count);
  return groups;
}

// The largest `most` of these groups, the largest first, of as many runs by name. Names are looked at only where they
// decide.
std::vector<std::uint32_t> largest(const LabelGroups& groups, std::span<const std::uint32_t> runs,
                                   std::vector<std::uint32_t> told, std::size_t most) {
  if (told.size() > most) {
    const std::vector<std::uint32_t> all = std::exchange(told, {});
    const std::uint32_t least = nth_largest(runs, most);
    std::vector<std::pair<std::string_view, std::uint32_t>> equal;
    for (const std::uint32_t group : all) {
      if (runs[group] > least) told.push_back(group);
      if (runs[group] == least) equal.emplace_back(groups.name(group), group);
    }
    const std::size_t rest = most - told.size();
    std::ranges::nth_element(equal, equal.begin() + static_cast<std::ptrdiff_t>(rest) - 1);
    for (std::size_t i = 0; i < rest; ++i) told.push_back(equal[i].second);
  }
  std::ranges::sort(told, [&](std::uint32_t a, std::uint32_t b) {
    return runs[a] != runs[b] ? runs[a] > runs[b] : groups.name(a) < groups.name(b);
  });
  return told;
}

// The groups that are told, by their place among them.
struct Told {
  std::vector<std::uint32_t> place_of;  // by group; kNone: it is not told
  std::vector<std::uint64_t> bits;      // by group, whether it is told: as most are not, this is what is looked at most
  std::vector<ExactBudget> budgets;     // by place

  [[nodiscard]] bool has(std::uint32_t group) const { return (bits[group / 64] >> group % 64 & 1) != 0; }
};

// Tallies of the groups that are told, of the rows of some chunks.
class ToldTallies {
 public:
  ToldTallies(const LabelGroups& groups, const Told& told, const SharedFacts& shared)
      : groups_(groups), told_(told), shared_(shared), tallies_(told.budgets.size()), end_(tallies_.size()) {}

  void add(const Chunk& chunk, const LabelPart& part) {
    is_told_.assign(part.kinds.size(), 0);
    for (std::size_t i = 0; i < part.kinds.size(); ++i) each_place(part, i, [&](std::uint32_t) { is_told_[i] = 1; });
    rows_.clear();
    const std::uint16_t* locals = chunk.label.rows();
    for (const std::uint16_t row : part.rows) {
      if (is_told_[locals[row]]) rows_.push_back(row);
    }
    if (rows_.empty()) return;
    sort(locals, part);
    const auto outcomes = outcomes_of(chunk, shared_);
    // First in the order of the chunk: so each of its values is fetched once.
    in_order_.clear();
    in_order_.append(chunk, rows_);
    buffer_.clear();
    buffer_.append(in_order_, sorted_);
    std::uint32_t begin = 0;
    for (const std::uint32_t place : met_) {
      buffer_.add_to(tallies_[place], begin, end_[place] - begin, *outcomes, told_.budgets[place]);
      begin = std::exchange(end_[place], 0);
    }
  }
  [[nodiscard]] GroupTally& at(std::size_t place) { return tallies_[place]; }

 private:
  template <class Each>
  void each_place(const LabelPart& part, std::size_t local, const Each& each) const {
    groups_.each_of(part.kinds[local], [&](std::uint32_t group) {
      if (told_.has(group) && group != part.apart) each(told_.place_of[group]);
    });
  }
  // By counting; the rows of each group then stand side by side, and `end_` tells to where.
  void sort(const std::uint16_t* locals, const LabelPart& part) {
    met_.clear();
    std::uint32_t places = 0;
    for (const std::uint16_t row : rows_) {
      each_place(part, locals[row], [&](std::uint32_t place) {
        if (end_[place]++ == 0) met_.push_back(place);
        ++places;
      });
    }
    sorted_.resize(places);
    std::uint32_t begin = 0;
    for (const std::uint32_t place : met_) begin += std::exchange(end_[place], begin);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      each_place(part, locals[rows_[i]],
                 [&](std::uint32_t place) { sorted_[end_[place]++] = static_cast<std::uint16_t>(i); });
  }

  const LabelGroups& groups_;
  const Told& told_;
  const SharedFacts& shared_;
  std::vector<GroupTally> tallies_;
  std::vector<std::uint32_t> end_;  // by place; else zero
  std::vector<std::uint32_t> met_;
  std::vector<std::uint8_t> is_told_;
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> sorted_;  // as places among rows_
  RowBuffer in_order_;
  RowBuffer buffer_;
};

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
    auto all = filled(runs_);
    const std::size_t groups = all.size();
    const auto order = largest(groups_, runs_, std::move(all), static_cast<std::size_t>(query_.max_groups));
    told.groups_left_out = static_cast<std::int64_t>(groups - order.size());
    tell(order, told.groups);
    return told;
  }
  void count(std::size_t alike_chunks) {
    parts_.assign(parts_.size(), {});
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
  // Whether values were rounded of the total, or of a group that has most of it, that are too few for that: it was
  // guessed wrong how many match, or few of them have the measure.
  [[nodiscard]] bool is_rounded_in_vain(const Statistics& told) const {
    if (std::ranges::none_of(shares_, [](const auto& share) { return share->is_rounded(); })) return false;
    const auto is_in_vain = [&](const GroupStatistics& group) {
      return std::ranges::any_of(std::array{&group.duration_ms, &group.queue_wait_ms, &group.vram_peak_bytes},
                                 [&](const Distribution* of) {
                                   return !of->exact && static_cast<std::size_t>(of->n) <= total_budget_.values;
                                 });
    };
    // The group that has most comes first.
    return is_in_vain(told.total) || (has_most_ && is_in_vain(told.groups.front()));
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
    Told told{std::vector<std::uint32_t>(runs_.size(), kNone), std::vector<std::uint64_t>(runs_.size() / 64 + 1), {}};
    has_most_ = false;
    for (const std::uint32_t group : order) {
      told.place_of[group] = static_cast<std::uint32_t>(told.budgets.size());
      told.bits[group / 64] |= std::uint64_t{1} << group % 64;
      // What has most of the runs keeps as many values as the total.
      const bool has_most = std::uint64_t{runs_[group]} * 2 > of_all;
      has_most_ |= has_most;
      told.budgets.push_back(has_most ? group_budget_ : budget);
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
        for (std::size_t k = 1; k < threads_; ++k) tally.merge(tallies[k]->at(i), told.budgets[i]);
        for (const auto& share : shares_) {
          if (share->apart() == order[i]) tally.merge(share->tally_apart(), told.budgets[i]);
        }
        groups[i] = tally.finish(query_.only.has_value());
        groups[i].key = groups_.name(order[i]);
      }
    });
  }
  void add_odd(const Told& told, ToldTallies& tallies) {
    for (std::size_t i = 0; i < odd_.runs.size(); ++i) {
      for (const std::uint32_t group : odd_.groups[i]) {
        const std::uint32_t place = told.place_of[group];
        if (place != kNone) tallies.at(place).add(outcome_of(odd_.runs[i]), odd_.runs[i], told.budgets[place]);
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
  bool has_most_ = false;  // a group has most of them
};

}  // namespace

Statistics label_statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan,
                               const ExactBudget& budget, bool are_many) {
  ExactBudget kept = budget;
  if (are_many) kept.values = std::min(kept.values, kValuesOfAGroup);
  return LabelStatistics(snapshot, query, scan, kept, are_many && tell_filter(query.filter)).answer();
}

}  // namespace comfytrace::history::columns
