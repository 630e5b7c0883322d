#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "history/run_history.h"

// What there can be alerts about: one table, which the engine, the settings, the API and the documents read.
namespace comfytrace::alert {

enum class Rule {
  deviation,
  failureStreak,
  vramHeadroom,
  workerDown,
  workerStalled,
  queueStuck,
  diskFull,
  writerFailing,
};
BOOST_DESCRIBE_ENUM(Rule, deviation, failureStreak, vramHeadroom, workerDown, workerStalled, queueStuck, diskFull,
                    writerFailing)
inline constexpr std::size_t kRules = 8;

// A number that a person may set. Its name carries its unit.
struct Threshold {
  std::string_view name;
  double value = 0;  // unless set
  double least = 0;
  double most = 0;
  std::string_view sentence;
};

struct RuleRow {
  Rule rule;
  history::AlertSeverity severity;
  std::string_view sentence;
  std::span<const Threshold> thresholds;
};

// In the order of the enum.
[[nodiscard]] std::span<const RuleRow> rule_table();
[[nodiscard]] const RuleRow& row_of(Rule rule);

// The rules as a person set them; at first as the table has them.
class RuleSettings {
 public:
  RuleSettings();
  // `name` is one of the rule's thresholds.
  [[nodiscard]] double threshold(Rule rule, std::string_view name) const;
  [[nodiscard]] bool enabled(Rule rule) const { return of(rule).enabled; }
  [[nodiscard]] history::AlertSeverity severity(Rule rule) const { return of(rule).severity; }
  // Errors: invalid, with what is known or which values fit as the mend.
  [[nodiscard]] base::Result<void> set_threshold(Rule rule, std::string_view name, double value);
  void set_enabled(Rule rule, bool enabled) { of(rule).enabled = enabled; }
  void set_severity(Rule rule, history::AlertSeverity severity) { of(rule).severity = severity; }

 private:
  struct Setting {
    bool enabled = true;
    history::AlertSeverity severity = history::AlertSeverity::warning;
    std::vector<double> values;  // as the row's thresholds
  };
  [[nodiscard]] const Setting& of(Rule rule) const { return settings_[static_cast<std::size_t>(rule)]; }
  [[nodiscard]] Setting& of(Rule rule) { return settings_[static_cast<std::size_t>(rule)]; }

  std::array<Setting, kRules> settings_;
};

// {"rules":[{name, sentence, severity, enabled, thresholds:[{name, value, default, least, most, sentence}]}]}
[[nodiscard]] std::string rules_json(const RuleSettings& settings);

}  // namespace comfytrace::alert
