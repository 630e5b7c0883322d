#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/run.h"

// What a scene was asked to do, and what it ran on, as rows of text for differences.
namespace comfytrace::insight {

struct TextRow {
  std::string_view name;
  std::optional<std::string> value;  // absent: not known, or the scene has none
  bool may_explain = false;          // can make the same work slower or faster, or is other work
};

// Always the same rows in the same order.
[[nodiscard]] std::vector<TextRow> parameter_rows(const model::Scene& scene);
// Of the last attempt. `worker` is its id.
[[nodiscard]] std::vector<TextRow> environment_rows(const model::Scene& scene);

}  // namespace comfytrace::insight
