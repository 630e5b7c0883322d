#pragma once

#include <vector>

#include "insight/comparison.h"
#include "insight/node_times.h"

namespace comfytrace::insight {

// Each of `nodes` against the same node in those of `baseline` that executed it as often. Largest difference first.
// `run_duration_ms` tells which differences are too small to matter. Pure.
[[nodiscard]] std::vector<NodeComparison> compare_nodes(const std::vector<NodeTime>& nodes,
                                                        const std::vector<std::vector<NodeTime>>& baseline,
                                                        double run_duration_ms, const ComparisonOptions& options);

// "KSampler +38 %, rest unchanged". Empty where no class could be compared.
[[nodiscard]] std::string explain_by_nodes(const std::vector<NodeComparison>& classes, Verdict verdict);

}  // namespace comfytrace::insight
