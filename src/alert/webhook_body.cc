#include "alert/webhook_body.h"

#include <string_view>

#include "base/json.h"

namespace comfytrace::alert {
namespace {

using history::AlertSeverity;

std::string json_string(std::string_view text) {
  std::string out;
  base::write_json_string(out, text);
  return out;
}

// Red, amber, blue; green for what is over.
int colour_of(const Notice& notice) {
  if (notice.occasion == Occasion::cleared) return 0x30a46c;
  switch (severity_of(notice)) {
    case AlertSeverity::critical:
      return 0xe5484d;
    case AlertSeverity::warning:
      return 0xf5a524;
    default:
      return 0x3b82f6;
  }
}

std::string discord(const Notice& notice) {
  return "{\"username\":\"comfytrace\",\"allowed_mentions\":{\"parse\":[]},\"embeds\":[{\"title\":" +
         json_string(title_of(notice)) + ",\"description\":" + json_string(text_of(notice)) +
         ",\"color\":" + std::to_string(colour_of(notice)) + "}]}";
}

// Slack reads <…> as a link or a mention, unless it is escaped.
std::string slack(const Notice& notice) {
  std::string text;
  for (const char c : "*" + title_of(notice) + "*\n" + text_of(notice)) {
    if (c == '&') {
      text += "&amp;";
    } else if (c == '<') {
      text += "&lt;";
    } else if (c == '>') {
      text += "&gt;";
    } else {
      text.push_back(c);
    }
  }
  return "{\"text\":" + json_string(text) + "}";
}

std::string ntfy(const Notice& notice, const std::string& topic) {
  const AlertSeverity severity = severity_of(notice);
  const bool over = notice.occasion == Occasion::cleared;
  const int priority = over ? 3 : severity == AlertSeverity::critical ? 5 : severity == AlertSeverity::warning ? 4 : 3;
  const std::string_view tag = over                                  ? "white_check_mark"
                               : severity == AlertSeverity::critical ? "rotating_light"
                               : severity == AlertSeverity::warning  ? "warning"
                                                                     : "information_source";
  return "{\"topic\":" + json_string(topic) + ",\"title\":" + json_string(title_of(notice)) +
         ",\"message\":" + json_string(text_of(notice)) + ",\"priority\":" + std::to_string(priority) + ",\"tags\":[" +
         json_string(tag) + "]}";
}

}  // namespace

std::string webhook_body(WebhookFormat format, const Notice& notice, const std::string& topic) {
  switch (format) {
    case WebhookFormat::discord:
      return discord(notice);
    case WebhookFormat::slack:
      return slack(notice);
    case WebhookFormat::ntfy:
      return ntfy(notice, topic);
    default:
      return notice_json(notice);
  }
}

}  // namespace comfytrace::alert
