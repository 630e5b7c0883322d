#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "alert/alert_book.h"
#include "alert/command_sink.h"
#include "alert/rules.h"
#include "alert/webhook_sink.h"

namespace comfytrace::app {

struct SinkSetting {
  std::string name;
  history::AlertSeverity min_severity = history::AlertSeverity::info;
  std::variant<alert::WebhookSetting, alert::CommandSetting> what;
};

// [alerts] of the configuration file. Without it: every rule, kept in the history and shown on the page, and nothing
// sent anywhere.
struct AlertSettings {
  bool enabled = true;
  alert::RuleSettings rules;
  std::optional<alert::QuietHours> quiet_hours;
  std::int64_t repeat_ms = 4 * 3'600'000;  // 0: never
  std::vector<SinkSetting> sinks;
};

}  // namespace comfytrace::app
