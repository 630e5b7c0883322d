#pragma once

#include <string>

#include "base/json.h"

// For tests: holds answers against the OpenAPI document.
namespace comfytrace::api {

// What is wrong with `answer`, the JSON body that `operation_id` gave, by `document`; empty: nothing.
[[nodiscard]] std::string against_schema(const base::json::value& document, const std::string& operation_id,
                                         const base::json::value& answer);
// The operation that answers `method` at `target`; empty: the document has none.
[[nodiscard]] std::string operation_of(const base::json::value& document, const std::string& method,
                                       const std::string& target);

}  // namespace comfytrace::api
