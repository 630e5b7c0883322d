#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"

// The rules by which comfytrace suggests something: one table.
namespace comfytrace::insight {

struct RuleThreshold {
  std::string name;  // camelCase, as settings name it
  double value = 0;  // unless set otherwise
  double min = 0;
  double max = 0;
  std::string unit;     // rate, ms, bytes, runs, …
  std::string meaning;  // a sentence
};
BOOST_DESCRIBE_STRUCT(RuleThreshold, (), (name, value, min, max, unit, meaning))

struct RecommendationRule {
  std::string rule;     // outOfMemory, successRate, …
  std::string meaning;  // when it speaks, a sentence
  std::vector<RuleThreshold> thresholds;
};
BOOST_DESCRIBE_STRUCT(RecommendationRule, (), (rule, meaning, thresholds))

// Most specific cause first: of two findings with one cause the earlier rule speaks.
[[nodiscard]] const std::vector<RecommendationRule>& recommendation_rules();

// Thresholds that a person set: "successRate.warnBelow" -> 0.9. A rule is off with "successRate.enabled" -> 0.
using RuleSettings = std::map<std::string, double>;
// Errors: invalid, with the name or the value that is none.
[[nodiscard]] base::Result<void> check_settings(const RuleSettings& settings);

// What a rule found.
struct Finding {
  std::string rule;
  std::string cause;                  // what a person would mend: at most one recommendation each
  std::vector<std::string> explains;  // causes that this one makes void, as it lies beneath them
  history::RecommendationSeverity severity = history::RecommendationSeverity::info;
  std::string message;  // a sentence with its numbers
  std::optional<std::string> suggested_action;
  std::vector<std::string> evidence_run_ids;  // newest first, bounded
  double confidence = 0;                      // 0-1, from the data
  std::int64_t n = 0;                         // runs, attempts or scenes that it rests on
};

// What the rules look at.
struct RuleInput {
  std::int64_t now_ms = 0;
  std::int64_t window_ms = 30ll * 86'400'000;  // runs created since
  std::int64_t max_runs = 2'000;               // the newest so many of them
  RuleSettings settings;
};

// Every finding of every rule, most specific first; not yet rid of doubles. Errors: those of the reader; invalid.
[[nodiscard]] base::Result<std::vector<Finding>> findings(const history::RunHistoryReader& reader,
                                                          const RuleInput& input);

}  // namespace comfytrace::insight
