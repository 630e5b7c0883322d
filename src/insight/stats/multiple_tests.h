#pragma once

#include <span>
#include <vector>

// Many tests at once (Benjamini & Hochberg 1995): keeps the share of false ones among the alarms down.
namespace comfytrace::insight::stats {

// Adjusted p-values in the order of `p_values`, each within 0-1: an alarm at rate q is an adjusted value of at most q.
// Tests that could not be made are left out by the caller: they do not count.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace comfytrace::insight::stats
