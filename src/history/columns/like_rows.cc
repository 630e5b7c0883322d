#include "history/columns/like_rows.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/parallel.h"
#include "history/columns/like_search.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kSeriesAtOnce = 4;
constexpr std::size_t kNarrowEach = 4;  // blocks
constexpr std::size_t kAhead = 8;       // rows

std::int64_t last_before(const LikeQuery& query) {
  std::int64_t last = query.to.front().before_ms;
  for (const LikeTo& to : query.to) last = std::max(last, to.before_ms);
  return last;
}

// What is known of a row lies in many places: where these are known before, they are fetched while others are looked
// at. Of a block, what most rows are left out by.
void fetch(const ColumnStore::Snapshot& snapshot, const BlockPlace& block) {
  constexpr std::uint32_t kLine = 64 / sizeof(std::uint16_t);
  const std::uint16_t* works = snapshot.chunk(block.chunk).work.rows() + block.begin;
  for (std::uint32_t at = 0; at < kBlockRows; at += kLine) __builtin_prefetch(works + at);
}

// Walks until the search has what it needs: each(chunk, its number, rows in it, last first) of the rows of a block that
// pass and are wanted(work) still. `let`(levels by key): lets pass what may be like at these.
template <class Let, class Wanted, class Each>
void walk(RowScan& scan, LikeSearch& search, Let let, Wanted wanted, Each each) {
  std::array<std::uint16_t, kBlockRows> rows;
  std::size_t blocks = 0;
  std::vector<LevelBits> passing(search.keys().size());
  const std::vector<BlockPlace> places = scan.newest_first();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const BlockPlace& place = places[i];
    if (!search.goes_on(place.newest_ms, place.oldest_ms)) return;
    if (!search.is_any_open()) continue;
    if (i + 1 < places.size()) fetch(scan.snapshot(), places[i + 1]);
    // More is let in at once, less by and by: it takes time, and what was enough before one time is not before the
    // next.
    const bool narrows = ++blocks % kNarrowEach == 0 && search.has_narrowed();
    bool widens = false;
    for (std::size_t key = 0; key < passing.size(); ++key) {
      const LevelBits open = search.open()[key];
      widens |= (open & ~passing[key]) != 0;
      passing[key] = narrows ? open : static_cast<LevelBits>(passing[key] | open);
    }
    if (narrows || widens) let(passing);
    const RowBlock block = scan.block_at(place.chunk, place.begin);
    if (block.matching == 0) continue;
    const Chunk& chunk = *block.chunk;
    std::size_t count = 0;
    for (const std::uint16_t at : block.list(rows.data())) {
      if (!wanted(chunk.work.at(at))) continue;
      __builtin_prefetch(&chunk.created_at_ms[at]);
      __builtin_prefetch(&chunk.rid[at]);
      rows[count++] = at;
    }
    // The last rows are most often the newest.
    std::ranges::reverse(rows.begin(), rows.begin() + count);
    each(chunk, block.chunk_number, std::span<const std::uint16_t>(rows.data(), count));
  }
}

Candidate candidate_at(const Chunk& chunk, std::size_t number, std::uint32_t at) {
  return candidate(RunSort::newest, chunk.created_at_ms[at], chunk.rid[at],
                   static_cast<std::uint32_t>(number) * kChunkRows + at);
}

void offer_odd(const WorkKey& key, const Candidate& row, LikeSearch& search) {
  for (std::uint32_t i = 0; i < search.keys().size(); ++i) {
    LevelBits levels = 0;
    for (const LikeLevel level : like_levels()) {
      if (is_like(search.keys()[i], key, level)) levels |= bit_of(level);
    }
    if (levels != 0) search.offer_early({i, levels}, row);
  }
}

Candidate candidate_of(const ColumnStore::Snapshot& snapshot, const RunFacts& odd, std::uint32_t row) {
  return candidate(RunSort::newest, odd.created_at_ms, rid_at(snapshot, row), row);
}

// The times of the classes asked for, out of those of the rows of one shape after another.
class WantedTimes {
 public:
  WantedTimes(const SharedFacts& shared, const std::vector<NodeClassFacts>& wanted)
      : shared_(shared), wanted_(wanted) {}

  void read(const ColumnStore::Snapshot& snapshot, std::uint32_t row, LikeRuns::Series& series) {
    all_ms_.clear();
    const ClassTimes::View& view = view_of(snapshot, row / kChunkRows);
    const std::uint32_t at = row % kChunkRows;
    const std::uint32_t shape =
        view.sealed ? view.sealed->read(at, all_ms_) : view.open->read(at, shared_.shapes, all_ms_);
    const auto& places = places_of(shape);
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      series.class_ms[i].push_back(places[i] ? std::optional(all_ms_[*places[i]]) : std::nullopt);
  }

