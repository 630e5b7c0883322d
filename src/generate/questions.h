#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/codec.h"
#include "generate/options.h"
#include "generate/random.h"
#include "history/run_filter.h"

// Questions to ask of a generated history, for comparing engines: the same seed gives the same questions.
namespace comfytrace::generate {

enum class QuestionKind {
  statistics,  // counts, sums and percentiles of what matches
  days,        // runs, p50 and p95 of the duration of each UTC day, oldest first
  like,        // p50 and p95 of the newest `limit` successful runs before `from` with this `like_key`
  page,        // the ids of `limit` runs, newest first, older than the filter's to_ms says
  workflows,   // the `limit` names with the most GPU time: runs and summed duration
};
BOOST_DESCRIBE_ENUM(QuestionKind, statistics, days, like, page, workflows)

struct Question {
  std::string name;  // Q1 … QA: the kind of question that its time counts for
  QuestionKind kind = QuestionKind::statistics;
  history::RunFilter filter;
  std::string like_key;  // of QuestionKind::like
  std::int64_t limit = 0;
};
BOOST_DESCRIBE_STRUCT(Question, (), (name, kind, filter, like_key, limit))

// What filters can ask for: the values that occur.
struct FilterValues {
  std::vector<std::string> workflows;  // names
  std::vector<std::string> models;     // first checkpoints
  std::vector<std::string> gpus;
  std::vector<std::string> worker_ids;
  std::vector<std::string> tags;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};
[[nodiscard]] FilterValues filter_values_of(const Options& options);

// One to four criteria together; now and then one that nothing meets.
[[nodiscard]] history::RunFilter random_filter(Random& random, const FilterValues& values);

// `per_kind` of each of Q1, Q2, Q3, Q4, Q5, Q6, Q8 and three times as many of QA (random filters).
[[nodiscard]] std::vector<Question> questions(const Options& options, std::int64_t per_kind = 100);

}  // namespace comfytrace::generate
