#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Chance that is the same on every machine: a fixed generator, and distributions made of nothing but IEEE arithmetic.
// The standard library's distributions, and its exp and log, differ between libraries.
namespace comfytrace::generate {

[[nodiscard]] double exp_of(double x);
[[nodiscard]] double log_of(double x);  // x > 0

// Two numbers to one, well mixed.
[[nodiscard]] std::uint64_t mixed(std::uint64_t a, std::uint64_t b);

// xoshiro256++. One thread; copies go on independently.
class Random {
 public:
  // Streams of one seed are independent of each other.
  Random(std::uint64_t seed, std::string_view stream);

  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] double uniform();                        // [0, 1)
  [[nodiscard]] std::int64_t below(std::int64_t bound);  // 0 .. bound - 1; bound > 0
  [[nodiscard]] bool chance(double probability);
  [[nodiscard]] double normal();                 // mean 0, standard deviation 1
  [[nodiscard]] double lognormal(double sigma);  // median 1
  [[nodiscard]] double exponential();            // mean 1
  [[nodiscard]] double pareto(double alpha);     // at least 1

 private:
  std::uint64_t state_[4];
};

// A canonical UUID (version 4) of two random numbers.
[[nodiscard]] std::string uuid_of(std::uint64_t high, std::uint64_t low);

// The sigma of a lognormal whose coefficient of variation is `cv`.
[[nodiscard]] double sigma_of_cv(double cv);

}  // namespace comfytrace::generate
