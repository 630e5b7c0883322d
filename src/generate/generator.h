#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "generate/options.h"
#include "generate/scenario.h"
#include "history/run_facts.h"
#include "history/run_history.h"
#include "model/run.h"
#include "model/worker.h"

// Histories as people make them, from a seed, with known truths in them. For tests, benchmarks, and trying things out.
namespace comfytrace::generate {

// Makes one run after another in the order in which they were queued; a worker whose clock jumps back tells earlier
// times than that. One thread.
class Generator {
 public:
  explicit Generator(const Options& options);  // valid ones: see check()
  ~Generator();

  // The next run; nullopt after the last.
  [[nodiscard]] std::optional<model::Run> next();
  // The next run as the facts that history::facts_of takes from it, without making the run. Either is given, not both.
  [[nodiscard]] std::optional<history::RunFacts> next_facts();
  // Readings of the devices during the run that was given last.
  [[nodiscard]] std::vector<history::SampleSeries> samples() const;

  [[nodiscard]] std::vector<model::Worker> workers() const;
  // One a scenario, as ordered. What the runs tell (which, how many) is complete after the last run.
  [[nodiscard]] const std::vector<Truth>& truths() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct History {
  std::vector<model::Run> runs;
  std::vector<model::Worker> workers;
  std::vector<Truth> truths;
};
[[nodiscard]] History history_of(const Options& options);

struct Facts {
  std::vector<history::RunFacts> runs;
  std::vector<Truth> truths;
};
[[nodiscard]] Facts facts(const Options& options);

}  // namespace comfytrace::generate
