#include "history/columns/lookups.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/parallel.h"
#include "history/columns/brief_kinds.h"
#include "history/columns/first_candidates.h"
#include "history/columns/list_position.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kAhead = 8;  // rows

// Takes out of a block's rows those that cannot come between `behind` and the last of a full list. In a list by
// creation no row lacks the value, so that `last` may be absent.
void mask_places(const RowBlock& block, RunSort sort, const std::optional<Candidate>& behind, const Candidate* last,
                 std::uint8_t* keep) {
  const bool by_time = sort == RunSort::newest || sort == RunSort::oldest;
  if (last ? last->missing : !by_time) return;
  std::int64_t least = by_time ? std::numeric_limits<std::int64_t>::min() : 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const bool ascending = is_ascending(sort);
  if (last) (ascending ? most : least) = ascending ? last->key : ~last->key;
  if (behind && !behind->missing) (ascending ? least : most) = ascending ? behind->key : ~behind->key;
  const Chunk& chunk = *block.chunk;
  if (by_time) return mask_between(chunk.created_at_ms.get() + block.begin, block.count, least, most, keep);
  if (sort == RunSort::vram) {
    constexpr std::int64_t kMost = (std::int64_t{255} << 32) - 1;  // what is missing is larger
    return mask_between(peaks_of(chunk, block.begin), block.count, least, std::min(most, kMost), keep);
  }
  // Odd runs may have what no column holds.
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  mask_between(chunk.duration_ms.get() + block.begin, block.count,
               static_cast<std::int32_t>(std::clamp<std::int64_t>(least, 0, kMost)),
               static_cast<std::int32_t>(std::clamp<std::int64_t>(most, -1, kMost)), keep);
}

// Hands over the matching rows that come newest first until `limit` of them were wanted; odd runs among them.
// `wants` sees a row once and is asked in no particular order; the rows it wanted come back sorted.
std::vector<Candidate> newest_wanted(RowScan& scan, std::int64_t limit,
                                     const std::function<bool(const RunFacts&)>& wants_odd,
                                     const std::function<bool(std::uint32_t row)>& wants) {
  FirstCandidates first(static_cast<std::size_t>(limit));
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    if (wants_odd(facts))
      first.offer(candidate(RunSort::newest, facts.created_at_ms, rid_at(scan.snapshot(), row), row));
  });
  std::array<std::uint16_t, kBlockRows> rows;
  scan.each_block_newest_first([&](const RowBlock& block, std::int64_t newest_ms) {
    if (first.is_full() && ~newest_ms > first.last().key) return false;
    // Backwards, as the last rows are most often the newest: then few of the others are wanted.
    const auto kept = block.list(rows.data());
    for (std::size_t i = kept.size(); i-- > 0;) {
      const std::uint16_t at = kept[i];
      if (i >= kAhead) {
        __builtin_prefetch(&block.chunk->created_at_ms[kept[i - kAhead]]);
        __builtin_prefetch(&block.chunk->rid[kept[i - kAhead]]);
      }
      const auto row = static_cast<std::uint32_t>(block.chunk_number) * kChunkRows + at;
      const Candidate of = candidate(RunSort::newest, block.chunk->created_at_ms[at], block.chunk->rid[at], row);
      if (first.is_full() && !of.before(first.last())) continue;
      if (wants(row)) first.offer(of);
    }
    return true;
  });
  return std::move(first).sorted();
}

// Every run that matches, most often in the order of the list: each(value, rid, row). A block may be passed over that
// `wants`(block, newest_ms) does not want, and it may take rows out of it; all are in the count that comes back.
template <class Wants, class Each>
std::int64_t each_match(RowScan& scan, RunSort sort, Wants&& wants, Each&& each) {
  std::int64_t matches = 0;
  scan.each_odd([&](const RunFacts& facts, std::uint32_t row) {
    ++matches;
    each(value_of(facts, sort), rid_at(scan.snapshot(), row), row);
  });
  std::array<std::uint16_t, kBlockRows> rows;
  const bool oldest_first = sort == RunSort::oldest;
  const auto look_at = [&](const RowBlock& block, std::int64_t newest_ms) {
    matches += block.matching;
    RowBlock wanted = block;
    if (!wants(wanted, newest_ms)) return true;
    const auto kept = wanted.list(rows.data());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::uint16_t at = kept[oldest_first ? i : kept.size() - 1 - i];
      const auto row = static_cast<std::uint32_t>(block.chunk_number) * kChunkRows + at;
      each(value_at(*block.chunk, at, sort), block.chunk->rid[at], row);
    }
    return true;
  };
  if (oldest_first) {
    scan.each_block([&](const RowBlock& block) { look_at(block, std::numeric_limits<std::int64_t>::max()); });
  } else {
    scan.each_block_newest_first(look_at);
  }
  return matches;
}

