#include "alert/rules.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace comfytrace::alert {
namespace {

using history::AlertSeverity;

constexpr double kDay_s = 86'400;
constexpr double kPebibyte = 1024.0 * 1024 * 1024 * 1024 * 1024;

constexpr std::array kDeviation{
    Threshold{"min_ratio", 1.25, 1.01, 100, "Raised when a value is so many times its baseline, or its inverse."},
    Threshold{"clear_ratio", 1.1, 1, 100, "Cleared when it is nearer to the baseline than this."},
    Threshold{"min_runs", 5, 2, 1'000, "Runs that the baseline must rest on."},
    Threshold{"clear_runs", 2, 1, 100, "Runs in a row that must be normal before it is cleared."},
};
constexpr std::array kFailureStreak{
    Threshold{"runs", 3, 2, 50, "Failed runs in a row that raise it."},
    Threshold{"clear_runs", 1, 1, 50, "Successful runs in a row that clear it."},
};
constexpr std::array kVramHeadroom{
    Threshold{"min_free_ratio", 0.02, 0, 1, "Free share of a device's memory below which an attempt counts."},
    Threshold{"min_free_bytes", 256.0 * 1024 * 1024, 0, kPebibyte, "Free bytes below which an attempt counts."},
    Threshold{"clear_factor", 1.5, 1, 100, "Cleared when so many times as much is free."},
    Threshold{"attempts", 3, 1, 100, "Attempts in a row that raise it."},
    Threshold{"clear_attempts", 2, 1, 100, "Attempts in a row that clear it."},
};
constexpr std::array kWorkerDown{
    Threshold{"after_s", 60, 0, kDay_s, "How long a worker must not be reachable."},
    Threshold{"clear_after_s", 10, 0, kDay_s, "How long it must then be reachable again."},
};
constexpr std::array kWorkerStalled{
    Threshold{"after_s", 0, 0, kDay_s, "How long it must stay silent beyond what its own history explains."},
    Threshold{"clear_after_s", 10, 0, kDay_s, "How long it must then be heard of again."},
};
constexpr std::array kQueueStuck{
    Threshold{"after_s", 600, 1, 30 * kDay_s, "How long at least nothing must move while prompts wait."},
    Threshold{"factor", 3, 1, 100, "Times the longest attempt that this worker has had lately, if that is longer."},
    Threshold{"without_history_s", 1'800, 1, 30 * kDay_s, "The same for a worker of which no attempt is known."},
    Threshold{"clear_after_s", 10, 0, kDay_s, "How long it must then move, or be empty."},
};
constexpr std::array kDiskFull{
    Threshold{"min_free_bytes", 512.0 * 1024 * 1024, 0, kPebibyte, "Free bytes on the history's disk."},
    Threshold{"clear_factor", 1.5, 1, 100, "Cleared when so many times as much is free."},
    Threshold{"after_s", 30, 0, kDay_s, "How long that must be so."},
};
constexpr std::array kWriterFailing{
    Threshold{"after_s", 10, 0, kDay_s, "How long no write must have succeeded."},
    Threshold{"clear_after_s", 10, 0, kDay_s, "How long writes must then succeed."},
};

constexpr std::array kTable{
    RuleRow{Rule::deviation, AlertSeverity::warning,
            "A workflow's runs have been outside what its baseline explains for several runs.", kDeviation},
    RuleRow{Rule::failureStreak, AlertSeverity::critical,
            "Runs of one workflow, or on one worker, failed one after another.", kFailureStreak},
    RuleRow{Rule::vramHeadroom, AlertSeverity::warning,
            "Attempts on a worker end with hardly any device memory free: the next may run out of it.", kVramHeadroom},
    RuleRow{Rule::workerDown, AlertSeverity::critical, "A worker cannot be reached.", kWorkerDown},
    RuleRow{Rule::workerStalled, AlertSeverity::warning,
            "Something runs on a worker and nothing is heard of it for longer than its own history explains.",
            kWorkerStalled},
    RuleRow{Rule::queueStuck, AlertSeverity::warning,
            "Prompts wait on a worker and nothing there starts, ends or makes progress.", kQueueStuck},
    RuleRow{Rule::diskFull, AlertSeverity::critical, "The disk that holds the history is nearly full.", kDiskFull},
    RuleRow{Rule::writerFailing, AlertSeverity::critical,
            "The history cannot be written; what is recorded waits in memory.", kWriterFailing},
};
static_assert(kTable.size() == kRules, "every rule has a row");

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].rule) != i) return false;
  }
  return true;
}
static_assert(in_enum_order(), "rows stand in the order of the enum");

