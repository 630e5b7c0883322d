#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace comfytrace::app {

// The access token in `file`; empty if there is no such file. Errors: unavailable, invalid (too short to be one).
[[nodiscard]] base::Result<std::string> read_token(const std::filesystem::path& file);
// Makes a new one and keeps it in `file`, readable by its owner alone.
[[nodiscard]] base::Result<std::string> make_token(const std::filesystem::path& file);

}  // namespace comfytrace::app