 private:
  using Places = std::vector<std::optional<std::size_t>>;
  const Places& places_of(std::uint32_t number) {
    const auto known = std::ranges::find(known_, number, &std::pair<std::uint32_t, Places>::first);
    if (known != known_.end()) return known->second;
    const NodeShape& shape = shared_.shapes[number];
    Places places;
    for (const NodeClassFacts& wanted : wanted_) {
      const auto at =
          static_cast<std::size_t>(std::ranges::find(shape.classes, wanted.class_type) - shape.classes.begin());
      const bool is_like = at < shape.classes.size() && shape.executions[at] == wanted.executions;
      places.push_back(is_like ? std::optional(at) : std::nullopt);
    }
    return known_.emplace_back(number, std::move(places)).second;
  }

  // Many rows one after the other are of one chunk.
  const ClassTimes::View& view_of(const ColumnStore::Snapshot& snapshot, std::size_t chunk) {
    if (chunk_ != chunk) view_ = snapshot.chunk(chunk).class_times.view();
    chunk_ = chunk;
    return view_;
  }

  const SharedFacts& shared_;
  const std::vector<NodeClassFacts>& wanted_;
  std::optional<std::size_t> chunk_;
  ClassTimes::View view_;
  std::vector<std::pair<std::uint32_t, Places>> known_;
  std::vector<std::int64_t> all_ms_;
};

void add_odd(const RunFacts& odd, const std::vector<NodeClassFacts>& wanted, LikeRuns::Series& series) {
  series.runs.push_back({odd.created_at_ms, odd.duration_ms, odd.vram_peak_bytes});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto same = std::ranges::find(odd.node_classes, wanted[i].class_type, &NodeClassFacts::class_type);
    const bool is_like = same != odd.node_classes.end() && same->executions == wanted[i].executions;
    series.class_ms[i].push_back(is_like ? std::optional(same->duration_ms) : std::nullopt);
  }
}

// Of a row, what is told of it.
void fetch(const ColumnStore::Snapshot& snapshot, std::uint32_t row) {
  const Chunk& chunk = snapshot.chunk(row / kChunkRows);
  const std::uint32_t at = row % kChunkRows;
  __builtin_prefetch(chunk.outcome.rows() + at);
  __builtin_prefetch(&chunk.created_at_ms[at]);
  __builtin_prefetch(&chunk.rid[at]);
  __builtin_prefetch(&chunk.duration_ms[at]);
  __builtin_prefetch(&chunk.vram_peak_low[at]);
  __builtin_prefetch(&chunk.vram_peak_high[at]);
}

void tell_runs(const ColumnStore::Snapshot& snapshot, const LikeTo& to, const LikeSearch::Found& found,
               LikeRuns::Series& series, std::vector<RunNumber>& numbers) {
  series.level = found.level;
  if (!found.level) return;
  series.class_ms.resize(to.classes.size());
  for (auto& times : series.class_ms) times.reserve(found.rows.size());
  series.runs.reserve(found.rows.size());
  numbers.reserve(found.rows.size());
  WantedTimes times(snapshot.shared(), to.classes);
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    if (i + kAhead < found.rows.size()) fetch(snapshot, found.rows[i + kAhead].row);
    const Candidate& of = found.rows[i];
    const Chunk& chunk = snapshot.chunk(of.row / kChunkRows);
    const std::uint32_t at = of.row % kChunkRows;
    if (snapshot.shared().outcomes[chunk.outcome.at(at)].is_odd) {
      const auto odd = ColumnStore::facts_at(snapshot, of.row, "");
      if (!odd) continue;
      add_odd(*odd, to.classes, series);
    } else {
      series.runs.push_back(
          {chunk.created_at_ms[at], value_at(chunk, at, RunSort::longest), value_at(chunk, at, RunSort::vram)});
      times.read(snapshot, of.row, series);
    }
    numbers.push_back({chunk.rid[at], chunk.created_at_ms[at]});
  }
}

// Each(scene's status, its key, its duration) of a row's scenes in order; of a damaged row, of those before the damage.
template <class Each>
void each_scene(std::string_view details, Each each) {
  PackedScenes scenes(details);
  while (scenes.next()) each(scenes.status(), scenes.work(), scenes.duration_ms());
}

void tell_scenes(const ColumnStore::Snapshot& snapshot, const LikeQuery& query, std::uint32_t asked, std::size_t key,
                 const LikeTable& works, const LikeSearch::Found& found, LikeScenes& like) {
  like.level = found.level;
  if (!found.level) return;
  const auto add = [&](const std::optional<std::int64_t>& duration_ms) {
    if (like.n == query.limit) return;
    ++like.n;
    if (duration_ms) like.durations_ms.push_back(*duration_ms);
  };
  const auto is_wanted = [&](std::uint32_t work) {
    return std::ranges::any_of(works.of(work), [&](const LikeTable::Like& of) {
      return of.key == key && (of.levels & bit_of(*found.level)) != 0;
    });
  };
  for (const Candidate& of : found.rows) {
    const Chunk& chunk = snapshot.chunk(of.row / kChunkRows);
    if (!snapshot.shared().outcomes[chunk.outcome.at(of.row % kChunkRows)].is_odd) {
      each_scene(chunk.details_of(of.row % kChunkRows),
                 [&](model::Status status, std::uint32_t work, const auto& duration_ms) {
                   if (status == model::Status::success && is_wanted(work)) add(duration_ms);
                 });
      continue;
    }
    const auto odd = ColumnStore::facts_at(snapshot, of.row, "");
    for (const SceneFacts& scene : odd ? odd->scenes : std::vector<SceneFacts>()) {
      if (scene.status == model::Status::success && is_like(query.to[asked].key, scene.key, *found.level))
        add(scene.duration_ms);
    }
  }
}

