#include "history/columns/told_runs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "history/columns/candidate.h"

namespace comfytrace::history::columns {
namespace {

// What is told of a row lies in many places, and the places of its times are told by another. Rows ahead:
constexpr std::size_t kAhead = 16;
constexpr std::size_t kTimesAhead = 8;

void add_odd(const RunFacts& odd, const std::vector<NodeClassFacts>& wanted, LikeRuns::Series& series) {
  series.runs.push_back({odd.created_at_ms, odd.duration_ms, odd.vram_peak_bytes});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto same = std::ranges::find(odd.node_classes, wanted[i].class_type, &NodeClassFacts::class_type);
    const bool is_like = same != odd.node_classes.end() && same->executions == wanted[i].executions;
    series.class_ms[i].push_back(is_like ? std::optional(same->duration_ms) : std::nullopt);
  }
}

}  // namespace

// The times of the classes asked for, out of those of the rows of one shape after another.
class ToldRuns::WantedTimes {
 public:
  WantedTimes(const ToldRuns& told, const std::vector<NodeClassFacts>& wanted) : told_(told), wanted_(wanted) {}

  // Has what tells where they stand come nearer.
  void fetch(std::uint32_t row) const {
    if (const SealedTimes* sealed = times_of(row).sealed) __builtin_prefetch(sealed->places() + row % kChunkRows);
  }
  // Has them come nearer. Rows in the order in which they are read, kTimesAhead of them at most before they are.
  void find(std::uint32_t row) {
    Spot& spot = spots_[next_++ % spots_.size()];
    spot = {};
    const SealedTimes* sealed = times_of(row).sealed;
    if (!sealed) return;
    // Most often the row before is of the same chunk and shape.
    if (sealed != sealed_) near_ = {};
    sealed_ = sealed;
    spot.at = near_ = sealed->spot_of(row % kChunkRows, near_);
    spot.places = places_of(near_.run->shape);
    for (const std::size_t place : places_[spot.places]) {
      if (place != kNone) sealed->fetch(near_.part->columns[place], *near_.part, near_.index);
    }
  }
  void read(std::uint32_t row, LikeRuns::Series& series) {
    const Spot& spot = spots_[read_++ % spots_.size()];
    const ClassTimes::View& view = times_of(row);
    if (view.sealed) {
      put(series, places_[spot.places], [&](std::size_t place) {
        return view.sealed->ms_at(spot.at.part->columns[place], *spot.at.part, spot.at.index);
      });
      return;
    }
    all_ms_.clear();
    const std::uint32_t shape = view.open->read(row % kChunkRows, told_.snapshot_.shared().shapes, all_ms_);
    put(series, places_[places_of(shape)], [&](std::size_t place) { return all_ms_[place]; });
  }
  // Instead, of a row whose times are not wanted.
  void skip() { ++read_; }

 private:
  static constexpr auto kNone = static_cast<std::size_t>(-1);
  struct Spot {
    SealedTimes::Spot at;
    std::size_t places = 0;  // position in places_
  };

  template <class MsAt>
  static void put(LikeRuns::Series& series, const std::vector<std::size_t>& places, MsAt ms_at) {
    for (std::size_t i = 0; i < places.size(); ++i)
      series.class_ms[i].push_back(places[i] == kNone ? std::nullopt : std::optional<std::int64_t>(ms_at(places[i])));
  }
  [[nodiscard]] const ClassTimes::View& times_of(std::uint32_t row) const { return told_.times_[row / kChunkRows]; }

  // Where each of those wanted stands among the classes of a shape; the position of that.
  std::size_t places_of(std::uint32_t number) {
    if (last_ < shapes_.size() && shapes_[last_] == number) return last_;
    last_ = static_cast<std::size_t>(std::ranges::find(shapes_, number) - shapes_.begin());
    if (last_ < shapes_.size()) return last_;
    shapes_.push_back(number);
    auto& places = places_.emplace_back();
    const NodeShape& shape = told_.snapshot_.shared().shapes[number];
    for (const NodeClassFacts& wanted : wanted_) {
      const auto at =
          static_cast<std::size_t>(std::ranges::find(shape.classes, wanted.class_type) - shape.classes.begin());
      const bool is_like = at < shape.classes.size() && shape.executions[at] == wanted.executions;
      places.push_back(is_like ? at : kNone);
    }
    return last_;
  }

  const ToldRuns& told_;
  const std::vector<NodeClassFacts>& wanted_;
  std::array<Spot, kTimesAhead + 1> spots_;  // in a ring
  std::size_t next_ = 0;
  std::size_t read_ = 0;
  const SealedTimes* sealed_ = nullptr;
  SealedTimes::Spot near_;
  std::size_t last_ = 0;
  std::vector<std::uint32_t> shapes_;
  std::vector<std::vector<std::size_t>> places_;  // of each of those
  std::vector<std::int64_t> all_ms_;
};

ToldRuns::ToldRuns(const ColumnStore::Snapshot& snapshot) : snapshot_(snapshot) {
  times_.reserve(snapshot.chunks());
  for (std::size_t i = 0; i < snapshot.chunks(); ++i) times_.push_back(snapshot.chunk(i).class_times.view());
}

void ToldRuns::tell(const LikeTo& to, const LikeSearch::Found& found, LikeRuns::Series& series,
                    std::vector<RunNumber>& numbers) const {
  series.level = found.level;
  if (!found.level) return;
  const std::size_t count = found.rows.size();
  series.class_ms.resize(to.classes.size());
  for (auto& times : series.class_ms) times.reserve(count);
  series.runs.reserve(count);
  numbers.reserve(count);
  WantedTimes times(*this, to.classes);
  const auto fetch = [&](std::uint32_t row) {
    const Chunk& chunk = snapshot_.chunk(row / kChunkRows);
    const std::uint32_t at = row % kChunkRows;
    __builtin_prefetch(&chunk.duration_ms[at]);
    __builtin_prefetch(&chunk.vram_peak_low[at]);
    __builtin_prefetch(&chunk.vram_peak_high[at]);
    times.fetch(row);
  };
  // Each row has three turns.
  for (std::size_t turn = 0; turn < count + kAhead; ++turn) {
    if (turn < count) fetch(found.rows[turn].row);
    constexpr std::size_t kFound = kAhead - kTimesAhead;
    if (turn >= kFound && turn - kFound < count) times.find(found.rows[turn - kFound].row);
    if (turn < kAhead) continue;
    const Candidate& of = found.rows[turn - kAhead];
    const std::uint32_t row = of.row;
    const Chunk& chunk = snapshot_.chunk(row / kChunkRows);
    const std::uint32_t at = row % kChunkRows;
    // It was put in order by these.
    const std::int64_t created_at_ms = ~of.key;
    if (chunk.odd.size() > 0 && snapshot_.shared().outcomes[chunk.outcome.at(at)].is_odd) {
      times.skip();
      const auto odd = ColumnStore::facts_at(snapshot_, row, "");
      if (!odd) continue;
      add_odd(*odd, to.classes, series);
    } else {
      series.runs.push_back({created_at_ms, value_at(chunk, at, RunSort::longest), value_at(chunk, at, RunSort::vram)});
      times.read(row, series);
    }
    numbers.push_back({static_cast<std::uint32_t>(~of.order), created_at_ms});
  }
}

}  // namespace comfytrace::history::columns
