#pragma once

#include "app/extension_package.h"

namespace comfytrace::app {

// The package for ComfyUI (`extension/`) as it was built into this binary.
[[nodiscard]] const ExtensionPackage& embedded_extension();

}  // namespace comfytrace::app
