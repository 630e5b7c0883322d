#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/cohort.h"
#include "insight/verdict.h"

// Runs, scenes and nodes outside what the runs like them explain.
namespace comfytrace::insight {

struct DeviationOptions {
  CohortOptions cohort;
  std::int64_t in_a_row = 2;           // so many like runs one after the other are persistent
  double false_discovery_rate = 0.05;  // over everything that is tested at once
};

enum class DeviationSubject { run, scene, nodeClass };
BOOST_DESCRIBE_ENUM(DeviationSubject, run, scene, nodeClass)

struct Deviation {
  DeviationSubject subject = DeviationSubject::run;
  std::string run_id;
  std::int64_t created_at_ms = 0;  // the run's
  std::string workflow;            // name, else fingerprint
  std::string scene_id;            // of scenes
  std::string class_type;          // of classes of nodes
  std::string metric;              // durationMs, vramPeakBytes
  Verdict verdict = Verdict::worse;
  double value = 0;
  double baseline_median = 0;
  double ratio = 1;    // value / median
  double p_value = 1;  // adjusted for everything tested at once
  std::int64_t n = 0;  // runs of the baseline
  history::LikeLevel level = history::LikeLevel::executed;
  std::int64_t in_a_row = 1;         // like runs, this one included, that deviate to the same side
  bool persistent = false;           // in_a_row reached what the options ask
  std::vector<std::string> run_ids;  // of those in a row, newest first
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(Deviation, (),
                      (subject, run_id, created_at_ms, workflow, scene_id, class_type, metric, verdict, value,
                       baseline_median, ratio, p_value, n, level, in_a_row, persistent, run_ids, sentence))

struct Deviations {
  std::vector<Deviation> deviations;  // newest run first, then largest ratio
  std::int64_t runs = 0;              // looked at
  std::int64_t runs_without_baseline = 0;
  std::int64_t tests = 0;
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(Deviations, (), (deviations, runs, runs_without_baseline, tests, sentence))

// The newest `limit` (1..500) successful runs that match. Errors: invalid; those of the reader.
[[nodiscard]] base::Result<Deviations> find_deviations(const history::RunHistoryReader& reader,
                                                       const history::RunFilter& filter, std::int64_t limit = 50,
                                                       const DeviationOptions& options = {});
// What a recorder asks when a run has ended. Errors: not_found; those of the reader.
[[nodiscard]] base::Result<Deviations> deviations_of_run(const history::RunHistoryReader& reader,
                                                         std::string_view run_id, const DeviationOptions& options = {});

}  // namespace comfytrace::insight
