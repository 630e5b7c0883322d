#include "insight/stats/change_point.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "insight/stats/energy_split.h"
#include "insight/stats/finite.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/merge_ascending.h"
#include "insight/stats/quantile.h"
#include "insight/stats/robust_student.h"
#include "insight/stats/two_levels.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::size_t kWindowsAtOnce = 4;
constexpr std::size_t kJudgedAtOnce = 8;
constexpr double kDrawIn = 4;  // step-free deviations, see Search::drawn_in

// A place that may be a change, and how well it stands between its neighbours.
struct Candidate {
  std::size_t index = 0;
  double p_value = 1;            // of the t-test
  std::optional<double> rank_p;  // once it is asked for
  double effect = 0;             // as ChangePointOptions::minimum_effect counts it
  double autocorrelation = 0;
  bool judged = false;
  std::size_t sides = 0;
};

// The values on either side of a candidate in ascending order: of those from `begin` to it, and from it to `end`.
struct Sides {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<double> left;
  std::vector<double> right;
};

class Search {
 public:
  Search(std::span<const double> values, const ChangePointOptions& options) : options_(options), raw_(values) {
    CHECK(options.min_segment >= 3 && options.window >= 4 * options.min_segment);
    check_finite(values);
    scaled_.assign(values.begin(), values.end());
    if (options.scale == ChangeScale::log) take_logs();
  }

  std::vector<ChangePoint> run() {
    propose();
    confirm();
    std::vector<ChangePoint> points(candidates_.size());
    base::parallel(points.size(), [&](std::size_t i) { points[i] = describe(i); });
    return points;
  }

 private:
  void take_logs() {
    double smallest = std::numeric_limits<double>::infinity();
    for (const double value : scaled_) {
      if (value > 0) smallest = std::min(smallest, value);
    }
    if (std::isinf(smallest)) smallest = 1;  // nothing is positive: the series is as good as constant
    for (double& value : scaled_) value = std::log(std::max(value, smallest));
  }

  [[nodiscard]] std::span<const double> part(std::size_t from, std::size_t to) const {
    return std::span<const double>(scaled_).subspan(from, to - from);
  }

  // What the search of one window needs room for.
  struct Room {
    std::vector<double> ascending;     // the window's values; of a split first those on its left
    std::vector<std::uint32_t> order;  // of those, where each stands in the series
    std::vector<double> right;
    std::vector<std::uint32_t> right_order;
    std::vector<double> near;
    std::vector<double> differences;
    TwoLevels::Room levels;
  };

  // Outliers weigh much in a sum of distances: values further than this from the middle count as if they were there.
  static void draw_in(std::span<const double> values, std::span<const double> ascending, Room& room) {
    room.near.assign(values.begin(), values.end());
    const double limit = kDrawIn * step_free_deviation(values, room.differences);
    if (limit <= 0) return;
    const double middle = quantile_of_sorted(ascending, 0.5);
    for (double& value : room.near) value = std::clamp(value, middle - limit, middle + limit);
  }

