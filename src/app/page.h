#pragma once

#include "api/services.h"

namespace comfytrace::app {

// The page that was built into this binary; a placeholder that says how to build it, if none was.
[[nodiscard]] api::Assets page_assets();

}  // namespace comfytrace::app
