#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/run_facts.h"
#include "history/run_questions.h"

// What came before some runs, or scenes, and is like them: asked of many at once, as one look through the history
// serves them all.
namespace comfytrace::history {

struct LikeTo {
  WorkKey key;
  std::int64_t before_ms = 0;           // of runs created before
  std::vector<NodeClassFacts> classes;  // of runs: whose times are wanted
};
struct LikeQuery {
  std::vector<LikeTo> to;
  std::int64_t needs = 5;   // a level with fewer is not used; 1 to limit
  std::int64_t limit = 50;  // the newest so many; 1 to 100000
};

// Successful runs.
struct LikeRuns {
  struct Run {
    std::int64_t created_at_ms = 0;
    std::optional<std::int64_t> duration_ms;
    std::optional<std::int64_t> vram_peak_bytes;
  };
  struct Series {
    std::optional<LikeLevel> level;  // the strictest that has enough; absent: none has, and there are no runs
    std::vector<Run> runs;           // newest first
    // What each of those classes took, by run; absent where that did not execute it as often.
    std::vector<std::vector<std::optional<std::int64_t>>> class_ms;
  };
  std::vector<Series> series;  // of each that was asked for
  // The run_ids of runs at these positions of a series; "" is of one that went meanwhile. As long as the reader, on its
  // thread. Errors: unavailable, corrupt.
  std::function<base::Result<std::vector<std::string>>(std::size_t series, std::span<const std::size_t> positions)>
      run_ids;
};
// Successful scenes.
struct LikeScenes {
  std::optional<LikeLevel> level;  // as of runs
  std::int64_t n = 0;
  std::vector<std::int64_t> durations_ms;  // of those that have one; newest run first, then in the run's order
};

// Answers to two questions, of runs and of scenes, which come sooner together than one after the other.
struct LikeBoth {
  LikeRuns runs;
  std::vector<LikeScenes> scenes;
};

// Every level, strictest first.
[[nodiscard]] std::span<const LikeLevel> like_levels();

// Errors: invalid, with the field.
[[nodiscard]] base::Result<void> check_query(const LikeQuery& query);

}  // namespace comfytrace::history