  // The weak pass: windows at places that depend on the start of the series alone, so that a new value changes nothing
  // before the last two.
  void propose() {
    const std::size_t n = scaled_.size();
    const std::size_t step = options_.window / 2;
    const std::size_t windows = n <= options_.window ? 1 : 1 + (n - options_.window + step - 1) / step;
    // Each looks at its own values alone.
    std::vector<std::vector<Candidate>> found((windows + kWindowsAtOnce - 1) / kWindowsAtOnce);
    base::parallel(found.size(), [&](std::size_t part) {
      Room room;
      for (std::size_t i = part * kWindowsAtOnce; i < std::min(windows, (part + 1) * kWindowsAtOnce); ++i) {
        const std::size_t to = std::min(i * step + options_.window, n);
        put_in_order(i * step, to, room);
        split(i * step, to, room, 0, found[part]);
      }
    });
    for (const auto& of : found) candidates_.insert(candidates_.end(), of.begin(), of.end());
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.index < b.index; });
    // Windows overlap: of places too close to be two changes the clearer one stays.
    std::vector<Candidate> apart;
    for (const Candidate& candidate : candidates_) {
      if (apart.empty() || candidate.index >= apart.back().index + options_.min_segment) {
        apart.push_back(candidate);
      } else if (candidate.p_value < apart.back().p_value) {
        apart.back() = candidate;
      }
    }
    candidates_ = std::move(apart);
  }

  void put_in_order(std::size_t from, std::size_t to, Room& room) const {
    room.order.resize(to - from);
    std::iota(room.order.begin(), room.order.end(), static_cast<std::uint32_t>(from));
    std::ranges::sort(room.order, {}, [&](std::uint32_t at) { return std::pair(scaled_[at], at); });
    room.ascending.clear();
    for (const std::uint32_t at : room.order) room.ascending.push_back(scaled_[at]);
    room.right.resize(to - from);
    room.right_order.resize(to - from);
  }

  // Of the values in order from `begin` on those that stand before `middle` come first.
  static void divide(Room& room, std::size_t begin, std::size_t count, std::size_t middle) {
    double* const ascending = room.ascending.data() + begin;
    std::uint32_t* const order = room.order.data() + begin;
    std::size_t left = 0;
    std::size_t right = 0;
    // Without a branch: which side is next cannot be foretold.
    for (std::size_t i = 0; i < count; ++i) {
      const double value = ascending[i];
      const std::uint32_t at = order[i];
      ascending[left] = room.right[right] = value;
      order[left] = room.right_order[right] = at;
      const bool is_left = at < middle;
      left += is_left ? 1 : 0;
      right += is_left ? 0 : 1;
    }
    std::copy_n(room.right.begin(), right, ascending + left);
    std::copy_n(room.right_order.begin(), right, order + left);
  }

  // Its values in order stand from `begin` on.
  void split(std::size_t from, std::size_t to, Room& room, std::size_t begin, std::vector<Candidate>& found) const {
    const auto in_order = [&](std::size_t first, std::size_t count) {
      return std::span<const double>(room.ascending).subspan(first, count);
    };
    if (to - from < 2 * options_.min_segment) return;
    draw_in(part(from, to), in_order(begin, to - from), room);
    const auto left = energy_split(room.near, options_.min_segment);
    if (!left) return;
    const std::size_t middle = from + *left;
    divide(room, begin, to - from, middle);
    {
      const TwoLevels levels(part(from, middle), part(middle, to), in_order(begin, *left),
                             in_order(begin + *left, to - middle), room.levels);
      if (levels.is_surely_above(options_.weak_alpha)) return;
      const double p_value = levels.t_test().p_value;
      if (p_value > options_.weak_alpha) return;
      Candidate candidate;
      candidate.index = middle;
      candidate.p_value = p_value;
      found.push_back(candidate);
    }
    split(from, middle, room, begin, found);
    split(middle, to, room, begin + *left, found);
  }

  // What a candidate is judged by: up to its neighbours, and no further than a window.
  [[nodiscard]] std::size_t begin_of(std::size_t i) const {
    const std::size_t neighbour = i == 0 ? 0 : candidates_[i - 1].index;
    const std::size_t index = candidates_[i].index;
    return std::max(neighbour, index - std::min(index, options_.window));
  }
  [[nodiscard]] std::size_t end_of(std::size_t i) const {
    const std::size_t neighbour = i + 1 == candidates_.size() ? scaled_.size() : candidates_[i + 1].index;
    return std::min(neighbour, candidates_[i].index + options_.window);
  }

  // As neighbours go, sides grow at their far ends.
  const Sides& sides_of(std::size_t i, TwoLevels::Room& room) {
    const Candidate& candidate = candidates_[i];
    Sides& sides = sides_[candidate.sides];
    const std::size_t begin = begin_of(i);
    const std::size_t end = end_of(i);
    if (sides.end == 0) sides.begin = sides.end = candidate.index;
    add(part(begin, sides.begin), sides.left, room);
    add(part(sides.end, end), sides.right, room);
    sides.begin = begin;
    sides.end = end;
    return sides;
  }
  static void add(std::span<const double> more, std::vector<double>& ascending, TwoLevels::Room& room) {
    if (more.empty()) return;
    auto& sorted = ascending.empty() ? ascending : room.sides;
    sorted.assign(more.begin(), more.end());
    std::ranges::sort(sorted);
    if (&sorted == &ascending) return;
    const std::size_t count = ascending.size() + sorted.size();
    if (room.ascending.size() < count) room.ascending.resize(count);
    merge_ascending(ascending, sorted, room.ascending.data());
    ascending.assign(room.ascending.begin(), room.ascending.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void judge(std::size_t i, TwoLevels::Room& room) {
    Candidate& candidate = candidates_[i];
    const Sides& sides = sides_of(i, room);
    const TwoLevels levels(part(sides.begin, candidate.index), part(candidate.index, sides.end), sides.left,
                           sides.right, room);
    candidate.autocorrelation = levels.autocorrelation();
    // Only the weakest of those that do not pass is asked for.
    const bool passes = levels.is_surely_below(options_.strict_alpha, candidate.autocorrelation);
    candidate.p_value = passes ? 0 : levels.t_test(candidate.autocorrelation).p_value;
    candidate.rank_p.reset();
    const double shift = levels.shift();
    candidate.effect = std::fabs(options_.scale == ChangeScale::log ? std::expm1(shift) : shift);
    candidate.judged = true;
  }

  // The strict pass: the weakest candidate goes, and its neighbours are judged again, until all that are left stand.
  void confirm() {
    sides_.resize(candidates_.size());
    for (std::size_t i = 0; i < candidates_.size(); ++i) candidates_[i].sides = i;
    base::parallel((candidates_.size() + kJudgedAtOnce - 1) / kJudgedAtOnce, [&](std::size_t part) {
      TwoLevels::Room room;
      for (std::size_t i = part * kJudgedAtOnce; i < std::min(candidates_.size(), (part + 1) * kJudgedAtOnce); ++i)
        judge(i, room);
    });
    TwoLevels::Room room;
    while (!candidates_.empty()) {
      for (std::size_t i = 0; i < candidates_.size(); ++i) {
        if (!candidates_[i].judged) judge(i, room);
      }
      const auto weakest = find_weakest();
      if (weakest == candidates_.end()) return;
      const auto next = candidates_.erase(weakest);
      if (next != candidates_.end()) next->judged = false;
      if (next != candidates_.begin()) std::prev(next)->judged = false;
    }
  }

  std::vector<Candidate>::iterator find_weakest() {
    const auto by_p = std::max_element(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
      return std::pair(a.p_value, -a.effect) < std::pair(b.p_value, -b.effect);
    });
    if (by_p->p_value > options_.strict_alpha) return by_p;
    for (Candidate& candidate : candidates_) {
      const Sides& sides = sides_[candidate.sides];
      if (!candidate.rank_p) candidate.rank_p = rank_test_of_sorted(sides.left, sides.right).p_value;
    }
    const auto by_rank = std::max_element(candidates_.begin(), candidates_.end(),
                                          [](const auto& a, const auto& b) { return *a.rank_p < *b.rank_p; });
    if (*by_rank->rank_p > options_.rank_alpha) return by_rank;
    const auto by_effect = std::min_element(candidates_.begin(), candidates_.end(),
                                            [](const auto& a, const auto& b) { return a.effect < b.effect; });
    return by_effect->effect < options_.minimum_effect ? by_effect : candidates_.end();
  }

  [[nodiscard]] ChangePoint describe(std::size_t i) const {
    const Candidate& candidate = candidates_[i];
    const Sides& sides = sides_[candidate.sides];
    const std::size_t begin = sides.begin;
    const RankTest test = rank_test_of_sorted(sides.left, sides.right, options_.level);
    const bool log = options_.scale == ChangeScale::log;
    ChangePoint point;
    point.index = candidate.index;
    point.n_before = test.n_before;
    point.n_after = test.n_after;
    point.before_median = *median(raw_.subspan(begin, test.n_before));
    point.after_median = *median(raw_.subspan(candidate.index, test.n_after));
    point.size = log ? std::exp(*test.shift) : *test.shift;
    point.interval = test.shift_interval;
    if (log && point.interval) {
      point.interval->low = std::exp(point.interval->low);
      point.interval->high = std::exp(point.interval->high);
    }
    point.p_value = test.p_value;
    point.autocorrelation = candidate.autocorrelation;
    return point;
  }

  const ChangePointOptions& options_;
  std::span<const double> raw_;
  std::vector<double> scaled_;
  std::vector<Candidate> candidates_;
  std::vector<Sides> sides_;
};

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values, const ChangePointOptions& options) {
  return Search(values, options).run();
}

std::vector<ChangePoint> newest_change_points(std::span<const double> values, const ChangePointOptions& options) {
  const std::size_t step = options.window / 2;
  const std::size_t reach = 3 * options.window;
  CHECK(step > 0);
  // At a multiple of the step, where the whole search has a window too.
  const std::size_t from = values.size() <= reach ? 0 : (values.size() - reach) / step * step;
  auto points = change_points(values.subspan(from), options);
  for (ChangePoint& point : points) point.index += from;
  return points;
}

}  // namespace comfytrace::insight::stats
