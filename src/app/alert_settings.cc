#include "app/alert_settings.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "app/toml_reading.h"

namespace comfytrace::app {
namespace {

using base::Error;
using base::Result;

constexpr std::size_t kSinks = 16;

Result<void> read_severity(const TomlTable& table, std::string_view key, history::AlertSeverity& severity) {
  std::string word;
  if (auto done = table.read(key, word); !done || !table.find(key)) return done;
  const auto found = base::enum_from_name<history::AlertSeverity>(word);
  if (!found) {
    return table.wrong(key, "there is no severity \"" + word + "\"",
                       "one of: " + base::enum_names<history::AlertSeverity>());
  }
  severity = *found;
  return {};
}

// "HH:MM" to minutes.
std::optional<std::int64_t> minute_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const std::int64_t hour = (text[0] - '0') * 10 + (text[1] - '0');
  const std::int64_t minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

Result<void> read_quiet_hours(const TomlTable& table, AlertSettings& settings) {
  std::string text;
  if (auto done = table.read("quiet_hours", text); !done || text.empty()) return done;
  const auto dash = std::min(text.find('-'), text.size());
  const auto from = minute_of_day(std::string_view(text).substr(0, dash));
  const auto to = minute_of_day(std::string_view(text).substr(std::min(dash + 1, text.size())));
  if (!from || !to) {
    return table.wrong("quiet_hours", "\"" + text + "\" is not a range of local time", "write \"22:00-07:00\"");
  }
  settings.quiet_hours = alert::QuietHours{*from, *to};
  return {};
}

Result<void> read_rule(const toml::node& node, const std::filesystem::path& file, std::string_view name,
                       alert::RuleSettings& rules) {
  auto table = TomlTable::of(node, file, "alerts.rules." + std::string(name));
  if (!table) return table.error();
  const auto rule = base::enum_from_name<alert::Rule>(name);
  if (!rule) {
    return Error{base::ErrorCode::invalid, "there is no rule \"" + std::string(name) + "\"",
                 at_line(file, node) + ", alerts.rules", "known are: " + base::enum_names<alert::Rule>()};
  }
  bool enabled = true;
  history::AlertSeverity severity = rules.severity(*rule);
  if (auto done = table->read("enabled", enabled); !done) return done;
  if (auto done = read_severity(*table, "severity", severity); !done) return done;
  rules.set_enabled(*rule, enabled);
  rules.set_severity(*rule, severity);
  for (const auto& [key, value] : table->entries()) {
    if (key.str() == "enabled" || key.str() == "severity") continue;
    const auto number = value.is_number() ? value.value<double>() : std::nullopt;
    auto set = rules.set_threshold(*rule, key.str(), number.value_or(std::nan("")));
    if (!set) return table->wrong(key.str(), number ? set.error().message : "expected a number", set.error().mend);
  }
  return {};
}

Result<void> read_strings(const TomlTable& table, std::string_view key, std::vector<std::string>& strings) {
  const toml::node* node = table.find(key);
  const toml::array* list = node ? node->as_array() : nullptr;
  if (node && !list) return table.wrong(key, "expected a list of strings");
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    if (!(*list)[i].is_string()) return table.wrong(key, "expected a list of strings");
    strings.push_back((*list)[i].value_or(std::string()));
  }
  return {};
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

Result<void> read_headers(const TomlTable& table, alert::WebhookSetting& webhook) {
  const toml::node* node = table.find("headers");
  if (!node) return {};
  const toml::table* headers = node->as_table();
  if (!headers) return table.wrong("headers", "expected a table", "headers = {Authorization = \"Bearer …\"}");
  for (const auto& [name, value] : *headers) {
    const auto text = value.value<std::string>();
    const bool fits = text && std::ranges::none_of(*text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
    if (!is_header_name(name.str()) || !fits) {
      return table.wrong("headers", "\"" + std::string(name.str()) + "\" is not a header with a text in one line");
    }
    webhook.headers.emplace_back(std::string(name.str()), *text);
  }
  return {};
}

Result<void> read_body(const TomlTable& table, alert::WebhookSetting& webhook) {
  std::string word = "json";
  if (auto done = table.read("format", word); !done) return done;
  const auto format = base::enum_from_name<alert::WebhookFormat>(word);
  if (!format) {
    return table.wrong("format", "there is no format \"" + word + "\"",
                       "one of: " + base::enum_names<alert::WebhookFormat>());
  }
  webhook.format = *format;
  std::string text;
  if (auto done = table.read("template", text); !done || !table.find("template")) return done;
  auto parsed = alert::WebhookTemplate::parse(text);
  if (!parsed) return table.wrong("template", parsed.error().message, parsed.error().mend);
  webhook.body = std::move(*parsed);
  return {};
}

Result<alert::WebhookSetting> read_webhook(const TomlTable& table, std::int64_t timeout_ms) {
  alert::WebhookSetting webhook;
  webhook.timeout_ms = timeout_ms;
  static const std::set<std::string, std::less<>> kKnown{"type",   "name",    "min_severity", "timeout_s", "url",
                                                         "format", "headers", "template",     "ca_file"};
  if (auto done = table.only(kKnown); !done) return done.error();
  std::string url;
  if (auto done = table.read("url", url); !done) return done.error();
  auto address = alert::WebhookAddress::parse(url);
  if (!address) return table.wrong("url", address.error().message, address.error().mend);
  webhook.address = std::move(*address);
  if (auto done = read_body(table, webhook); !done) return done.error();
  if (auto done = read_headers(table, webhook); !done) return done.error();
  if (auto done = table.read("ca_file", webhook.ca_file); !done) return done.error();
  const std::string path = webhook.address.target.substr(0, webhook.address.target.find('?'));
  if (webhook.format == alert::WebhookFormat::ntfy && path.find_first_not_of('/') == path.npos) {
    return table.wrong("url", "ntfy's address has no topic", "write it like https://ntfy.sh/my-topic");
  }
  return webhook;
}

Result<alert::CommandSetting> read_command(const TomlTable& table, std::int64_t timeout_ms) {
  static const std::set<std::string, std::less<>> kKnown{"type", "name", "min_severity", "timeout_s", "argv"};
  if (auto done = table.only(kKnown); !done) return done.error();
  alert::CommandSetting command;
  command.timeout_ms = timeout_ms;
  if (auto done = read_strings(table, "argv", command.argv); !done) return done.error();
  if (command.argv.empty() || command.argv.front().empty()) {
    return table.wrong("argv", "there is no program", "argv = [\"/usr/bin/notify-send\", \"comfytrace\"]");
  }
  return command;
}

Result<SinkSetting> read_sink(const toml::node& node, const std::filesystem::path& file) {
  auto table = TomlTable::of(node, file, "alerts.sinks");
  if (!table) return table.error();
  SinkSetting sink;
  std::string type;
  double timeout_s = 10;
  if (auto done = table->read("type", type); !done) return done.error();
  sink.name = type;
  if (auto done = table->read("name", sink.name); !done) return done.error();
  if (auto done = read_severity(*table, "min_severity", sink.min_severity); !done) return done.error();
  if (auto done = table->read("timeout_s", timeout_s, 1, 300); !done) return done.error();
  const std::int64_t timeout_ms = std::llround(timeout_s * 1'000);
  if (type == "webhook") {
    auto webhook = read_webhook(*table, timeout_ms);
    if (!webhook) return webhook.error();
    sink.what = std::move(*webhook);
  } else if (type == "command") {
    auto command = read_command(*table, timeout_ms);
    if (!command) return command.error();
    sink.what = std::move(*command);
  } else {
    return table->wrong("type", "there is no sink of type \"" + type + "\"", "one of: webhook, command");
  }
  return sink;
}

Result<void> read_sinks(const TomlTable& table, const std::filesystem::path& file, AlertSettings& settings) {
  const toml::node* node = table.find("sinks");
  if (!node) return {};
  const toml::array* list = node->as_array();
  if (!list) return table.wrong("sinks", "expected tables", "write [[alerts.sinks]] for each");
  if (list->size() > kSinks) return table.wrong("sinks", "there are more than " + std::to_string(kSinks) + " sinks");
  for (const toml::node& entry : *list) {
    auto sink = read_sink(entry, file);
    if (!sink) return sink.error();
    for (const SinkSetting& other : settings.sinks) {
      if (other.name == sink->name) {
        return Error{base::ErrorCode::invalid, "two sinks are called \"" + sink->name + "\"",
                     at_line(file, entry) + ", alerts.sinks.name", "give each a name of its own"};
      }
    }
    settings.sinks.push_back(std::move(*sink));
  }
  return {};
}

}  // namespace

Result<AlertSettings> read_alert_settings(const toml::node& node, const std::filesystem::path& file) {
  AlertSettings settings;
  auto table = TomlTable::of(node, file, "alerts");
  if (!table) return table.error();
  static const std::set<std::string, std::less<>> kKnown{"enabled", "quiet_hours", "repeat_minutes", "rules", "sinks"};
  if (auto done = table->only(kKnown); !done) return done.error();
  if (auto done = table->read("enabled", settings.enabled); !done) return done.error();
  if (auto done = read_quiet_hours(*table, settings); !done) return done.error();
  double repeat_minutes = static_cast<double>(settings.repeat_ms) / 60'000;
  if (auto done = table->read("repeat_minutes", repeat_minutes, 0, 525'600); !done) return done.error();
  settings.repeat_ms = std::llround(repeat_minutes * 60'000);
  if (const toml::node* rules = table->find("rules")) {
    auto rows = TomlTable::of(*rules, file, "alerts.rules");
    if (!rows) return rows.error();
    for (const auto& [name, rule] : rows->entries()) {
      if (auto done = read_rule(rule, file, name.str(), settings.rules); !done) return done.error();
    }
  }
  if (auto done = read_sinks(*table, file, settings); !done) return done.error();
  return settings;
}

}  // namespace comfytrace::app
