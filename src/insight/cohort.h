#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "history/run_questions.h"

// Which runs one run may be compared with, and in what they are like it. Never across different sizes of work.
namespace comfytrace::insight {

struct CohortOptions {
  std::int64_t needs = 5;   // a level with fewer runs is not used
  std::int64_t limit = 50;  // the newest so many
};

// Something in which the run differs from its cohort, or that nobody told of.
struct NotEqual {
  std::string what;                     // "ComfyUI version", "GPU", "cold or warm start", …
  std::optional<std::string> this_run;  // absent: not known
  std::string cohort;                   // "0.3.60 in 44 of 50"; "not known"
  std::int64_t n_equal = 0;             // runs of the cohort that have this run's value
  bool operator==(const NotEqual&) const = default;
};
BOOST_DESCRIBE_STRUCT(NotEqual, (), (what, this_run, cohort, n_equal))

// What a comparison rests on.
struct CohortEvidence {
  std::optional<history::LikeLevel> level;  // the strictest that has enough runs; absent: none has
  std::int64_t n = 0;                       // runs; with no level, those of the level that has most
  std::int64_t needed = 0;                  // how many more it takes for a comparison; 0: enough
  std::int64_t limit = 0;                   // at most so many were asked for
  std::vector<std::string> held_equal;      // "workflow", "model files", "size of work", …
  std::vector<NotEqual> not_equal;          // what may explain a difference; most telling first
  std::vector<std::string> run_ids;         // newest first; none without a level
  std::optional<std::int64_t> from_ms;      // created, of the oldest
  std::optional<std::int64_t> to_ms;        // created, of the newest
  std::string sentence;                     // "50 runs of the same workflow, …" or why there is none
};
BOOST_DESCRIBE_STRUCT(CohortEvidence, (),
                      (level, n, needed, limit, held_equal, not_equal, run_ids, from_ms, to_ms, sentence))

struct Cohort {
  CohortEvidence evidence;
  history::BriefRuns like;             // newest first; successful, created before the run
  std::vector<std::size_t> positions;  // of those runs, as like.nodes() takes them
};
struct SceneCohort {
  CohortEvidence evidence;
  history::BriefScenes like;  // newest first; of other runs, created before this one
};

// Errors: those of the reader. `like` answers as long as that is there, on its thread.
[[nodiscard]] base::Result<Cohort> find_cohort(const history::RunHistoryReader& reader, const history::RunFacts& run,
                                               const CohortOptions& options = {});
[[nodiscard]] base::Result<SceneCohort> find_scene_cohort(const history::RunHistoryReader& reader,
                                                          const history::RunFacts& run,
                                                          const history::SceneFacts& scene,
                                                          const CohortOptions& options = {});

// The cohorts of the scenes of one run, which are often alike: each kind of work is looked up once.
class SceneCohorts {
 public:
  SceneCohorts(const history::RunHistoryReader& reader, const history::RunFacts& run, const CohortOptions& options)
      : reader_(reader), run_(run), options_(options) {}
  struct Known {
    SceneCohort cohort;
    std::vector<double> durations_ms;  // of those of its scenes that have one
  };
  // Valid as long as this. Errors: those of the reader.
  [[nodiscard]] base::Result<const Known*> of(const history::SceneFacts& scene);

 private:
  const history::RunHistoryReader& reader_;
  const history::RunFacts& run_;
  const CohortOptions& options_;
  std::list<std::pair<history::WorkKey, Known>> known_;
};

// Strictest first.
[[nodiscard]] const std::vector<history::LikeLevel>& like_levels();
// What a level holds equal, in words.
[[nodiscard]] std::vector<std::string> held_equal(history::LikeLevel level);

}  // namespace comfytrace::insight
