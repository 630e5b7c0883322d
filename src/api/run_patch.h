#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/schema_book.h"
#include "history/run_history.h"

namespace comfytrace::api {

// Reads `{title?, tags?, notes?, archived?}`. Unknown keys are refused by name, and so is what is over a bound.
// Errors: invalid, too_large; with field and mend.
[[nodiscard]] base::Result<history::RunPatch> parse_run_patch(std::string_view body);

[[nodiscard]] std::string run_patch_schema(base::SchemaBook& book);

}  // namespace comfytrace::api
