#pragma once

#include <string>
#include <string_view>

#include "api/router.h"

namespace comfytrace::api {

// The OpenAPI 3.1 document of these routes. The same routes give the same text.
[[nodiscard]] std::string openapi_json(const Router& router, std::string_view version);

}  // namespace comfytrace::api
