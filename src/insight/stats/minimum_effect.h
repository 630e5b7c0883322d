#pragma once

#include <cstddef>
#include <optional>
#include <span>

// How much a series scatters, and the smallest change that could be seen through it.
namespace comfytrace::insight::stats {

// 1.4826 MAD / |median|, a ratio; where MAD is 0, 1.253314 mean absolute deviation / |median|. std::nullopt below
// 2 values and where the median is 0; 0 of a constant series.
[[nodiscard]] std::optional<double> robust_variation(std::span<const double> values);

struct MinimumEffectOptions {
  double alpha = 0.05;  // two-sided
  double power = 0.8;   // how often the change would be found
};

// The smallest ratio - 1 (0.04: 4 % slower) that a rank test of n_before against n_after values finds with `power`,
// where values scatter by `variation` (robust_variation). std::nullopt where groups of these sizes can find nothing.
[[nodiscard]] std::optional<double> smallest_detectable_change(double variation, std::size_t n_before,
                                                               std::size_t n_after,
                                                               const MinimumEffectOptions& options = {});

}  // namespace comfytrace::insight::stats
