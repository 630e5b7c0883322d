#pragma once

#include <bit>
#include <cstdint>

namespace comfytrace::insight::stats {

// Finite doubles as whole numbers in the same order (IEEE 754: magnitudes already are; the sign turns them round).
[[nodiscard]] inline std::uint64_t to_order(double value) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

[[nodiscard]] inline double from_order(std::uint64_t order) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((order & kSign) != 0 ? order & ~kSign : ~order);
}

}  // namespace comfytrace::insight::stats