std::optional<std::size_t> place_of(const RuleRow& row, std::string_view name) {
  const auto found = std::find_if(row.thresholds.begin(), row.thresholds.end(),
                                  [&](const Threshold& threshold) { return threshold.name == name; });
  if (found == row.thresholds.end()) return std::nullopt;
  return static_cast<std::size_t>(found - row.thresholds.begin());
}

std::string number(double value) {
  std::string text;
  base::write_json_number(text, value);
  return text;
}

void write_threshold(std::string& out, const Threshold& threshold, double value) {
  out += "{\"name\":";
  base::write_json_string(out, threshold.name);
  out += ",\"value\":" + number(value) + ",\"default\":" + number(threshold.value) +
         ",\"least\":" + number(threshold.least) + ",\"most\":" + number(threshold.most) + ",\"sentence\":";
  base::write_json_string(out, threshold.sentence);
  out.push_back('}');
}

}  // namespace

std::span<const RuleRow> rule_table() {
  return kTable;
}

const RuleRow& row_of(Rule rule) {
  return kTable[static_cast<std::size_t>(rule)];
}

RuleSettings::RuleSettings() {
  for (const RuleRow& row : kTable) {
    Setting& setting = of(row.rule);
    setting.severity = row.severity;
    for (const Threshold& threshold : row.thresholds) setting.values.push_back(threshold.value);
  }
}

double RuleSettings::threshold(Rule rule, std::string_view name) const {
  const auto place = place_of(row_of(rule), name);
  CHECK(place.has_value());
  return of(rule).values[*place];
}

base::Result<void> RuleSettings::set_threshold(Rule rule, std::string_view name, double value) {
  const RuleRow& row = row_of(rule);
  const auto place = place_of(row, name);
  if (!place) {
    std::string known;
    for (const Threshold& threshold : row.thresholds)
      known += (known.empty() ? "" : ", ") + std::string(threshold.name);
    return base::Error{base::ErrorCode::invalid,
                       "the rule " + std::string(base::enum_name(rule)) + " has no \"" + std::string(name) + "\"",
                       std::string(name), "known are: enabled, severity, " + known};
  }
  const Threshold& threshold = row.thresholds[*place];
  if (!std::isfinite(value) || value < threshold.least || value > threshold.most) {
    return base::Error{base::ErrorCode::invalid, number(value) + " is out of range", std::string(name),
                       "from " + number(threshold.least) + " to " + number(threshold.most)};
  }
  of(rule).values[*place] = value;
  return {};
}

std::string rules_json(const RuleSettings& settings) {
  std::string out = "{\"rules\":[";
  for (const RuleRow& row : kTable) {
    if (row.rule != kTable.front().rule) out.push_back(',');
    out += "{\"name\":";
    base::encode(out, row.rule);
    out += ",\"sentence\":";
    base::write_json_string(out, row.sentence);
    out += ",\"severity\":";
    base::encode(out, settings.severity(row.rule));
    out += std::string(",\"enabled\":") + (settings.enabled(row.rule) ? "true" : "false") + ",\"thresholds\":[";
    for (const Threshold& threshold : row.thresholds) {
      if (&threshold != row.thresholds.data()) out.push_back(',');
      write_threshold(out, threshold, settings.threshold(row.rule, threshold.name));
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace comfytrace::alert
