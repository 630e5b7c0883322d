#include "history/columns/like_rows.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "history/columns/like_search.h"
#include "history/columns/like_walk.h"
#include "history/columns/row_scan.h"
#include "history/columns/told_runs.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kSeriesAtOnce = 4;
constexpr std::size_t kAhead = 16;        // rows that are told of
constexpr std::size_t kDetailsAhead = 8;  // of those

std::int64_t last_before(const LikeQuery& query) {
  std::int64_t last = query.to.front().before_ms;
  for (const LikeTo& to : query.to) last = std::max(last, to.before_ms);
  return last;
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

// Each(scene's status, its key, its duration) of a row's scenes in order, until one returns false; of a damaged row, of
// those before the damage.
template <class Each>
void each_scene(std::string_view details, Each each) {
  PackedScenes scenes(details);
  while (scenes.next()) {
    if (!each(scenes.status(), scenes.work(), scenes.duration_ms())) return;
  }
}

// Rows of runs that succeeded. Most works are not like any, so that what a run came to is asked of few rows.
class RunRows {
 public:
  RunRows(RowScan& scan, LikeSearch& search, const LikeTable& works) : scan_(scan), search_(search), works_(works) {
    const auto& outcomes = scan.snapshot().shared().outcomes;
    succeeded_.resize(outcomes.size());
    for (std::size_t i = 0; i < succeeded_.size(); ++i) succeeded_[i] = outcomes[i].status == model::Status::success;
  }

  void let(std::span<const LevelBits> levels, std::size_t /*chunk*/) { scan_.let_works(works_.passing(levels)); }
  [[nodiscard]] static bool lets_alike(std::size_t /*chunk*/, std::size_t /*other*/) { return true; }
  [[nodiscard]] bool wants(std::size_t /*chunk*/, std::uint32_t work) const {
    return search_.is_any_of_use(works_.of(work));
  }
  static void fetch(const Chunk& chunk, std::uint32_t row) {
    __builtin_prefetch(chunk.outcome.rows() + row);
    __builtin_prefetch(&chunk.created_at_ms[row]);
    __builtin_prefetch(&chunk.rid[row]);
  }
  void offer(const LikeBlock& block) {
    for (const std::uint16_t at : block.rows) {
      const std::uint32_t outcome = block.chunk->outcome.at(at);
      // What was interned later is not in this snapshot.
      if (outcome >= succeeded_.size() || succeeded_[outcome] == 0) continue;
      const Candidate row = block.candidate_at(at);
      for (const auto& of : works_.of(block.chunk->work.at(at))) search_.offer(of, row);
    }
  }

 private:
  RowScan& scan_;
  LikeSearch& search_;
  const LikeTable& works_;
  std::vector<std::uint8_t> succeeded_;  // by outcome
};

// Rows of runs of which a scene may be like. Where it is known which works have such scenes, few are left; elsewhere
// all of a setting that has the scene's graph.
class SceneRows {
 public:
  SceneRows(RowScan& scan, LikeSearch& search, const LikeTable& works)
      : scan_(scan),
        search_(search),
        works_(works),
        settings_(LikeTable::of_settings(scan.snapshot().shared().settings, search.keys())),
        known_(scan.snapshot().shared().scene_works.get()) {
    // The scene of a run of one is the same work.
    const auto& all = scan.snapshot().shared().works;
    several_.resize(works.size());
    for (std::size_t i = 0; i < several_.size(); ++i) several_[i] = all[i].scene_count != 1;
    uses_.resize(works.size());
    if (known_) runs_ = LikeTable::of_runs(works, several_, *known_);
  }

  void let(std::span<const LevelBits> levels, std::size_t chunk) {
    passing_ = works_.passing(levels);
    if (knows(chunk)) {
      scan_.let_settings({});
      scan_.let_works(runs_.passing(levels));
      return;
    }
    scan_.let_settings(settings_.passing(levels));
    auto passing = passing_;
    std::ranges::transform(passing, several_, passing.begin(), std::bit_or());
    scan_.let_works(std::move(passing));
  }
  [[nodiscard]] bool lets_alike(std::size_t chunk, std::size_t other) const { return knows(chunk) == knows(other); }
  [[nodiscard]] bool wants(std::size_t chunk, std::uint32_t work) const {
    // Fewer and fewer works are of use, and what is let pass follows only by and by.
    if (knows(chunk)) return search_.is_any_of_use(runs_.of(work));
    return (work < several_.size() && several_[work] != 0) || search_.is_any_of_use(works_.of(work));
  }
  static void fetch(const Chunk& chunk, std::uint32_t row) {
    __builtin_prefetch(&chunk.created_at_ms[row]);
    __builtin_prefetch(&chunk.rid[row]);
    __builtin_prefetch(&chunk.details_at[row]);
  }
  void offer(const LikeBlock& block) {
    find_useful(block);
    for (const auto& [at, details] : useful_) {
      const Candidate row = block.candidate_at(at);
      each_scene(details, [&](model::Status status, std::uint32_t work, const auto&) {
        // What has passed last holds all that is open.
        if (status != model::Status::success || work >= passing_.size() || passing_[work] == 0) return true;
        for (const auto& of : works_.of(work)) search_.offer(of, row);
        return true;
      });
    }
  }

 private:
  [[nodiscard]] bool knows(std::size_t chunk) const { return known_ && known_->knows(chunk); }

  // Those of its rows that are worth a look at their scenes, which come nearer meanwhile.
  void find_useful(const LikeBlock& block) {
    useful_.clear();
    ++blocks_;
    const bool known = knows(block.chunk_number);
    const Chunk& chunk = *block.chunk;
    for (const std::uint16_t at : block.rows) {
      if (known) {
        const std::uint32_t work = chunk.work.at(at);
        UseOfWork& use = uses_[work];
        if (use.block != blocks_) use = {blocks_, search_.of_use_before(runs_.of(work))};
        if (chunk.created_at_ms[at] >= use.before_ms) continue;
      }
      useful_.emplace_back(at, chunk.details_of(at));
      __builtin_prefetch(useful_.back().second.data());
    }
  }

  RowScan& scan_;
  LikeSearch& search_;
  const LikeTable& works_;
  const LikeTable settings_;
  std::vector<std::uint8_t> several_;  // by work: 0 of what runs of one scene are
  std::shared_ptr<const SceneWorks> known_;
  LikeTable runs_;  // by the work of the run
  // Of the works of runs, in the block that they were last asked about: most rows are of few.
  struct UseOfWork {
    std::uint32_t block = 0;
    std::int64_t before_ms = 0;  // a run created later is of no use
  };
  std::vector<UseOfWork> uses_;
  std::uint32_t blocks_ = 0;
  std::vector<std::pair<std::uint16_t, std::string_view>> useful_;  // rows of a block, with their details
  std::vector<std::uint8_t> passing_;                               // by the work of the scene: what is let pass
};

void tell_scenes(const ColumnStore::Snapshot& snapshot, const LikeQuery& query, std::uint32_t asked, std::size_t key,
                 const LikeTable& works, const LikeSearch::Found& found, LikeScenes& like) {
  like.level = found.level;
  if (!found.level) return;
  // False: that was the last that is wanted.
  const auto add = [&](const std::optional<std::int64_t>& duration_ms) {
    if (duration_ms) like.durations_ms.push_back(*duration_ms);
    return ++like.n < query.limit;
  };
  const auto is_wanted = [&](std::uint32_t work) {
    return std::ranges::any_of(works.of(work), [&](const LikeTable::Like& of) {
      return of.key == key && (of.levels & bit_of(*found.level)) != 0;
    });
  };
  const std::size_t count = found.rows.size();
  // Most often each has one such scene, or few.
  like.durations_ms.reserve(count);
  std::array<std::string_view, kDetailsAhead + 1> details;
  for (std::size_t turn = 0; turn < count + kAhead && like.n < query.limit; ++turn) {
    if (turn < count) {
      const std::uint32_t row = found.rows[turn].row;
      __builtin_prefetch(&snapshot.chunk(row / kChunkRows).details_at[row % kChunkRows]);
    }
    constexpr std::size_t kFound = kAhead - kDetailsAhead;
    if (turn >= kFound && turn - kFound < count) {
      const std::uint32_t row = found.rows[turn - kFound].row;
      auto& of_row = details[(turn - kFound) % details.size()];
      of_row = snapshot.chunk(row / kChunkRows).details_of(row % kChunkRows);
      __builtin_prefetch(of_row.data());
    }
    if (turn < kAhead) continue;
    const std::uint32_t row = found.rows[turn - kAhead].row;
    const Chunk& chunk = snapshot.chunk(row / kChunkRows);
    if (chunk.odd.size() == 0 || !snapshot.shared().outcomes[chunk.outcome.at(row % kChunkRows)].is_odd) {
      each_scene(details[(turn - kAhead) % details.size()],
                 [&](model::Status status, std::uint32_t work, const auto& duration_ms) {
                   return status != model::Status::success || !is_wanted(work) || add(duration_ms);
                 });
      continue;
    }
    const auto odd = ColumnStore::facts_at(snapshot, row, "");
    for (const SceneFacts& scene : odd ? odd->scenes : std::vector<SceneFacts>()) {
      if (scene.status == model::Status::success && is_like(query.to[asked].key, scene.key, *found.level) &&
          !add(scene.duration_ms))
        break;
    }
  }
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
  filter.to_ms = last_before(query);
  RowScan scan(snapshot, filter);
  LikeSearch search(query);
  const LikeTable works = LikeTable::of_works(snapshot.shared().works, search.keys());
  search.begin(works.levels(search.keys().size()));
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    if (facts.status == model::Status::success) offer_odd(facts.key, candidate_of(snapshot, facts, row), search);
  });
  RunRows rows(scan, search, works);
  LikeWalk(scan, search, rows).walk();
  const auto found = search.found();
  const ToldRuns told(snapshot);
  tell_each(asked, [&](std::uint32_t i) { told.tell(query.to[i], found[i], like.told.series[i], like.numbers[i]); });
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
  search.begin(works.levels(search.keys().size()));
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    for (const SceneFacts& scene : facts.scenes) {
      if (scene.status == model::Status::success) offer_odd(scene.key, candidate_of(snapshot, facts, row), search);
    }
  });
  SceneRows rows(scan, search, works);
  LikeWalk(scan, search, rows).walk();
  const auto found = search.found();
  tell_each(asked,
            [&](std::uint32_t i) { tell_scenes(snapshot, query, i, search.key_of(i), works, found[i], like[i]); });
  return like;
}

}  // namespace comfytrace::history::columns
