#include "alert/notice.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace comfytrace::alert {
namespace {

using history::Alert;
using history::AlertSeverity;

constexpr std::size_t kTitleBytes = 200;
constexpr std::size_t kMessageBytes = 1'000;
constexpr std::size_t kListed = 10;

std::string line_of(const Alert& alert) {
  return std::string(base::enum_name(alert.severity)) + (alert.cleared_at_ms ? ", over again: " : ": ") +
         base::bounded_text(alert.message, kMessageBytes / kListed);
}

}  // namespace

AlertSeverity severity_of(const Notice& notice) {
  AlertSeverity worst = AlertSeverity::info;
  for (const Alert& alert : notice.alerts) worst = std::max(worst, alert.severity);
  return worst;
}

std::string title_of(const Notice& notice) {
  if (notice.occasion == Occasion::digest) {
    return "comfytrace: " + std::to_string(notice.alerts.size()) + (notice.alerts.size() == 1 ? " alert" : " alerts") +
           " in quiet hours";
  }
  static constexpr std::pair<Occasion, std::string_view> kWords[]{{Occasion::raised, ""},
                                                                  {Occasion::repeated, "still: "},
                                                                  {Occasion::cleared, "over: "},
                                                                  {Occasion::test, "test: "}};
  std::string word;
  for (const auto& [occasion, known] : kWords) {
    if (occasion == notice.occasion) word = known;
  }
  const std::string what = notice.alerts.empty() ? "" : notice.alerts.front().rule;
  return "comfytrace: " + word + base::bounded_text(what, kTitleBytes);
}

std::string text_of(const Notice& notice) {
  if (notice.alerts.empty()) return "";
  if (notice.occasion != Occasion::digest) {
    return base::to_valid_utf8(base::bounded_text(notice.alerts.front().message, kMessageBytes));
  }
  std::string text;
  for (std::size_t i = 0; i < notice.alerts.size() && i < kListed; ++i) {
    text += (i == 0 ? "" : "\n") + line_of(notice.alerts[i]);
  }
  if (notice.alerts.size() > kListed) text += "\nand " + std::to_string(notice.alerts.size() - kListed) + " more";
  return base::to_valid_utf8(text);
}

std::string notice_json(const Notice& notice) {
  std::string out = "{\"event\":";
  base::encode(out, notice.occasion);
  out += ",\"title\":";
  base::encode(out, title_of(notice));
  out += ",\"text\":";
  base::encode(out, text_of(notice));
  out += ",\"severity\":";
  base::encode(out, severity_of(notice));
  out += ",\"atMs\":" + std::to_string(notice.at_ms) + ",\"alerts\":";
  base::encode(out, notice.alerts);
  return out + "}";
}

Notice at_least(Notice notice, AlertSeverity least) {
  std::erase_if(notice.alerts, [&](const Alert& alert) { return alert.severity < least; });
  return notice;
}

Notice test_notice(std::int64_t at_ms) {
  Alert alert;
  alert.id = "test";
  alert.rule = "test";
  alert.severity = AlertSeverity::info;
  alert.subject = "test";
  alert.message = "This is a test. Nothing is wrong.";
  alert.raised_at_ms = at_ms;
  return {Occasion::test, at_ms, {std::move(alert)}};
}

}  // namespace comfytrace::alert
