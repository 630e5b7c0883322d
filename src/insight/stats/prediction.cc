#include "insight/stats/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "base/check.h"
#include "insight/stats/distribution.h"
#include "insight/stats/finite.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight::stats {
namespace {

constexpr std::size_t kDraws = 1'000;
constexpr std::size_t kShapeless = 19;    // past values of a part from which its own order statistics are drawn
constexpr double kLargestExponent = 300;  // keeps sums of nonsense finite
constexpr double kSurest = 1 - 1e-9;      // of a part that outlasts everything
constexpr double kNormal = std::numeric_limits<double>::infinity();  // degrees of Student's t that make it the normal

// The next value's distribution by Student's t, on logs where all values allow it.
struct Student {
  bool log = true;
  double middle = 0;
  double spread = 0;  // of the next value: the sample's standard deviation times sqrt(1 + 1/n)
  double degrees = 1;

  [[nodiscard]] double at_t(double t) const {
    const double value = middle + spread * t;
    return log ? std::exp(std::min(value, kLargestExponent)) : value;
  }
  [[nodiscard]] double quantile(double p) const { return at_t(student_quantile(p, degrees)); }
  // Of the next value itself, where it is small beside the value.
  [[nodiscard]] double deviation() const { return log ? spread * at_t(0) : spread; }
};

Student fit_student(std::span<const double> past) {
  Student fit;
  fit.log = std::all_of(past.begin(), past.end(), [](double value) { return value > 0; });
  std::vector<double> values(past.begin(), past.end());
  if (fit.log) std::transform(values.begin(), values.end(), values.begin(), [](double v) { return std::log(v); });
  const Summary summary = summarize_in_place(values);
  fit.middle = *summary.mean;
  fit.spread = *summary.standard_deviation * std::sqrt(1 + 1 / static_cast<double>(past.size()));
  fit.degrees = static_cast<double>(past.size() - 1);
  return fit;
}

// The value below which the next one falls with probability p: the order statistic at rank (n + 1) p (type 6), between
// the least and the greatest.
double next_quantile(std::span<const double> ascending, double p) {
  const auto n = static_cast<double>(ascending.size());
  const double rank = std::clamp((n + 1) * p, 1.0, n) - 1;
  const auto below = static_cast<std::size_t>(rank);
  if (below + 1 >= ascending.size()) return ascending.back();
  return std::lerp(ascending[below], ascending[below + 1], rank - static_cast<double>(below));
}

// One part's next value: order statistics where there are enough, with the tails of Student's t beyond the extremes.
class PartDraws {
 public:
  explicit PartDraws(std::span<const double> past) : ascending_(sorted_finite(past)), student_(fit_student(past)) {}

  [[nodiscard]] const Student& student() const { return student_; }
  [[nodiscard]] bool is_shapeless() const { return ascending_.size() >= kShapeless; }
  [[nodiscard]] double quantile(double p) const { return quantile(p, student_quantile(p, student_.degrees)); }
  // The same where the caller knows Student's t at p.
  [[nodiscard]] double quantile(double p, double t) const {
    if (!is_shapeless()) return student_.at_t(t);
    const auto n = static_cast<double>(ascending_.size());
    if (p * (n + 1) < 1) return std::min(ascending_.front(), student_.at_t(t));
    if (p * (n + 1) > n) return std::max(ascending_.back(), student_.at_t(t));
    return next_quantile(ascending_, p);
  }
  // How likely the next value is at most `value`.
  [[nodiscard]] double probability(double value) const {
    double low = 1 - kSurest;
    double high = kSurest;
    if (quantile(high) <= value) return high;
    if (quantile(low) > value) return 0;
    for (int step = 0; step < 40; ++step) {
      const double middle = (low + high) / 2;
      (quantile(middle) <= value ? low : high) = middle;
    }
    return low;
  }

