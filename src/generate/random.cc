#include "generate/random.h"

#include <array>
#include <cmath>
#include <span>

namespace comfytrace::generate {
namespace {

constexpr double kLn2 = 0.693147180559945309417232121458;

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t rotated(std::uint64_t x, int by) {
  return (x << by) | (x >> (64 - by));
}

// The first coefficient is that of the highest power.
double polynomial(std::span<const double> coefficients, double x) {
  double value = 0;
  for (const double coefficient : coefficients) value = value * x + coefficient;
  return value;
}

// P. J. Acklam's rational approximation of the normal quantile; relative error below 1.2e-9.
double normal_quantile(double p) {
  static constexpr std::array a{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr std::array b{-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
  static constexpr std::array c{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr std::array d{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                3.754408661907416e+00, 1.0};
  constexpr double kLow = 0.02425;
  const auto tail = [](double q) { return polynomial(c, q) / polynomial(d, q); };
  if (p < kLow) return tail(std::sqrt(-2 * log_of(p)));
  if (p > 1 - kLow) return -tail(std::sqrt(-2 * log_of(1 - p)));
  const double q = p - 0.5;
  const double r = q * q;
  return polynomial(a, r) * q / polynomial(b, r);
}

}  // namespace

double exp_of(double x) {
  if (x < -700) return 0;
  const double k = std::floor(x / kLn2 + 0.5);
  const double r = x - k * kLn2;
  double sum = 1;
  for (int i = 14; i >= 1; --i) sum = 1 + r / i * sum;
  return std::ldexp(sum, static_cast<int>(k));
}

double log_of(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int i = 21; i >= 1; i -= 2) sum = sum * square + 1.0 / i;
  return exponent * kLn2 + 2 * s * sum;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t state = a ^ rotated(b, 32);
  const std::uint64_t first = split_mix(state);
  state = first ^ b;
  return split_mix(state);
}

Random::Random(std::uint64_t seed, std::string_view stream) {
  std::uint64_t state = seed;
  for (const char c : stream) state = mixed(state, static_cast<unsigned char>(c));
  for (std::uint64_t& word : state_) word = split_mix(state);
}

std::uint64_t Random::next() {
  const std::uint64_t result = rotated(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotated(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

std::int64_t Random::below(std::int64_t bound) {
  return static_cast<std::int64_t>((static_cast<unsigned __int128>(next()) * static_cast<std::uint64_t>(bound)) >> 64);
}

bool Random::chance(double probability) {
  return uniform() < probability;
}

double Random::normal() {
  return normal_quantile((static_cast<double>(next() >> 11) + 0.5) * 0x1p-53);
}

double Random::lognormal(double sigma) {
  return exp_of(sigma * normal());
}

double Random::exponential() {
  return -log_of(1 - uniform());
}

double Random::pareto(double alpha) {
  return exp_of(exponential() / alpha);
}

std::string uuid_of(std::uint64_t high, std::uint64_t low) {
  constexpr char kDigits[] = "0123456789abcdef";
  const std::uint64_t words[] = {(high & 0xffffffffffff0fffu) | 0x4000u,
                                 (low & 0x3fffffffffffffffu) | 0x8000000000000000u};
  std::string text(36, '-');
  std::size_t at = 0;
  for (const std::uint64_t word : words) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
      text[at++] = kDigits[(word >> shift) & 15];
    }
  }
  return text;
}

double sigma_of_cv(double cv) {
  return std::sqrt(log_of(1 + cv * cv));
}

}  // namespace comfytrace::generate
