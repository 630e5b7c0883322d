#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/log_bucket.h"

// Durations counted in the buckets of base/log_bucket.h, for quantiles of more values than one wants to select from.
// Made for whole milliseconds in 32 bits; any unit does.
namespace comfytrace::insight::stats {

constexpr std::size_t kLogBuckets = 256 + 24 * 256;

// 0 <= bucket < kLogBuckets, ascending with the value.
[[nodiscard]] constexpr std::uint16_t bucket_of(std::uint32_t value) {
  return static_cast<std::uint16_t>(base::log_bucket(value));
}

// Smallest and largest value of a bucket, and the middle of the two.
[[nodiscard]] constexpr std::uint32_t bucket_low(std::uint16_t bucket) {
  return static_cast<std::uint32_t>(base::log_bucket_low(bucket));
}
[[nodiscard]] constexpr std::uint32_t bucket_high(std::uint16_t bucket) {
  return static_cast<std::uint32_t>(base::log_bucket_high(bucket));
}
[[nodiscard]] constexpr double bucket_value(std::uint16_t bucket) {
  return base::log_bucket_middle(bucket);
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
