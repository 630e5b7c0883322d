#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace comfytrace::history::sqlite {

// a == b; of short texts, as most in a run are, quicker than a call of memcmp.
[[nodiscard]] inline bool same_text(const std::string& a, const std::string& b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const auto differ = [&](std::size_t at, auto of_a) {
    auto of_b = of_a;
    std::memcpy(&of_a, a.data() + at, sizeof of_a);
    std::memcpy(&of_b, b.data() + at, sizeof of_b);
    return std::uint64_t{of_a} ^ std::uint64_t{of_b};
  };
  if (size < 4) {
    // Up to the zero that ends it there are two bytes at least.
    if (size == 0) return true;
    return (differ(0, std::uint16_t{}) | differ(size - 1, std::uint16_t{})) == 0;
  }
  if (size < 8) return (differ(0, std::uint32_t{}) | differ(size - 4, std::uint32_t{})) == 0;
  if (size > 32) return std::memcmp(a.data(), b.data(), size) == 0;
  std::uint64_t any = differ(0, std::uint64_t{}) | differ(size - 8, std::uint64_t{});
  if (size > 16) any |= differ(8, std::uint64_t{}) | differ(size - 16, std::uint64_t{});
  return any == 0;
}

}  // namespace comfytrace::history::sqlite
