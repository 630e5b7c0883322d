// Holds the statistics against series whose truth is known, and prints one JSON object a line, each beside its goal.
// insight_truth_bench [series a case, at least 1000 for published figures] [section]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "insight/stats/change_point.h"
#include "insight/stats/coverage_counter.h"
#include "insight/stats/mann_kendall.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/outlier.h"
#include "insight/stats/prediction.h"
#include "insight/stats/quantile.h"
#include "insight/stats/theil_sen.h"
#include "seeded_series.h"

namespace {

using namespace comfytrace::bench;
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

constexpr double kSteadyCvs[] = {0.01, 0.03, 0.05, 0.10};
constexpr std::size_t kSteadyRuns = 200;

// For how many looks in a row, one after every run, a series is at most said to have changed.
std::size_t longest_alarm(const std::vector<double>& values) {
  std::size_t longest = 0;
  std::size_t in_a_row = 0;
  for (std::size_t n = 10; n <= values.size(); ++n) {
    in_a_row = newest_change_points(std::span(values).first(n)).empty() ? 0 : in_a_row + 1;
    longest = std::max(longest, in_a_row);
  }
  return longest;
}

void false_alarms(std::size_t series) {
  const auto count = static_cast<double>(series);
  double all = 0;
  for (const Noise noise : kNoises) {
    double alarms = 0;
    double ever = 0;
    double lasting = 0;
    for (std::size_t i = 0; i < series; ++i) {
      Maker make(1'000'000 * static_cast<std::uint64_t>(noise) + i);
      const auto values = make.durations(make.noise(noise, kSteadyCvs[i % 4], kSteadyRuns), make.level());
      alarms += change_points(values).empty() ? 0 : 1;
      const std::size_t looks = longest_alarm(values);
      ever += looks >= 1 ? 1 : 0;
      lasting += looks >= 5 ? 1 : 0;
    }
    all += alarms;
    const std::string name = name_of(noise);
    report("steady series of 200 runs with a change point, " + name, alarms / count, "rate", at_most(0.01), series);
    report("the same ever, looked at after each run, " + name, ever / count, "rate", kNoGoal, series);
    report("the same in 5 looks in a row, " + name, lasting / count, "rate", kNoGoal, series);
  }
  report("steady series of 200 runs with a change point, all", all / (count * std::size(kNoises)), "rate",
         at_most(0.01), series * std::size(kNoises));
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

// More points than are paired.
void reduced_slope_coverage(std::size_t series) {
  CoverageCounter counter;
  std::vector<double> order(1'000);
  std::iota(order.begin(), order.end(), 0.0);
  for (std::size_t i = 0; i < series; ++i) {
    Maker make(35'000'000 + i);
    auto rising = make.noise(i % 2 == 0 ? Noise::lognormal : Noise::heavy, 0.1, order.size());
    for (std::size_t k = 0; k < rising.size(); ++k) rising[k] += 0.0001 * order[k];
    counter.add(*theil_sen(order, rising, {.max_exact = 100})->interval, 0.0001);
  }
  coverage_report("95 % interval of a slope of 1,000 points reduced to 100 holds it", counter, at_least(0.94));
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

std::vector<Part> parts_of(const std::vector<std::vector<double>>& past, double elapsed_of_first = 0) {
  std::vector<Part> parts;
  for (const auto& values : past) parts.push_back({values, parts.empty() ? elapsed_of_first : 0});
  return parts;
}

// A run of several nodes of very different durations; asked before it starts, or with its first node under way.
void eta_case(std::size_t series, Noise noise, std::size_t n, bool under_way) {
  CoverageCounter counter;
  for (std::size_t i = 0; i < series; ++i) {
    Maker make(70'000'000 + 1'000'000 * n + 100'000 * static_cast<std::uint64_t>(noise) + i);
    std::vector<std::vector<double>> past(make.whole(2, 12));
    double truth = 0;
    double elapsed = 0;
    for (auto& values : past) {
      values = make.durations(make.noise(noise, make.uniform(0.02, 0.3), n + 1), make.level());
      if (under_way && elapsed == 0) elapsed = make.uniform() * values.back();
      truth += values.back();
      values.pop_back();
    }
    counter.add(predict_remaining(parts_of(past, elapsed))->interval, truth - elapsed);
  }
  coverage_report(std::string("90 % ETA of 2-12 nodes holds the truth, ") + name_of(noise) +
                      (under_way ? ", first node under way" : "") + ", n = " + std::to_string(n),
                  counter, near(0.9, 0.03));
}

// Four times as many: chance alone moves a rate of 1 000 by a point, and the goal is three points wide.
void eta_coverage(std::size_t series) {
  for (const Noise noise : {Noise::lognormal, Noise::heavy, Noise::outliers}) {
    for (const std::size_t n : {std::size_t{3}, std::size_t{5}, std::size_t{10}, std::size_t{30}}) {
      for (const bool under_way : {false, true}) eta_case(4 * series, noise, n, under_way);
    }
  }
}

// Processor time, so that other work on the machine does not count.
double cpu_ms(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void costs() {
  Maker make(80'000'000);
  std::vector<double> changes;
  std::vector<double> newest;
  std::vector<double> slopes;
  std::vector<double> small_slopes;
  std::vector<double> etas;
  std::vector<std::vector<double>> nodes;
  for (int node = 0; node < 48; ++node) {
    nodes.push_back(make.durations(make.noise(Noise::lognormal, 0.1, node % 2 == 0 ? 10 : 50), 1'000));
  }
  const auto parts = parts_of(nodes);
  std::size_t points = 0;  // printed, so that no work is left out
  for (int round = 0; round < 21; ++round) {
    auto logs = make.noise(Noise::lognormal, 0.03, 2'000);
    for (std::size_t i = 700; i < logs.size(); ++i) logs[i] += 0.1;
    const auto values = make.durations(logs, 20'000);
    std::vector<double> order(values.size());
    std::iota(order.begin(), order.end(), 0.0);
    etas.push_back(cpu_ms([&] { points += predict_remaining(parts)->n; }));
    changes.push_back(cpu_ms([&] { points += change_points(values).size(); }));
    newest.push_back(cpu_ms([&] { points += newest_change_points(values).size(); }));
    slopes.push_back(cpu_ms([&] { points += theil_sen(order, values)->n; }));
    small_slopes.push_back(cpu_ms([&] { points += theil_sen(order, values, {.max_exact = 300})->n; }));
  }
  report("change points of 2,000 runs, processor time p50", *quantile(changes, 0.5), "ms", at_most(5), changes.size());
  report("ETA of 48 nodes, p50", *quantile(etas, 0.5), "ms", kNoGoal, etas.size());
  report("newest change points of 2,000 runs, p50", *quantile(newest, 0.5), "ms", kNoGoal, slopes.size());
  report("Theil-Sen of 2,000 runs, all pairs, p50", *quantile(slopes, 0.5), "ms", kNoGoal, slopes.size());
  report("Theil-Sen of 2,000 runs, 300 points, p50", *quantile(small_slopes, 0.5), "ms", kNoGoal, slopes.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t series = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000;
  const std::string only = argc > 2 ? argv[2] : "";
  if (series == 0) {
    std::fprintf(stderr, "usage: insight_truth_bench [series a case] [section]\n");
    return 2;
  }
  const std::vector<std::pair<std::string, std::function<void()>>> sections = {
      {"steady", [&] { false_alarms(series); }},
      {"steps", [&] { recalls(series); }},
      {"intervals", [&] { interval_coverage(series), reduced_slope_coverage(series); }},
      {"trends", [&] { trend_alarms(series); }},
      {"outliers", [&] { outlier_alarms(series); }},
      {"next", [&] { next_coverage(series); }},
      {"eta", [&] { eta_coverage(series); }},
      {"cost", [] { costs(); }},
  };
  for (const auto& [name, run] : sections) {
    if (only.empty() || only == name) run();
  }
}
