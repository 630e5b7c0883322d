#pragma once

#include <string>

#include "model/worker.h"

namespace comfytrace::app {

// Who tells what happens in a worker, and how well: "told by the extension 0.1.0: 10 taps, …". Empty: nobody does.
[[nodiscard]] std::string source_sentence(const model::Connection& connection);

}  // namespace comfytrace::app
