#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/run.h"

namespace comfytrace::alert {

// How the last runs of a worker or a workflow ended. Idempotent: a run counts once, in the order of its end, however
// often and in whatever order it is told. Bounded: kRuns a subject, and the kSubjects that were heard of last.
class OutcomeStreaks {
 public:
  static constexpr std::size_t kRuns = 64;
  static constexpr std::size_t kSubjects = 4'096;

  struct Streak {
    std::int64_t failed = 0;     // in a row, up to the newest
    std::int64_t succeeded = 0;  // the same; one of the two is 0
    std::size_t workflows = 0;   // different ones among those in a row; one not known counts for itself
  };

  // Runs that say nothing about working or not (cancelled, skipped, open) are left out.
  [[nodiscard]] static bool counts(const model::RunSummary& run);
  void note(const std::string& subject, const model::RunSummary& run);
  [[nodiscard]] Streak streak(const std::string& subject) const;

 private:
  struct Outcome {
    std::int64_t finished_at_ms;
    std::string run_id;
    std::string workflow;
    bool failed;
  };
  std::map<std::string, std::vector<Outcome>> outcomes_;  // oldest first
  std::deque<std::string> order_;                         // of first sight
};

}  // namespace comfytrace::alert
