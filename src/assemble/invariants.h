#pragma once

#include <string>
#include <vector>

#include "model/run.h"

namespace comfytrace::assemble {

// What is wrong with this run, one sentence each: what the assembler promises of every run it gives, whatever it was
// told. Empty when all is well. For tests and fuzzers.
[[nodiscard]] std::vector<std::string> violations(const model::Run& run);

}  // namespace comfytrace::assemble
