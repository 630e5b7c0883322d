#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

// Durations counted in buckets of equal relative width, for quantiles of more values than one wants to select from.
// 256 buckets an octave: values below 512 have a bucket of their own, and no value is further than 1/512 (0.195 %) of
// itself from its bucket's representative. Made for whole milliseconds in 32 bits; any unit does.
namespace comfytrace::insight::stats {

constexpr std::size_t kLogBuckets = 256 + 24 * 256;

// 0 <= bucket < kLogBuckets, ascending with the value.
[[nodiscard]] constexpr std::uint16_t bucket_of(std::uint32_t value) {
  if (value < 256) return static_cast<std::uint16_t>(value);
  const int shift = std::bit_width(value) - 9;  // keeps the leading bit and 8 more
  return static_cast<std::uint16_t>(256 + shift * 256 + ((value >> shift) & 255));
}

// Smallest and largest value of a bucket, and the middle of the two.
[[nodiscard]] constexpr std::uint32_t bucket_low(std::uint16_t bucket) {
  if (bucket < 256) return bucket;
  return static_cast<std::uint32_t>(256 + (bucket & 255)) << ((bucket - 256) / 256);
}
[[nodiscard]] constexpr std::uint32_t bucket_high(std::uint16_t bucket) {
  if (bucket < 256) return bucket;
  return bucket_low(bucket) + ((std::uint32_t{1} << ((bucket - 256) / 256)) - 1);
}
[[nodiscard]] constexpr double bucket_value(std::uint16_t bucket) {
  return (static_cast<double>(bucket_low(bucket)) + static_cast<double>(bucket_high(bucket))) / 2;
}

// Type-7 quantiles (see quantile.h) with each order statistic replaced by its bucket's representative: within 1/512 of
// the exact ones. `counts` holds kLogBuckets counts, `p` ascends within 0-1, `out` is as long as `p`. False, and `out`
// as it was, of no values. One pass.
bool histogram_quantiles(std::span<const std::uint32_t> counts, std::span<const double> p, std::span<double> out);
[[nodiscard]] std::optional<double> histogram_quantile(std::span<const std::uint32_t> counts, double p);

// Counts that can be added up across chunks and hosts. 25 KB.
class LogHistogram {
 public:
  void add(std::uint32_t value) { ++counts_[bucket_of(value)]; }
  void merge(const LogHistogram& other);
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::optional<double> quantile(double p) const { return histogram_quantile(counts_, p); }
  [[nodiscard]] std::span<const std::uint32_t> counts() const { return counts_; }

 private:
  std::array<std::uint32_t, kLogBuckets> counts_{};
};

}  // namespace comfytrace::insight::stats
