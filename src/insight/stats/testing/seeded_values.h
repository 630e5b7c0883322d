#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "insight/stats/distribution.h"

namespace comfytrace::insight::stats {

// Values for property tests: the same on every machine, for the standard fixes mt19937_64 but not its distributions.
class SeededValues {
 public:
  explicit SeededValues(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bits() { return random_(); }
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0; }
  std::size_t whole(std::size_t low, std::size_t high) { return low + random_() % (high - low + 1); }
  double normal() { return normal_quantile(uniform()); }
  std::vector<double> normals(std::size_t n) {
    std::vector<double> values(n);
    for (double& value : values) value = normal();
    return values;
  }
  // Whole numbers 0 to `most`: many of them equal.
  std::vector<double> wholes(std::size_t n, std::size_t most) {
    std::vector<double> values(n);
    for (double& value : values) value = static_cast<double>(whole(0, most));
    return values;
  }
  // `n` durations around `level` with a coefficient of variation.
  std::vector<double> durations(std::size_t n, double level, double cv) {
    std::vector<double> values(n);
    for (double& value : values) value = level * std::exp(cv * normal());
    return values;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace comfytrace::insight::stats
