#pragma once

#include <cstdint>
#include <random>

#include "history/run_facts.h"
#include "history/run_questions.h"

// Facts and questions for tests and benchmarks: made from a seed, always the same for the same seed.
namespace comfytrace::history {

// The facts of a person's runs over some years: 40 workflows, 8 models, 5 GPUs, 6 workers; four scenes and eight
// classes of node as a rule.
class SampleFacts {
 public:
  explicit SampleFacts(std::uint64_t seed) : random_(seed) {}
  // Numbers give the times: the same number is the same moment, a minute after the one before, give or take.
  [[nodiscard]] RunFacts run(std::uint64_t number);

  // Any combination of criteria but text and regex, over what `run` makes of numbers below `runs`.
  [[nodiscard]] RunFilter filter(std::uint64_t runs);
  [[nodiscard]] StatisticsQuery statistics_query(std::uint64_t runs);

  // 0 .. below - 1
  [[nodiscard]] std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  [[nodiscard]] bool chance(int percent) { return pick(100) < percent; }

 private:
  void add_scene(RunFacts& facts, std::int64_t workflow, std::int64_t gpu, double pace);
  std::mt19937_64 random_;
};

[[nodiscard]] std::int64_t sample_time_ms(std::uint64_t number);

// "" if the answers are the same, else what differs first. Numbers may differ by what rounding explains, and the
// percentiles of an answer that is not exact by 0.2 %.
[[nodiscard]] std::string difference(const Statistics& told, const Statistics& expected);

}  // namespace comfytrace::history
