#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/run.h"

// What the nodes of a graph took, rolled up to the nodes that people see, for whom a few attempts are at hand. Pure.
namespace comfytrace::insight {

struct NodeTime {
  std::string structure;  // the scene's fingerprint; node ids mean something within one only
  std::string node_id;    // display id; empty of a class
  std::string class_type;
  std::string title;
  std::int64_t executions = 0;
  std::int64_t cached = 0;
  std::int64_t duration_ms = 0;  // of all executions together
};

// Of one attempt, in order of start. Empty where node times are not known.
[[nodiscard]] std::vector<NodeTime> node_times(const model::Scene& scene, const model::Attempt& attempt);
// Summed by class, over structures too; nodes of an unknown class are left out.
[[nodiscard]] std::vector<NodeTime> class_times(const std::vector<NodeTime>& nodes);

}  // namespace comfytrace::insight
