#pragma once

#include <string>
#include <string_view>

namespace comfytrace::base {

// A random (version 4) UUID, canonical: lower-case, hyphenated. Any thread.
[[nodiscard]] std::string random_uuid();

// The UUID (version 5) that `name` always gives. For ids that must be the same after every restart.
[[nodiscard]] std::string named_uuid(std::string_view name);

// Whether `text` is a canonical lower-case hyphenated UUID.
[[nodiscard]] bool is_canonical_uuid(std::string_view text);

}  // namespace comfytrace::base
