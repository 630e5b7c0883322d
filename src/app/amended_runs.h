#pragma once

#include <map>
#include <string>

#include "history/run_history.h"
#include "model/run.h"

namespace comfytrace::app {

// What people wrote on runs since this program started. The recorder does not know it; pages must not see it flip back
// when a run goes on. I/O thread.
class AmendedRuns {
 public:
  void remember(const std::string& run_id, const history::RunPatch& patch);
  [[nodiscard]] model::RunSummary applied_to(model::RunSummary line) const;

 private:
  std::map<std::string, history::RunPatch, std::less<>> patches_;
};

}  // namespace comfytrace::app
