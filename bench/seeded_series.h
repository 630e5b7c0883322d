#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "insight/stats/distribution.h"

// Series with known truths, the same on every machine.
namespace comfytrace::bench {

enum class Noise { lognormal, heavy, outliers, memory };
constexpr Noise kNoises[] = {Noise::lognormal, Noise::heavy, Noise::outliers, Noise::memory};

inline const char* name_of(Noise noise) {
  if (noise == Noise::lognormal) return "log-normal";
  if (noise == Noise::heavy) return "heavy tails (Student's t, 3 degrees)";
  if (noise == Noise::outliers) return "5 % outliers of +20 to +200 %";
  return "lag-1 autocorrelation 0.3";
}

// Durations in whole ms around one level, with a coefficient of variation.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  std::size_t whole(std::size_t low, std::size_t high) { return low + random_() % (high - low + 1); }
  double normal() { return insight::stats::normal_quantile(uniform()); }

  // A series' level: 100 ms to 1000 s.
  double level() { return std::exp(uniform(std::log(100.0), std::log(1e6))); }

  // Logs of values with standard deviation `cv` (before outliers).
  std::vector<double> noise(Noise kind, double cv, std::size_t n, double memory = 0.3) {
    std::vector<double> logs(n);
    double before = normal();
    for (double& log : logs) {
      double z = normal();
      if (kind == Noise::heavy) z = insight::stats::student_quantile(uniform(), 3) / std::sqrt(3.0);
      if (kind == Noise::memory) z = before = memory * before + std::sqrt(1 - memory * memory) * z;
      log = cv * z;
      if (kind == Noise::outliers && uniform() < 0.05) log += std::log(uniform(1.2, 3.0));
    }
    return logs;
  }

  std::vector<double> durations(const std::vector<double>& logs, double level) {
    std::vector<double> values(logs.size());
    std::transform(logs.begin(), logs.end(), values.begin(),
                   [&](double log) { return std::max(1.0, std::round(level * std::exp(log))); });
    return values;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace comfytrace::bench
