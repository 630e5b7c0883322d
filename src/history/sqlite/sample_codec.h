#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/worker.h"

namespace comfytrace::history::sqlite {

// A series of readings column by column: differences as variable-length integers, then deflated. Exact.
[[nodiscard]] std::string pack_samples(const std::vector<model::DeviceSample>& samples);
// Absent: the bytes are damaged or of a later version.
[[nodiscard]] std::optional<std::vector<model::DeviceSample>> unpack_samples(std::string_view bytes);

}  // namespace comfytrace::history::sqlite
