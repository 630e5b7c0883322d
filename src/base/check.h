#pragma once

#include <string_view>

namespace comfytrace::base {

// Prints what was violated and aborts. For faults of ours only: input can never reach a failing CHECK.
[[noreturn]] void check_failed(std::string_view expression, std::string_view file, int line);

}  // namespace comfytrace::base

// Holds in every build. Use it for invariants; what the world can get wrong is a Result.
#define CHECK(expression)                                                                 \
  do {                                                                                    \
    if (!(expression)) ::comfytrace::base::check_failed(#expression, __FILE__, __LINE__); \
  } while (false)
