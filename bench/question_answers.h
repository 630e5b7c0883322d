#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "generate/questions.h"

// How an engine that is asked generate::questions() tells its answers and its times, so that the answers of all can be
// compared (bench/peers/run.py). Members that the kind of question has no use for stay empty.
namespace comfytrace::bench {

struct Line {
  std::string key;  // the day's number since the epoch, or the workflow's name
  std::int64_t runs = 0;
  double sum = 0;  // of durations, ms; of days 0
  std::optional<double> p50;
  std::optional<double> p95;
};
BOOST_DESCRIBE_STRUCT(Line, (), (key, runs, sum, p50, p95))

// Percentiles are of type 7, over the durations of the runs that have one; where they are not `exact`, within 0.2 %.
struct Answer {
  std::int64_t question = 0;  // its place in the list
  double ms = 0;              // what it took
  double cpu_ms = 0;          // of all threads of the process: what else the machine does hardly matters to it
  std::int64_t runs = 0;
  std::int64_t succeeded = 0;
  std::int64_t scenes = 0;
  std::int64_t attempts = 0;
  double frames = 0;
  std::int64_t durations = 0;  // runs that have one
  double duration_sum = 0;
  std::optional<double> min, p50, p90, p95, p99, max;
  std::optional<double> vram_max;
  std::vector<Line> lines;
  std::vector<std::string> run_ids;
  bool exact = true;
};
BOOST_DESCRIBE_STRUCT(Answer, (),
                      (question, ms, cpu_ms, runs, succeeded, scenes, attempts, frames, durations, duration_sum, min,
                       p50, p90, p95, p99, max, vram_max, lines, run_ids, exact))

// Hyndman and Fan's type 7; reorders `values`.
inline std::optional<double> percentile(std::vector<double>& values, double p) {
  if (values.empty()) return std::nullopt;
  const double place = p * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::ptrdiff_t>(std::floor(place));
  std::nth_element(values.begin(), values.begin() + low, values.end());
  const double at = values[static_cast<std::size_t>(low)];
  if (static_cast<std::size_t>(low) + 1 == values.size()) return at;
  const double next = *std::min_element(values.begin() + low + 1, values.end());
  return at + (place - static_cast<double>(low)) * (next - at);
}

// Of a line of the table of facts, in which nothing is quoted.
inline std::vector<std::string_view> fields_of(std::string_view line, char between = ',') {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0;;) {
    const std::size_t end = line.find(between, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string_view::npos) return fields;
    at = end + 1;
  }
}

inline std::vector<generate::Question> read_questions(const std::string& path) {
  std::vector<generate::Question> questions;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto question = base::decode_json<generate::Question>(line);
    if (!question) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), question.error().sentence().c_str());
      std::exit(1);
    }
    questions.push_back(std::move(*question));
  }
  return questions;
}

// Asks, and keeps what it took in the answer.
template <class Ask>
Answer timed(std::size_t question, Ask&& ask) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  Answer answer = ask();
  answer.cpu_ms = 1e3 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  answer.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  answer.question = static_cast<std::int64_t>(question);
  return answer;
}

// Times by the question's name; prints a line each.
class QuestionTimes {
 public:
  void add(const std::string& name, const Answer& answer) {
    ms_[name].push_back(answer.ms);
    cpu_ms_[name].push_back(answer.cpu_ms);
  }
  [[nodiscard]] bool enough(const std::string& name, double budget_ms) const {
    const auto at = ms_.find(name);
    if (at == ms_.end() || at->second.size() < 2) return false;
    double all = 0;
    for (const double ms : at->second) all += ms;
    return all > budget_ms;
  }
  void print(const char* engine, std::int64_t runs, double load_seconds) {
    for (auto& [name, ms] : ms_) {
      auto& cpu_ms = cpu_ms_[name];
      std::ranges::sort(ms);
      std::ranges::sort(cpu_ms);
      const auto last = static_cast<double>(ms.size() - 1);
      const auto middle = static_cast<std::size_t>(last * 0.5);
      const auto p99 = static_cast<std::size_t>(std::ceil(last * 0.99));
      std::printf(
          R"({"bench":"questions","engine":"%s","runs":%lld,"question":"%s","asked":%zu,"medianMs":%.5g,"p99Ms":%.5g,"cpuMedianMs":%.5g,"cpuP99Ms":%.5g,"loadSeconds":%.4g})"
          "\n",
          engine, static_cast<long long>(runs), name.c_str(), ms.size(), ms[middle], ms[p99], cpu_ms[middle],
          cpu_ms[p99], load_seconds);
    }
    std::fflush(stdout);
  }

 private:
  std::map<std::string, std::vector<double>> ms_;
  std::map<std::string, std::vector<double>> cpu_ms_;
};

}  // namespace comfytrace::bench
