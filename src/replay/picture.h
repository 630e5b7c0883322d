#pragma once

#include <cstdint>
#include <string>

namespace comfytrace::replay {

// A valid PNG file, 8-bit grey: a soft gradient whose place depends on `phase` alone, so that a row of previews moves
// and the same phase always gives the same bytes. For pictures whose bytes were not recorded. Pure; any thread.
[[nodiscard]] std::string gradient_png(std::uint32_t width, std::uint32_t height, std::uint32_t phase);

}  // namespace comfytrace::replay
