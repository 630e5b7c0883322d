#pragma once

#include <string>
#include <vector>

#include "generate/planned_run.h"
#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::generate {

// The run whole, as the recorder would have written it. Pure.
[[nodiscard]] model::Run run_of(const PlannedRun& plan);

// What is common to run_of and facts_of.
[[nodiscard]] std::string workflow_name_of(const PlannedRun& plan);
[[nodiscard]] std::string story_id_of(const PlannedRun& plan);
[[nodiscard]] std::string story_title_of(const PlannedRun& plan);
[[nodiscard]] std::vector<std::string> tags_of(const PlannedRun& plan);
[[nodiscard]] std::vector<std::string> checkpoints_of(const PlannedRun& plan);
[[nodiscard]] std::string scene_id_of(std::size_t scene);

// Readings of the worker's device while an attempt that had a device ran, two a second.
[[nodiscard]] std::vector<model::DeviceSample> samples_of(const PlannedRun& plan, const PlannedAttempt& attempt);

}  // namespace comfytrace::generate
