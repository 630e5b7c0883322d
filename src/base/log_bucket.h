#pragma once

#include <bit>
#include <cstdint>

// Buckets of equal relative width, 256 an octave: values below 512 have a bucket of their own, and no value is further
// than 1/512 (0.195 %) of itself from the middle of its bucket. Numbers ascend with the value.
namespace comfytrace::base {

[[nodiscard]] constexpr std::uint32_t log_bucket(std::uint64_t value) {
  if (value < 256) return static_cast<std::uint32_t>(value);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - 9;  // keeps the leading bit and 8 more
  return 256 + shift * 256 + static_cast<std::uint32_t>((value >> shift) & 255);
}

// Smallest and largest value of a bucket, and the middle of the two.
[[nodiscard]] constexpr std::uint64_t log_bucket_low(std::uint32_t bucket) {
  if (bucket < 256) return bucket;
  return std::uint64_t{256 + (bucket & 255)} << ((bucket - 256) / 256);
}
[[nodiscard]] constexpr std::uint64_t log_bucket_high(std::uint32_t bucket) {
  if (bucket < 256) return bucket;
  return log_bucket_low(bucket) + ((std::uint64_t{1} << ((bucket - 256) / 256)) - 1);
}
[[nodiscard]] constexpr double log_bucket_middle(std::uint32_t bucket) {
  return (static_cast<double>(log_bucket_low(bucket)) + static_cast<double>(log_bucket_high(bucket))) / 2;
}

}  // namespace comfytrace::base