// The first `limit` runs.
std::vector<Candidate> at_the_top(RowScan& scan, RunSort sort, std::int64_t limit,
                                  const std::optional<Candidate>& behind, std::int64_t& total) {
  FirstCandidates first(static_cast<std::size_t>(limit));
  std::array<std::uint8_t, kBlockRows> keep;
  total = each_match(
      scan, sort,
      [&](RowBlock& block, std::int64_t newest_ms) {
        if (sort == RunSort::newest && first.is_full() && ~newest_ms > first.last().key) return false;
        std::copy_n(block.keep, block.count, keep.begin());
        block.keep = keep.data();
        mask_places(block, sort, behind, first.is_full() ? &first.last() : nullptr, keep.data());
        return true;
      },
      [&](const std::optional<std::int64_t>& value, std::int64_t rid, std::uint32_t row) {
        const Candidate of = candidate(sort, value, rid, row);
        if (!behind || behind->before(of)) first.offer(of);
      });
  return std::move(first).sorted();
}

std::optional<std::int64_t> queue_wait_at(const Chunk& chunk, std::uint32_t row) {
  const std::int64_t value = chunk.queue_wait_ms[row];
  return value == kMissing ? std::nullopt : std::optional(value);
}

std::vector<Candidate> newest_rows(const ColumnStore::Snapshot& snapshot, const FactsQuery& query,
                                   std::optional<std::int64_t> without_rid, const RidSet* among) {
  RowScan scan(snapshot, query.filter, among);
  if (query.like) scan.keep_works([&](const Work& work) { return is_like(*query.like, work, query.level); });
  return newest_wanted(
      scan, query.limit,
      [&](const RunFacts& facts) {
        return query.without_run_id != facts.run_id &&
               (!query.like || history::is_like(*query.like, facts.key, query.level));
      },
      [&](std::uint32_t row) { return !without_rid || rid_at(snapshot, row) != *without_rid; });
}

// Has what is told of a row in brief come nearer: it lies in many places.
void fetch(const ColumnStore::Snapshot& snapshot, std::uint32_t row) {
  const Chunk& chunk = snapshot.chunk(row / kChunkRows);
  const std::uint32_t at = row % kChunkRows;
  __builtin_prefetch(chunk.outcome.rows() + at);
  __builtin_prefetch(chunk.setting.rows() + at);
  __builtin_prefetch(chunk.work.rows() + at);
  __builtin_prefetch(&chunk.duration_ms[at]);
  __builtin_prefetch(&chunk.queue_wait_ms[at]);
  __builtin_prefetch(&chunk.vram_peak_low[at]);
  __builtin_prefetch(&chunk.vram_peak_high[at]);
}

// Scenes like the one that is asked for, and the runs that have them.
class SceneSearch {
 public:
  SceneSearch(const ColumnStore::Snapshot& snapshot, const ScenesQuery& query)
      : snapshot_(snapshot), query_(query), likes_(snapshot.shared().works.size()) {
    for (std::size_t i = 0; i < likes_.size(); ++i)
      likes_[i] = is_like(query.like, snapshot.shared().works[i], query.level);
  }

