// Holds the statistics against series whose truth is known, and prints one JSON object a line, each beside its goal.
// insight_truth_bench [series a case, at least 1000 for published figures] [section]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "insight/stats/change_point.h"
#include "insight/stats/coverage_counter.h"
#include "insight/stats/distribution.h"
#include "insight/stats/mann_kendall.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/outlier.h"
#include "insight/stats/prediction.h"
#include "insight/stats/quantile.h"
#include "insight/stats/theil_sen.h"

namespace {

using namespace comfytrace::insight::stats;

struct Goal {
  enum class Kind { none, at_most, at_least, near } kind = Kind::none;
  double value = 0;
  double within = 0;  // of `near`
};
constexpr Goal kNoGoal{};
constexpr Goal at_most(double value) {
  return {Goal::Kind::at_most, value, 0};
}
constexpr Goal at_least(double value) {
  return {Goal::Kind::at_least, value, 0};
}
constexpr Goal near(double value, double within) {
  return {Goal::Kind::near, value, within};
}

bool met(const Goal& goal, double value) {
  if (goal.kind == Goal::Kind::at_most) return value <= goal.value;
  if (goal.kind == Goal::Kind::at_least) return value >= goal.value;
  return std::fabs(value - goal.value) <= goal.within;
}

void report(const std::string& name, double value, const char* unit, const Goal& goal, std::size_t series) {
  std::printf(R"({"bench":"insight truth","name":"%s","value":%.5g,"unit":"%s","series":%zu)", name.c_str(), value,
              unit, series);
  if (goal.kind == Goal::Kind::at_most) std::printf(R"(,"goal":"≤ %g")", goal.value);
  if (goal.kind == Goal::Kind::at_least) std::printf(R"(,"goal":"≥ %g")", goal.value);
  if (goal.kind == Goal::Kind::near) std::printf(R"(,"goal":"%g ± %g")", goal.value, goal.within);
  if (goal.kind != Goal::Kind::none) std::printf(R"(,"met":%s)", met(goal, value) ? "true" : "false");
  std::printf("}\n");
  std::fflush(stdout);
}

enum class Noise { lognormal, heavy, outliers, memory };
constexpr Noise kNoises[] = {Noise::lognormal, Noise::heavy, Noise::outliers, Noise::memory};

const char* name_of(Noise noise) {
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
  double normal() { return normal_quantile(uniform()); }

  // A series' level: 100 ms to 1000 s.
  double level() { return std::exp(uniform(std::log(100.0), std::log(1e6))); }

  // Logs of values with standard deviation `cv` (before outliers).
  std::vector<double> noise(Noise kind, double cv, std::size_t n, double memory = 0.3) {
    std::vector<double> logs(n);
    double before = normal();
    for (double& log : logs) {
      double z = normal();
      if (kind == Noise::heavy) z = student_quantile(uniform(), 3) / std::sqrt(3.0);
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

constexpr double kSteadyCvs[] = {0.01, 0.03, 0.05, 0.10};
constexpr std::size_t kSteadyRuns = 200;

// Whether a series is ever said to have changed while it grows run by run.
bool ever_alarms(const std::vector<double>& values) {
  for (std::size_t n = 10; n <= values.size(); ++n) {
    if (!newest_change_points(std::span(values).first(n)).empty()) return true;
  }
  return false;
}

void false_alarms(std::size_t series) {
  std::size_t all = 0;
  std::size_t all_alarms = 0;
  for (const Noise noise : kNoises) {
    std::size_t alarms = 0;
    std::size_t ever = 0;
    for (std::size_t i = 0; i < series; ++i) {
      Maker make(1'000'000 * static_cast<std::uint64_t>(noise) + i);
      const auto values = make.durations(make.noise(noise, kSteadyCvs[i % 4], kSteadyRuns), make.level());
      alarms += change_points(values).empty() ? 0 : 1;
      ever += ever_alarms(values) ? 1 : 0;
    }
    all += series;
    all_alarms += alarms;
    report(std::string("steady series with a change point, ") + name_of(noise),
           static_cast<double>(alarms) / static_cast<double>(series), "rate", at_most(0.01), series);
    report(std::string("the same, looked at after every one of 200 runs, ") + name_of(noise),
           static_cast<double>(ever) / static_cast<double>(series), "rate", kNoGoal, series);
  }
  report("steady series with a change point, all", static_cast<double>(all_alarms) / static_cast<double>(all), "rate",
         at_most(0.01), all);
}

constexpr std::size_t kLooked = 40;  // runs after the step

// Runs after the step until it is found within two runs of where it was; std::nullopt: not within kLooked.
std::optional<std::size_t> delay_of_step(Maker& make, Noise noise, double cv, double size) {
  const std::size_t before = make.whole(20, 150);
  auto logs = make.noise(noise, cv, before + kLooked);
  const double step = make.uniform() < 0.5 ? std::log1p(size) : -std::log1p(size);
  for (std::size_t i = before; i < logs.size(); ++i) logs[i] += step;
  const auto values = make.durations(logs, make.level());
  for (std::size_t after = 1; after <= kLooked; ++after) {
    for (const ChangePoint& point : newest_change_points(std::span(values).first(before + after))) {
      if (point.index + 2 >= before && point.index <= before + 2) return after;
    }
  }
  return std::nullopt;
}

void recall(std::size_t series, Noise noise, double cv, double size, const Goal& goal) {
  std::vector<double> delays;
  for (std::size_t i = 0; i < series; ++i) {
    Maker make(20'000'000 + static_cast<std::uint64_t>(1000 * size) * 100'000 + i);
    if (const auto delay = delay_of_step(make, noise, cv, size)) delays.push_back(static_cast<double>(*delay));
  }
  const auto within_8 =
      static_cast<double>(std::count_if(delays.begin(), delays.end(), [](double d) { return d <= 8; }));
  char text[160];
  std::snprintf(text, sizeof text, "steps of %g %% at CV %g %%, %s", 100 * size, 100 * cv, name_of(noise));
  const auto count = static_cast<double>(series);
  report(std::string(text) + ", found within 8 runs", within_8 / count, "rate", goal, series);
  report(std::string(text) + ", found within 40 runs", static_cast<double>(delays.size()) / count, "rate", kNoGoal,
         series);
  if (!delays.empty()) report(std::string(text) + ", delay p50", *quantile(delays, 0.5), "runs", kNoGoal, series);
  if (!delays.empty()) report(std::string(text) + ", delay p95", *quantile(delays, 0.95), "runs", kNoGoal, series);
}

void recalls(std::size_t series) {
  for (const double cv : {0.01, 0.03}) {
    for (const double size : {0.05, 0.10, 0.20}) {
      recall(series, Noise::lognormal, cv, size, size >= 0.1 ? at_least(0.95) : kNoGoal);
    }
  }
  for (const Noise noise : {Noise::heavy, Noise::outliers, Noise::memory}) {
    recall(series, noise, 0.03, 0.10, at_least(0.95));
  }
  recall(series, Noise::lognormal, 0.10, 0.20, kNoGoal);
}

void coverage_report(const std::string& name, const CoverageCounter& counter, const Goal& goal) {
  report(name, *counter.rate(), "rate", goal, counter.n());
}

double seconds_of(const std::vector<double>& values) {
  const auto start = std::chrono::steady_clock::now();
  const auto points = change_points(values);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return points.size() > values.size() ? 0 : took;
}

void interval_coverage(std::size_t series) {
  for (const std::size_t n : {std::size_t{6}, std::size_t{20}, std::size_t{100}}) {
    CoverageCounter median_of;
    CoverageCounter rate_of;
    CoverageCounter shift_of;
    CoverageCounter slope_of;
    for (std::size_t i = 0; i < series; ++i) {
      Maker make(30'000'000 + 1'000'000 * n + i);
      const double cv = make.uniform(0.01, 0.3);
      const auto logs = make.noise(i % 2 == 0 ? Noise::lognormal : Noise::heavy, cv, 3 * n);
      const std::span<const double> all(logs);
      median_of.add(*median_interval(all.first(n)), 0);
      const double rate = make.uniform(0.02, 0.98);
      std::size_t successes = 0;
      for (std::size_t k = 0; k < n; ++k) successes += make.uniform() < rate ? 1 : 0;
      rate_of.add(*wilson_interval(successes, n), rate);
      auto moved = std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(n),
                                       all.begin() + 2 * static_cast<std::ptrdiff_t>(n));
      for (double& value : moved) value += 0.1;
      if (const auto interval = rank_test(all.first(n), moved).shift_interval) shift_of.add(*interval, 0.1);
      std::vector<double> order(n);
      std::iota(order.begin(), order.end(), 0.0);
      std::vector<double> rising(all.end() - static_cast<std::ptrdiff_t>(n), all.end());
      for (std::size_t k = 0; k < n; ++k) rising[k] += 0.002 * order[k];
      if (const auto line = theil_sen(order, rising); line->interval) slope_of.add(*line->interval, 0.002);
    }
    const std::string size = ", n = " + std::to_string(n);
    coverage_report("95 % interval of the median holds it" + size, median_of, at_least(0.94));
    coverage_report("95 % interval of a rate (Wilson) holds it" + size, rate_of, near(0.95, 0.02));
    coverage_report("95 % interval of a shift (Hodges-Lehmann) holds it" + size, shift_of, at_least(0.94));
    coverage_report("95 % interval of a slope (Theil-Sen) holds it" + size, slope_of, at_least(0.94));
  }
}

void trend_alarms(std::size_t series) {
  for (const double memory : {0.0, 0.3}) {
    for (const std::size_t n : {std::size_t{20}, std::size_t{100}}) {
      std::size_t plain = 0;
      std::size_t whitened = 0;
      std::size_t found = 0;
      for (std::size_t i = 0; i < series; ++i) {
        Maker make(40'000'000 + 1'000'000 * n + static_cast<std::uint64_t>(memory * 10) * 100'000 + i);
        auto logs = make.noise(Noise::memory, 0.05, n, memory);
        plain += mann_kendall(logs).p_value <= 0.05 ? 1 : 0;
        whitened += mann_kendall_prewhitened(logs)->p_value <= 0.05 ? 1 : 0;
        for (std::size_t k = 0; k < n; ++k) logs[k] += 0.2 * static_cast<double>(k) / static_cast<double>(n);
        found += mann_kendall_prewhitened(logs)->p_value <= 0.05 ? 1 : 0;
      }
      char text[160];
      std::snprintf(text, sizeof text, ", lag-1 autocorrelation %g, n = %zu", memory, n);
      const auto count = static_cast<double>(series);
      report(std::string("level series with a trend at 5 %, plain Mann-Kendall") + text,
             static_cast<double>(plain) / count, "rate", kNoGoal, series);
      report(std::string("level series with a trend at 5 %, prewhitened") + text, static_cast<double>(whitened) / count,
             "rate", at_most(0.06), series);
      report(std::string("drifts of 20 % at CV 5 % found, prewhitened") + text, static_cast<double>(found) / count,
             "rate", kNoGoal, series);
    }
  }
}

void outlier_alarms(std::size_t series) {
  for (const std::size_t n : {std::size_t{5}, std::size_t{10}, std::size_t{50}}) {
    std::size_t alarms = 0;
    std::size_t found = 0;
    for (std::size_t i = 0; i < series; ++i) {
      Maker make(50'000'000 + 1'000'000 * n + i);
      const auto logs = make.noise(Noise::lognormal, 0.03, n + 1);
      const auto scale = robust_scale(std::span(logs).first(n));
      alarms += *is_outlier(logs[n], *scale) ? 1 : 0;
      found += *is_outlier(logs[n] + std::log(1.5), *scale) ? 1 : 0;
    }
    const std::string size = ", n = " + std::to_string(n);
    report("ordinary values called outliers" + size, static_cast<double>(alarms) / static_cast<double>(series), "rate",
           at_most(0.015), series);
    report("values 50 % off called outliers, CV 3 %" + size, static_cast<double>(found) / static_cast<double>(series),
           "rate", kNoGoal, series);
  }
}

void next_coverage(std::size_t series) {
  for (const Noise noise : {Noise::lognormal, Noise::heavy, Noise::outliers}) {
    for (const std::size_t n : {std::size_t{3}, std::size_t{5}, std::size_t{10}, std::size_t{19}, std::size_t{50}}) {
      CoverageCounter counter;
      for (std::size_t i = 0; i < series; ++i) {
        Maker make(60'000'000 + 1'000'000 * n + 100'000 * static_cast<std::uint64_t>(noise) + i);
        const auto values = make.durations(make.noise(noise, make.uniform(0.02, 0.3), n + 1), make.level());
        counter.add(predict_next(std::span(values).first(n))->interval, values[n]);
      }
      coverage_report(
          std::string("90 % prediction of the next value holds it, ") + name_of(noise) + ", n = " + std::to_string(n),
          counter, near(0.9, 0.03));
    }
  }
}

// A run of several nodes of very different durations; asked before it starts, or with its first node under way.
void eta_coverage(std::size_t series) {
  for (const Noise noise : {Noise::lognormal, Noise::heavy, Noise::outliers}) {
    for (const std::size_t n : {std::size_t{3}, std::size_t{5}, std::size_t{10}, std::size_t{30}}) {
      for (const bool under_way : {false, true}) {
        CoverageCounter counter;
        for (std::size_t i = 0; i < series; ++i) {
          Maker make(70'000'000 + 1'000'000 * n + 100'000 * static_cast<std::uint64_t>(noise) + i);
          const std::size_t nodes = make.whole(2, 12);
          std::vector<std::vector<double>> past;
          double truth = 0;
          double elapsed = 0;
          for (std::size_t k = 0; k < nodes; ++k) {
            auto values = make.durations(make.noise(noise, make.uniform(0.02, 0.3), n + 1), make.level());
            if (under_way && k == 0) elapsed = make.uniform(0.0, 1.0) * values.back();
            truth += values.back();
            values.pop_back();
            past.push_back(std::move(values));
          }
          std::vector<Part> parts;
          for (const auto& values : past) parts.push_back({values, parts.empty() ? elapsed : 0});
          counter.add(predict_remaining(parts)->interval, truth - elapsed);
        }
        coverage_report(std::string("90 % ETA of 2-12 nodes holds the truth, ") + name_of(noise) +
                            (under_way ? ", first node under way" : "") + ", n = " + std::to_string(n),
                        counter, near(0.9, 0.03));
      }
    }
  }
}

void costs() {
  Maker make(80'000'000);
  std::vector<double> changes;
  std::vector<double> slopes;
  for (int round = 0; round < 15; ++round) {
    auto logs = make.noise(Noise::lognormal, 0.03, 2'000);
    for (std::size_t i = 700; i < logs.size(); ++i) logs[i] += 0.1;
    const auto values = make.durations(logs, 20'000);
    changes.push_back(1000 * seconds_of(values));
    std::vector<double> order(values.size());
    std::iota(order.begin(), order.end(), 0.0);
    const auto start = std::chrono::steady_clock::now();
    const auto line = theil_sen(order, values);
    slopes.push_back(1000 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() +
                     (line ? 0 : 1e9));
  }
  report("change points of 2,000 runs, p50", *quantile(changes, 0.5), "ms", at_most(5), changes.size());
  report("Theil-Sen of 2,000 runs, all pairs, p50", *quantile(slopes, 0.5), "ms", kNoGoal, slopes.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t series = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000;
  const std::string only = argc > 2 ? argv[2] : "";
  if (series == 0) {
    std::fprintf(stderr, "usage: insight_truth_bench [series a case] [section]\n");
    return 2;
  }
  const std::vector<std::pair<std::string, std::function<void()>>> sections = {
      {"steady", [&] { false_alarms(series); }},     {"steps", [&] { recalls(series); }},
      {"intervals", [&] { interval_coverage(series); }}, {"trends", [&] { trend_alarms(series); }},
      {"outliers", [&] { outlier_alarms(series); }}, {"next", [&] { next_coverage(series); }},
      {"eta", [&] { eta_coverage(series); }},        {"cost", [] { costs(); }},
  };
  for (const auto& [name, run] : sections) {
    if (only.empty() || only == name) run();
  }
}
