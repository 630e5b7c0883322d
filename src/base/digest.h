#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace comfytrace::base {

// Raw digest bytes (20 and 32 of them). Any thread.
[[nodiscard]] std::string sha1(std::string_view bytes);
[[nodiscard]] std::string sha256(std::string_view bytes);

// Lower-case hexadecimal, two characters a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// Standard base64 with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
// nullopt for anything but what to_base64 writes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

// Compares in a time that depends on the lengths alone. For tokens.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace comfytrace::base
