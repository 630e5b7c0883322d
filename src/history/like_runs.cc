#include "history/like_runs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "history/run_history.h"

namespace comfytrace::history {
namespace {

using base::Result;

// Asks level after level until one has enough.
template <class Ask>
Result<std::optional<LikeLevel>> strictest(const LikeQuery& query, Ask ask) {
  for (const LikeLevel level : like_levels()) {
    const Result<std::size_t> found = ask(level);
    if (!found) return found.error();
    if (static_cast<std::int64_t>(*found) >= query.needs) return std::optional(level);
  }
  return std::optional<LikeLevel>();
}

std::optional<std::int64_t> time_in(const RunFacts& run, const NodeClassFacts& wanted) {
  const auto same = std::ranges::find(run.node_classes, wanted.class_type, &NodeClassFacts::class_type);
  if (same == run.node_classes.end() || same->executions != wanted.executions) return std::nullopt;
  return same->duration_ms;
}

LikeRuns::Series series_of(const std::vector<RunFacts>& runs, const LikeTo& to, LikeLevel level) {
  LikeRuns::Series series{level, {}, {}};
  for (const RunFacts& run : runs) series.runs.push_back({run.created_at_ms, run.duration_ms, run.vram_peak_bytes});
  for (const NodeClassFacts& wanted : to.classes) {
    auto& times = series.class_ms.emplace_back();
    for (const RunFacts& run : runs) times.push_back(time_in(run, wanted));
  }
  return series;
}

}  // namespace

std::span<const LikeLevel> like_levels() {
  static constexpr std::array kLevels{LikeLevel::executed, LikeLevel::warmth, LikeLevel::device, LikeLevel::models,
                                      LikeLevel::structure};
  return kLevels;
}

// For whoever keeps whole runs anyway.
Result<LikeRuns> RunHistoryReader::like_runs(const LikeQuery& query) const {
  if (auto fits = check_query(query); !fits) return fits.error();
  LikeRuns like;
  std::vector<std::vector<std::string>> ids;
  for (const LikeTo& to : query.to) {
    std::vector<RunFacts> runs;
    const auto level = strictest(query, [&](LikeLevel of) -> Result<std::size_t> {
      FactsQuery one{{}, to.key, of, std::nullopt, query.limit};
      one.filter.statuses = {model::Status::success};
      one.filter.to_ms = to.before_ms;
      auto found = facts(one);
      if (!found) return found.error();
      runs = std::move(*found);
      return runs.size();
    });
    if (!level) return level.error();
    like.series.push_back(*level ? series_of(runs, to, **level) : LikeRuns::Series{});
    auto& of_series = ids.emplace_back();
    for (RunFacts& run : runs) of_series.push_back(std::move(run.run_id));
  }
  like.run_ids = [ids = std::move(ids)](std::size_t series, std::span<const std::size_t> positions) {
    std::vector<std::string> wanted;
    for (const std::size_t position : positions) wanted.push_back(ids[series][position]);
    return Result<std::vector<std::string>>(std::move(wanted));
  };
  return like;
}

Result<std::vector<LikeScenes>> RunHistoryReader::like_scenes(const LikeQuery& query) const {
  if (auto fits = check_query(query); !fits) return fits.error();
  std::vector<LikeScenes> like;
  for (const LikeTo& to : query.to) {
    std::vector<SceneSample> scenes;
    const auto level = strictest(query, [&](LikeLevel of) -> Result<std::size_t> {
      auto found = scene_samples({to.key, of, {model::Status::success}, to.before_ms, std::nullopt, query.limit});
      if (!found) return found.error();
      scenes = std::move(*found);
      return scenes.size();
    });
    if (!level) return level.error();
    LikeScenes& one = like.emplace_back();
    if (!*level) continue;
    one.level = *level;
    one.n = static_cast<std::int64_t>(scenes.size());
    for (const SceneSample& of : scenes) {
      if (of.scene.duration_ms) one.durations_ms.push_back(*of.scene.duration_ms);
    }
  }
  return like;
}

Result<LikeBoth> RunHistoryReader::like(const LikeQuery& runs, const LikeQuery& scenes) const {
  auto of_runs = like_runs(runs);
  if (!of_runs) return of_runs.error();
  auto of_scenes = like_scenes(scenes);
  if (!of_scenes) return of_scenes.error();
  return LikeBoth{std::move(*of_runs), std::move(*of_scenes)};
}

}  // namespace comfytrace::history
