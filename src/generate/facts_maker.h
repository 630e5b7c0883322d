#pragma once

#include <string>
#include <unordered_map>

#include "generate/planned_run.h"
#include "history/run_facts.h"

namespace comfytrace::generate {

// The facts of a planned run, without the run: equal to history::facts_of(run_of(plan)).
// Remembers the keys of work that it has met.
class FactsMaker {
 public:
  [[nodiscard]] history::RunFacts facts_of(const PlannedRun& plan);

 private:
  struct Keys {
    history::WorkKey run;
    std::vector<history::WorkKey> scenes;
  };
  [[nodiscard]] const Keys& keys_of(const PlannedRun& plan);

  std::unordered_map<std::string, Keys> keys_;
  std::string name_;  // of the keys that are looked for
};

}  // namespace comfytrace::generate
