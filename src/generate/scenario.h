#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"

// What is put into a history on purpose, and the truth about it.
namespace comfytrace::generate {

// Sizes: see the table in docs/generate.md.
enum class Scenario {
  drift,        // one workflow on one worker takes longer and longer
  step,         // … takes longer from one run to the next
  outliers,     // … single runs take far longer
  failures,     // … fails again and again for some runs
  slowNode,     // … one class of node takes longer
  modelChange,  // … is given another model file, and takes longer
  leak,         // a worker loses VRAM with every run
  update,       // a worker is updated, and all its work takes longer
  quietUpdate,  // a worker is updated, and nothing changes
  idleGaps,     // a worker does nothing for a while though work waits
  cpuFallback,  // some runs of a worker run on its CPU
  clockJump,    // a worker's clock goes back for a while
};
BOOST_DESCRIBE_ENUM(Scenario, drift, step, outliers, failures, slowNode, modelChange, leak, update, quietUpdate,
                    idleGaps, cpuFallback, clockJump)

// What to put in. Absent: chosen by the seed.
struct ScenarioOrder {
  Scenario scenario = Scenario::step;
  std::optional<double> size;   // in the scenario's unit
  std::optional<double> place;  // when it begins: 0 with the first run, 1 with the last
  bool operator==(const ScenarioOrder&) const = default;
};

// "step", "step=0.2", "step=0.2@0.5". Errors: invalid.
[[nodiscard]] base::Result<ScenarioOrder> parse_scenario(std::string_view text);

// What was put in. Whatever is empty or absent does not restrict: all workflows of the worker, to the end.
struct Truth {
  Scenario scenario = Scenario::step;
  std::string what;  // a sentence
  std::string workflow_name;
  std::string workflow_fingerprint;
  std::string worker_id;
  std::string node_class;
  std::int64_t from_ms = 0;           // when it begins
  std::optional<std::int64_t> to_ms;  // when it ends
  double size = 0;
  std::string unit;                          // of the size
  std::string first_run_id;                  // the first run that it touches; empty: no run came late enough
  std::int64_t runs = 0;                     // how many it touches
  std::vector<std::string> run_ids;          // of scenarios that touch single runs: which
  std::vector<std::string> restart_run_ids;  // of a leak: the first run after each restart, which frees what was lost
  bool operator==(const Truth&) const = default;
};
BOOST_DESCRIBE_STRUCT(Truth, (),
                      (scenario, what, workflow_name, workflow_fingerprint, worker_id, node_class, from_ms, to_ms, size,
                       unit, first_run_id, runs, run_ids, restart_run_ids))

}  // namespace comfytrace::generate
