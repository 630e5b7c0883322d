#include <fmt/format.h>

#include "app/commands/command.h"
#include "app/human.h"
#include "app/server_client.h"
#include "app/token.h"
#include "base/codec.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

// A sink has its own time to answer; this is longer than the longest of them.
constexpr std::int64_t kTestWithin_ms = 330'000;

std::string state_of(const history::Alert& alert) {
  if (alert.cleared_at_ms) return "over " + human_time(*alert.cleared_at_ms);
  return alert.acknowledged_at_ms ? "acknowledged" : "open";
}

int print_outcomes(const base::json::value& answer) {
  const auto* sinks = base::find_array(answer, "sinks");
  if (!sinks || sinks->empty()) {
    print_line("No sink is set up: alerts are kept in the history and shown on the page. docs/alerts.md says how.");
    return kDone;
  }
  std::size_t delivered = 0;
  for (const auto& sink : *sinks) {
    const bool good = base::find_bool(sink, "delivered").value_or(false);
    delivered += good ? 1 : 0;
    print_line(fmt::format("{} {}{}", toned(good ? "ok  " : "bad ", good ? Tone::good : Tone::bad),
                           base::find_string(sink, "name").value_or("?"),
                           good ? "" : ": " + base::find_string(sink, "error").value_or("")));
  }
  return delivered == sinks->size() ? kDone : delivered > 0 ? kPartly : kFailed;
}

int json_outcomes(const base::json::value& answer) {
  print_line(base::to_json(answer));
  std::size_t delivered = 0;
  const auto* sinks = base::find_array(answer, "sinks");
  if (!sinks || sinks->empty()) return kDone;
  for (const auto& sink : *sinks) delivered += base::find_bool(sink, "delivered").value_or(false) ? 1 : 0;
  return delivered == sinks->size() ? kDone : delivered > 0 ? kPartly : kFailed;
}

}  // namespace

int alerts_command(const CommonOptions& common, const AlertsOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto reader = history::open_reader(settings->store);
  if (!reader) return report(reader.error());
  const auto state = options.all ? history::AlertState::all : history::AlertState::open;
  auto alerts = (*reader)->alerts({state, options.limit, ""});
  if (!alerts) return report(alerts.error());
  if (common.json) {
    print_line("{\"alerts\":" + base::encode_json(*alerts) + "}");
    return kDone;
  }
  if (alerts->empty()) {
    print_line(options.all ? "No alerts yet." : "Nothing is wrong. `comfytrace alerts --all` shows what was.");
    return kDone;
  }
  Table table({"SEVERITY", "SINCE", "STATE", "RULE", "WHAT"});
  for (const history::Alert& alert : *alerts) {
    table.add({std::string(base::enum_name(alert.severity)), human_time(alert.raised_at_ms), state_of(alert),
               alert.rule, alert.message});
  }
  std::fputs(table.text(terminal_width()).c_str(), stdout);
  return kDone;
}

int alerts_test_command(const CommonOptions& common) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto url = net::parse_url(settings->own_url(), 8199);
  if (!url) return report(url.error());
  auto token = read_token(settings->token_file);
  if (!token) return report(token.error());
  auto answer = ServerClient(*url, *token).call("POST", "/api/v1/alerts:test", "", kTestWithin_ms);
  if (!answer) {
    if (answer.error().code != base::ErrorCode::unavailable) return report(answer.error());
    return report({base::ErrorCode::unavailable, answer.error().message, "--listen",
                   "start comfytrace with `comfytrace serve`; it sends the test"});
  }
  return common.json ? json_outcomes(*answer) : print_outcomes(*answer);
}

}  // namespace comfytrace::app