  [[nodiscard]] bool wants(const SceneFacts& scene) const {
    return has_status(scene.status) && history::is_like(query_.like, scene.key, query_.level);
  }
  // Newest first.
  [[nodiscard]] std::vector<Candidate> newest_rows(std::optional<std::int64_t> without_rid) const {
    RunFilter filter;
    filter.to_ms = query_.before_ms;
    RowScan scan(snapshot_, filter);
    // A scene's graph is one of its run's, and so is its device; most runs are ruled out by that.
    const bool same_device = query_.level <= LikeLevel::device;
    const SharedFacts& shared = snapshot_.shared();
    scan.keep_settings(
        shared.settings.having(query_.like.structure, same_device ? std::optional(query_.like.device) : std::nullopt));
    if (std::ranges::find(likes_, 1) == likes_.end())
      scan.let_settings(std::vector<std::uint8_t>(shared.settings.size()));
    return newest_wanted(
        scan, query_.limit,
        [&](const RunFacts& facts) {
          return query_.without_run_id != facts.run_id &&
                 std::ranges::any_of(facts.scenes, [&](const SceneFacts& scene) { return wants(scene); });
        },
        [&](std::uint32_t row) {
          if (without_rid && rid_at(snapshot_, row) == *without_rid) return false;
          PackedScenes scenes(details_of(row));
          while (scenes.next()) {
            if (wants(scenes)) return true;
          }
          return false;
        });
  }
  // What those of a run took.
  template <class Each>
  void each_wanted(std::uint32_t row, Each&& each) const {
    const Chunk& chunk = snapshot_.chunk(row / kChunkRows);
    if (snapshot_.shared().outcomes[chunk.outcome.at(row % kChunkRows)].is_odd) {
      const auto facts = ColumnStore::facts_at(snapshot_, row, "");
      if (!facts) return;
      for (const SceneFacts& scene : facts->scenes) {
        if (wants(scene)) each(scene.duration_ms);
      }
      return;
    }
    PackedScenes scenes(details_of(row));
    while (scenes.next()) {
      if (wants(scenes)) each(scenes.duration_ms());
    }
  }

 private:
  [[nodiscard]] bool has_status(model::Status status) const {
    return query_.statuses.empty() || std::ranges::find(query_.statuses, status) != query_.statuses.end();
  }
  [[nodiscard]] bool wants(const PackedScenes& scenes) const {
    return scenes.work() < likes_.size() && likes_[scenes.work()] && has_status(scenes.status());
  }
  [[nodiscard]] std::string_view details_of(std::uint32_t row) const {
    return snapshot_.chunk(row / kChunkRows).details_of(row % kChunkRows);
  }

  const ColumnStore::Snapshot& snapshot_;
  const ScenesQuery& query_;
  std::vector<std::uint8_t> likes_;  // by the number of a key; those newer than the snapshot are not like it
};

}  // namespace

ListPage page_of(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, RunSort sort, std::int64_t limit,
                 const std::optional<ListPlace>& after, std::int64_t offset, const RidSet* among) {
  RowScan scan(snapshot, filter, among);
  ListPage page;
  std::optional<Candidate> behind;
  if (after) behind = candidate(sort, after->value, after->rid, 0);
  auto found = offset == 0 ? at_the_top(scan, sort, limit + 1, behind, page.total)
                           : at_position(scan, sort, offset, limit + 1, behind, page.total);
  page.has_more = found.size() > static_cast<std::size_t>(limit);
  if (page.has_more) found.pop_back();
  for (const Candidate& of : found) {
    const std::int64_t key = is_ascending(sort) ? of.key : ~of.key;
    page.runs.push_back({{of.missing ? std::nullopt : std::optional(key), rid_at(snapshot, of.row)},
                         ColumnStore::devices_at(snapshot, of.row)});
  }
  return page;
}

std::vector<RunFacts> facts_among(const ColumnStore::Snapshot& snapshot, const FactsQuery& query,
                                  std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of,
                                  const RidSet* among) {
  const auto rows = newest_rows(snapshot, query, without_rid, among);
  // Ids come from one connection, one after another; the rest of some thousand runs is worth every core.
  std::vector<std::optional<std::string>> run_ids;
  run_ids.reserve(rows.size());
  for (const Candidate& of : rows) run_ids.push_back(run_id_of(rid_at(snapshot, of.row)));
  std::vector<std::optional<RunFacts>> told(rows.size());
  constexpr std::size_t kAtOnce = 128;
  base::parallel((rows.size() + kAtOnce - 1) / kAtOnce, [&](std::size_t part) {
    for (std::size_t i = part * kAtOnce; i < std::min(rows.size(), (part + 1) * kAtOnce); ++i) {
      if (run_ids[i]) told[i] = ColumnStore::facts_at(snapshot, rows[i].row, std::move(*run_ids[i]));
    }
  });
  std::vector<RunFacts> found;
  found.reserve(told.size());
  for (auto& facts : told) {
    if (facts) found.push_back(std::move(*facts));
  }
  return found;
}

