#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/result.h"
#include "history/like_runs.h"
#include "history/run_history.h"
#include "insight/deviation.h"
#include "insight/outlying_line.h"

namespace comfytrace::insight {

// A test of one run, and what it gave.
struct DeviationTested {
  static constexpr auto kNowhere = static_cast<std::size_t>(-1);

  double p_value = 1;
  std::unique_ptr<Deviation> deviation;  // null: it does not hold
  // Of runs and nodes: the series that the run is in, and the others in a row with it, by their place among the like.
  std::size_t series = kNowhere;
  std::vector<std::size_t> before;
};

// The workflow's name, else the fingerprint.
[[nodiscard]] std::string workflow_of(const history::RunFacts& run);

// The scenes of some runs against those like them; of a run of one scene the run says it all. Scenes of runs with many
// tests before them are not tested. One thread; the runs and the options outlive it.
class DeviationScenes {
 public:
  // Runs are newest first.
  DeviationScenes(const std::vector<history::RunFacts>& runs, const DeviationOptions& options);

  // What is like those that are most likely tested: how many tests come of the runs is not known yet.
  [[nodiscard]] const history::LikeQuery& query() const { return query_; }
  // The answer to that.
  void take(std::vector<history::LikeScenes> like) { like_ = std::move(like); }
  // Asks for what is like the others, if any are tested; `tests`: of each run, without its scenes. Errors: those of the
  // reader.
  [[nodiscard]] base::Result<void> ask_rest(const history::RunHistoryReader& reader,
                                            const std::vector<std::vector<DeviationTested>>& tests);
  // Appends the tests of a run's scenes to those of the runs before it and of the run itself.
  void test(std::size_t run, std::vector<DeviationTested>& tests) const;

 private:
  [[nodiscard]] static bool is_tested(const history::RunFacts& run, const history::SceneFacts& scene);
  void ask(std::size_t run, history::LikeQuery& query, std::size_t asked);

  const std::vector<history::RunFacts>& runs_;
  const DeviationOptions& options_;
  history::LikeQuery query_;
  // By run, of those that were asked about, and scene: what it is like. All of a run that are alike are one.
  std::vector<std::vector<std::size_t>> kinds_;
  std::vector<history::LikeScenes> like_;
  std::vector<OutlyingLine> lines_;  // what those took, from 0 on
};

}  // namespace comfytrace::insight
