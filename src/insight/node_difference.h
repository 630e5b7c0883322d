#pragma once

#include <span>

#include "insight/run_difference.h"

namespace comfytrace::insight {

// Fills in `nodes`, `node_classes` and `nodes_missing`, between the first run and the last. Pure.
void add_node_differences(std::span<const model::Run> runs, RunDifference& answer);

}  // namespace comfytrace::insight
