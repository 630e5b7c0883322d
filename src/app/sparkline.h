#pragma once

#include <optional>
#include <string>
#include <vector>

namespace comfytrace::app {

// One block character a value, the smallest lowest; values beyond `width` are averaged together, and what is absent
// is a blank. Scaled between the least and the largest value.
[[nodiscard]] std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t width);

// A bar of block characters, `share` 0 to 1 of `width` columns.
[[nodiscard]] std::string bar(double share, std::size_t width);

}  // namespace comfytrace::app
