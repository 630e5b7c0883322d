#include "insight/stats/log_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace comfytrace::insight::stats {
namespace {

std::uint64_t total(std::span<const std::uint32_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

bool histogram_quantiles(std::span<const std::uint32_t> counts, std::span<const double> p, std::span<double> out) {
  CHECK(counts.size() == kLogBuckets && p.size() == out.size());
  const std::uint64_t n = total(counts);
  if (n == 0) return false;
  std::size_t bucket = 0;
  std::uint64_t upto = counts[0];  // values in buckets 0..bucket
  const auto advance = [&](std::uint64_t rank) {
    while (upto <= rank) upto += counts[++bucket];
    return bucket_value(static_cast<std::uint16_t>(bucket));
  };
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(p[i] >= 0 && p[i] <= 1 && (i == 0 || p[i - 1] <= p[i]));
    const double h = static_cast<double>(n - 1) * p[i];
    const auto below = std::min(static_cast<std::uint64_t>(h), n - 1);
    const double low = advance(below);
    const double share = h - static_cast<double>(below);
    if (share <= 0) {
      out[i] = low;
      continue;
    }
    // The next value may lie in a later bucket; the place is kept, for the next p may need this one again.
    const std::size_t bucket_before = bucket;
    const std::uint64_t upto_before = upto;
    out[i] = std::lerp(low, advance(below + 1), share);
    bucket = bucket_before;
    upto = upto_before;
  }
  return true;
}

std::optional<double> histogram_quantile(std::span<const std::uint32_t> counts, double p) {
  double out = 0;
  if (!histogram_quantiles(counts, std::span(&p, 1), std::span(&out, 1))) return std::nullopt;
  return out;
}

void LogHistogram::merge(const LogHistogram& other) {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
}

std::uint64_t LogHistogram::count() const {
  return total(counts_);
}

}  // namespace comfytrace::insight::stats