// By number in the table: 0 of what runs of one scene are, whose scene is the same work; else 1.
std::vector<std::uint8_t> of_several_scenes(const Interner<Work>& works, const LikeTable& table) {
  std::vector<std::uint8_t> several(table.size());
  for (std::size_t i = 0; i < several.size(); ++i) several[i] = works[i].scene_count != 1;
  return several;
}

template <class Tell>
void tell_each(std::size_t asked, Tell tell) {
  base::parallel((asked + kSeriesAtOnce - 1) / kSeriesAtOnce, [&](std::size_t part) {
    for (std::size_t i = part * kSeriesAtOnce; i < std::min(asked, (part + 1) * kSeriesAtOnce); ++i)
      tell(static_cast<std::uint32_t>(i));
  });
}

}  // namespace

LikeRows runs_like(const ColumnStore::Snapshot& snapshot, const LikeQuery& query) {
  const std::size_t asked = query.to.size();
  LikeRows like{{std::vector<LikeRuns::Series>(asked), {}}, std::vector<std::vector<RunNumber>>(asked)};
  if (asked == 0) return like;
  RunFilter filter;
  filter.statuses = {model::Status::success};
  filter.to_ms = last_before(query);
  RowScan scan(snapshot, filter);
  LikeSearch search(query);
  const LikeTable works = LikeTable::of_works(snapshot.shared().works, search.keys());
  search.begin(works.levels(search.keys().size()));
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    offer_odd(facts.key, candidate_of(snapshot, facts, row), search);
  });
  const auto let = [&](std::span<const LevelBits> levels) { scan.let_works(works.passing(levels)); };
  const auto wanted = [&](std::uint32_t work) { return search.is_any_of_use(works.of(work)); };
  walk(scan, search, let, wanted, [&](const Chunk& chunk, std::size_t number, std::span<const std::uint16_t> rows) {
    for (const std::uint16_t at : rows) {
      const Candidate row = candidate_at(chunk, number, at);
      for (const auto& of : works.of(chunk.work.at(at))) search.offer(of, row);
    }
  });
  const auto found = search.found();
  tell_each(asked,
            [&](std::uint32_t i) { tell_runs(snapshot, query.to[i], found[i], like.told.series[i], like.numbers[i]); });
  return like;
}

std::vector<LikeScenes> scenes_like(const ColumnStore::Snapshot& snapshot, const LikeQuery& query) {
  const std::size_t asked = query.to.size();
  std::vector<LikeScenes> like(asked);
  if (asked == 0) return like;
  RunFilter filter;
  filter.to_ms = last_before(query);
  RowScan scan(snapshot, filter);
  LikeSearch search(query);
  const LikeTable works = LikeTable::of_works(snapshot.shared().works, search.keys());
  const LikeTable settings = LikeTable::of_settings(snapshot.shared().settings, search.keys());
  search.begin(works.levels(search.keys().size()));
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    for (const SceneFacts& scene : facts.scenes) {
      if (scene.status == model::Status::success) offer_odd(scene.key, candidate_of(snapshot, facts, row), search);
    }
  });
  const auto several = of_several_scenes(snapshot.shared().works, works);
  const auto let = [&](std::span<const LevelBits> levels) {
    scan.let_settings(settings.passing(levels));
    auto passing = works.passing(levels);
    std::ranges::transform(passing, several, passing.begin(), std::bit_or());
    scan.let_works(std::move(passing));
  };
  const auto wanted = [&](std::uint32_t work) {
    return (work < several.size() && several[work] != 0) || search.is_any_of_use(works.of(work));
  };
  std::vector<std::string_view> details;
  walk(scan, search, let, wanted, [&](const Chunk& chunk, std::size_t number, std::span<const std::uint16_t> rows) {
    details.clear();
    for (const std::uint16_t at : rows) {
      details.push_back(chunk.details_of(at));
      __builtin_prefetch(details.back().data());
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Candidate row = candidate_at(chunk, number, rows[i]);
      each_scene(details[i], [&](model::Status status, std::uint32_t work, const auto&) {
        if (status != model::Status::success) return;
        for (const auto& of : works.of(work)) search.offer(of, row);
      });
    }
  });
  const auto found = search.found();
  tell_each(asked,
            [&](std::uint32_t i) { tell_scenes(snapshot, query, i, search.key_of(i), works, found[i], like[i]); });
  return like;
}

}  // namespace comfytrace::history::columns