 private:
  std::vector<double> ascending_;
  Student student_;
};

double stratum(std::size_t draw) {
  return (static_cast<double>(draw) + 0.5) / static_cast<double>(kDraws);
}

// Student's t at every stratum; by degrees, for many parts have equally many past values.
using Tables = std::map<double, std::vector<double>>;

const std::vector<double>& table_of(Tables& tables, double degrees) {
  auto& table = tables[degrees];
  if (!table.empty()) return table;
  table.resize(kDraws);
  for (std::size_t i = 0; i < kDraws / 2; ++i) {
    table[i] = student_quantile(stratum(i), degrees);
    table[kDraws - 1 - i] = -table[i];
  }
  return table;
}

// What a part still needs, once in each stratum of its probability, ascending.
std::vector<double> remaining_draws(const PartDraws& draws, double elapsed, Tables& tables) {
  std::vector<double> remaining(kDraws);
  if (elapsed <= 0) {
    const auto& table = table_of(tables, draws.student().degrees);
    for (std::size_t i = 0; i < kDraws; ++i) remaining[i] = draws.quantile(stratum(i), table[i]);
    return remaining;
  }
  const double had = draws.probability(elapsed);
  for (std::size_t i = 0; i < kDraws; ++i) {
    const double p = std::min(had + (1 - had) * stratum(i), kSurest);
    remaining[i] = std::max(0.0, draws.quantile(p) - elapsed);
  }
  return remaining;
}

// Written out, for the standard leaves std::shuffle's result to the library.
void shuffle(std::vector<double>& values, std::mt19937_64& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

// How well the spread of the sum is known, by Welch and Satterthwaite: from the degrees of one part that outweighs the
// others to those of all together.
double joint_degrees(std::span<const Student> parts) {
  const auto most = std::ranges::max_element(parts, {}, &Student::deviation);
  double variance = 0;
  double squares = 0;
  for (const Student& part : parts) {
    const double share = most->deviation() > 0 ? std::pow(part.deviation() / most->deviation(), 2) : 1;
    variance += share;
    squares += share * share / part.degrees;
  }
  return variance * variance / squares;
}

// Parts of which few past values are known err in their spreads, some up and some down. Were each drawn from a
// Student's t of its own, their sum would be wider than those errors make it: they share one error, that of the sum's
// spread.
void add_jointly(std::span<const Student> parts, std::mt19937_64& random, Tables& tables, std::vector<double>& sums) {
  const double degrees = joint_degrees(parts);
  std::vector<double> scales(kDraws);
  for (std::size_t i = 0; i < kDraws; ++i) scales[i] = std::sqrt(degrees / chi_squared_quantile(stratum(i), degrees));
  shuffle(scales, random);
  for (const Student& part : parts) {
    auto normal = table_of(tables, kNormal);
    shuffle(normal, random);
    for (std::size_t i = 0; i < kDraws; ++i) sums[i] += part.at_t(normal[i] * scales[i]);
  }
}

}  // namespace

std::size_t order_statistics_need(double level) {
  CHECK(level > 0 && level < 1);
  return static_cast<std::size_t>(std::ceil(2 / (1 - level) - 1 - 1e-9));
}

std::optional<Prediction> predict_next(std::span<const double> past, double level) {
  CHECK(level > 0 && level < 1);
  if (past.size() < kPredictionNeeds) return std::nullopt;
  const double tail = (1 - level) / 2;
  Prediction prediction;
  prediction.n = past.size();
  const auto ascending = sorted_finite(past);
  if (past.size() >= order_statistics_need(level)) {
    prediction.median = quantile_of_sorted(ascending, 0.5);
    prediction.interval = {next_quantile(ascending, tail), next_quantile(ascending, 1 - tail), level};
    return prediction;
  }
  const Student student = fit_student(past);
  prediction.method = student.log ? PredictionMethod::log_student : PredictionMethod::student;
  prediction.median = student.at_t(0);
  prediction.interval = {student.quantile(tail), student.quantile(1 - tail), level};
  return prediction;
}

std::optional<Prediction> predict_remaining(std::span<const Part> parts, double level) {
  CHECK(level > 0 && level < 1);
  if (parts.empty()) return std::nullopt;
  Prediction prediction;
  prediction.method = PredictionMethod::sum;
  prediction.n = parts.front().past.size();
  for (const Part& part : parts) prediction.n = std::min(prediction.n, part.past.size());
  if (prediction.n < kPredictionNeeds) return std::nullopt;
  // Latin hypercube (McKay et al. 1979): every part passes through all its strata, in an order of its own.
  std::mt19937_64 random(20'230'607);
  Tables tables;
  std::vector<double> sums(kDraws, 0.0);
  std::vector<Student> joint;
  for (const Part& part : parts) {
    const PartDraws draws(part.past);
    if (parts.size() > 1 && part.elapsed <= 0 && !draws.is_shapeless()) {
      joint.push_back(draws.student());
      continue;
    }
    auto remaining = remaining_draws(draws, part.elapsed, tables);
    shuffle(remaining, random);
    for (std::size_t i = 0; i < kDraws; ++i) sums[i] += remaining[i];
  }
  if (!joint.empty()) add_jointly(joint, random, tables, sums);
  std::sort(sums.begin(), sums.end());
  prediction.median = quantile_of_sorted(sums, 0.5);
  prediction.interval = {quantile_of_sorted(sums, (1 - level) / 2), quantile_of_sorted(sums, (1 + level) / 2), level};
  return prediction;
}

}  // namespace comfytrace::insight::stats
