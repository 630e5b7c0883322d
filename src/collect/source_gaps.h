#pragma once

#include <optional>
#include <string>

#include "model/worker.h"

namespace comfytrace::collect {

// What a watcher does not see of a worker, and what mends it: a sentence.
[[nodiscard]] std::string gaps_of_stock();
// nullopt: nothing goes unseen.
[[nodiscard]] std::optional<std::string> gaps_of(const model::ExtensionInfo& extension);

}  // namespace comfytrace::collect
