#pragma once

#include <string>
#include <vector>

#include "insight/comparison.h"
#include "insight/node_sums.h"

namespace comfytrace::insight {

// Each of `nodes` against the same node in those of `baseline` that executed it as often, all of one NodeSums, whose
// records have these texts. Largest difference first. `run_duration_ms` tells which differences are too small to
// matter. Pure.
[[nodiscard]] std::vector<NodeComparison> compare_nodes(const std::vector<std::string>& texts,
                                                        const std::vector<NodeSum>& nodes,
                                                        const std::vector<std::vector<NodeSum>>& baseline,
                                                        double run_duration_ms, const ComparisonOptions& options);

// "KSampler +38 %, rest unchanged". Empty where no class could be compared.
[[nodiscard]] std::string explain_by_nodes(const std::vector<NodeComparison>& classes, Verdict verdict);

}  // namespace comfytrace::insight