BriefRows brief_among(const ColumnStore::Snapshot& snapshot, const FactsQuery& query,
                      std::optional<std::int64_t> without_rid, const RidSet* among) {
  const SharedFacts& shared = snapshot.shared();
  BriefRows brief;
  auto& runs = brief.told.runs;
  BriefKinds kinds(shared);
  const auto rows = newest_rows(snapshot, query, without_rid, among);
  runs.reserve(rows.size());
  brief.numbers.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) fetch(snapshot, rows[i + kAhead].row);
    const Candidate& of = rows[i];
    const Chunk& chunk = snapshot.chunk(of.row / kChunkRows);
    const std::uint32_t at = of.row % kChunkRows;
    // It was put in order by these.
    const std::int64_t created_at_ms = ~of.key;
    const BriefKinds::Shares shares{chunk.outcome.at(at), chunk.setting.at(at), chunk.work.at(at)};
    if (shared.outcomes[shares[0]].is_odd) {
      auto odd = ColumnStore::facts_at(snapshot, of.row, "");
      if (!odd) continue;
      BriefRun run{odd->created_at_ms, odd->duration_ms, odd->queue_wait_ms, odd->vram_peak_bytes, 0};
      run.kind = kinds.add(std::move(*odd));
      runs.push_back(run);
    } else {
      runs.push_back({created_at_ms, value_at(chunk, at, RunSort::longest), queue_wait_at(chunk, at),
                      value_at(chunk, at, RunSort::vram), kinds.kind_of(shares)});
    }
    brief.numbers.push_back({static_cast<std::uint32_t>(~of.order), created_at_ms});
  }
  brief.told.kinds = kinds.finish();
  return brief;
}

std::vector<SceneSample> scenes_among(const ColumnStore::Snapshot& snapshot, const ScenesQuery& query,
                                      std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of) {
  const SceneSearch search(snapshot, query);
  std::vector<SceneSample> found;
  for (const Candidate& of : search.newest_rows(without_rid)) {
    auto run_id = run_id_of(rid_at(snapshot, of.row));
    if (!run_id) continue;
    const auto facts = ColumnStore::facts_at(snapshot, of.row, std::move(*run_id));
    if (!facts) continue;
    for (const SceneFacts& scene : facts->scenes) {
      if (static_cast<std::int64_t>(found.size()) == query.limit) return found;
      if (search.wants(scene)) found.push_back({facts->run_id, facts->created_at_ms, scene});
    }
  }
  return found;
}

BriefScenes brief_scenes_among(const ColumnStore::Snapshot& snapshot, const ScenesQuery& query,
                               std::optional<std::int64_t> without_rid, const RunIdOf& run_id_of) {
  const SceneSearch search(snapshot, query);
  BriefScenes found;
  for (const Candidate& of : search.newest_rows(without_rid)) {
    if (static_cast<std::int64_t>(found.durations_ms.size()) == query.limit) break;
    auto run_id = run_id_of(rid_at(snapshot, of.row));
    if (!run_id) continue;
    const std::size_t before = found.durations_ms.size();
    search.each_wanted(of.row, [&](const std::optional<std::int64_t>& duration_ms) {
      if (static_cast<std::int64_t>(found.durations_ms.size()) < query.limit) found.durations_ms.push_back(duration_ms);
    });
    if (found.durations_ms.size() == before) continue;
    const Chunk& chunk = snapshot.chunk(of.row / kChunkRows);
    found.runs.push_back({std::move(*run_id), chunk.created_at_ms[of.row % kChunkRows]});
  }
  return found;
}

}  // namespace comfytrace::history::columns
