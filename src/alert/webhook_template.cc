#include "alert/webhook_template.h"

#include <array>
#include <functional>
#include <optional>

#include "base/json.h"

namespace comfytrace::alert {
namespace {

constexpr std::size_t kTemplateBytes = 64u << 10;

struct Placeholder {
  std::string_view name;
  // As it stands in the document: already escaped.
  std::function<std::string(const Notice&)> value;
};

std::string escaped(std::string_view text) {
  std::string quoted;
  base::write_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

const history::Alert& first_of(const Notice& notice) {
  static const history::Alert none;
  return notice.alerts.empty() ? none : notice.alerts.front();
}

std::string number(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "null";
}

// What is about one alert is the first one's.
const std::array<Placeholder, 12>& placeholders() {
  static const std::array<Placeholder, 12> known{
      Placeholder{"event", [](const Notice& n) { return std::string(base::enum_name(n.occasion)); }},
      Placeholder{"title", [](const Notice& n) { return escaped(title_of(n)); }},
      Placeholder{"text", [](const Notice& n) { return escaped(text_of(n)); }},
      Placeholder{"severity", [](const Notice& n) { return std::string(base::enum_name(severity_of(n))); }},
      Placeholder{"count", [](const Notice& n) { return std::to_string(n.alerts.size()); }},
      Placeholder{"id", [](const Notice& n) { return escaped(first_of(n).id); }},
      Placeholder{"rule", [](const Notice& n) { return escaped(first_of(n).rule); }},
      Placeholder{"subject", [](const Notice& n) { return escaped(first_of(n).subject); }},
      Placeholder{"runId", [](const Notice& n) { return escaped(first_of(n).run_id.value_or("")); }},
      Placeholder{"workerId", [](const Notice& n) { return escaped(first_of(n).worker_id.value_or("")); }},
      Placeholder{"raisedAtMs", [](const Notice& n) { return std::to_string(first_of(n).raised_at_ms); }},
      Placeholder{"clearedAtMs", [](const Notice& n) { return number(first_of(n).cleared_at_ms); }},
  };
  return known;
}

const Placeholder* find_placeholder(std::string_view name) {
  for (const Placeholder& placeholder : placeholders()) {
    if (placeholder.name == name) return &placeholder;
  }
  return nullptr;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Values that no place but inside of a string can take, and values that are as little as can be.
std::array<Notice, 3> trial_notices() {
  history::Alert words;
  words.id = words.rule = words.subject = "zebra \"\\\n";
  words.message = "zebra \"\\\n";
  words.run_id = words.worker_id = "zebra \"";
  words.raised_at_ms = 1;
  words.cleared_at_ms = 23;
  return {Notice{Occasion::raised, 1, {words}}, Notice{Occasion::digest, 1, {words, words}},
          Notice{Occasion::test, 0, {}}};
}

base::Error invalid(std::string what, std::string mend) {
  return {base::ErrorCode::invalid, std::move(what), "template", std::move(mend)};
}

}  // namespace

std::string placeholder_names() {
  std::string names;
  for (const Placeholder& placeholder : placeholders())
    names += (names.empty() ? "" : ", ") + std::string(placeholder.name);
  return names;
}

base::Result<WebhookTemplate> WebhookTemplate::parse(std::string_view text) {
  if (text.size() > kTemplateBytes) return invalid("the template is over 64 KiB", "make it shorter");
  WebhookTemplate parsed;
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (text[at] == '{' && end < text.size() && is_letter(text[end])) ++end;
    if (end == at + 1 || end == text.size() || text[end] != '}') {
      plain.push_back(text[at++]);
      continue;
    }
    const std::string name(text.substr(at + 1, end - at - 1));
    if (!find_placeholder(name))
      return invalid("there is no placeholder {" + name + "}", "known are: " + placeholder_names());
    parsed.parts_.emplace_back(std::exchange(plain, {}), false);
    parsed.parts_.emplace_back(name, true);
    at = end + 1;
  }
  parsed.parts_.emplace_back(plain, false);
  for (const Notice& trial : trial_notices()) {
    if (auto json = base::parse_json(parsed.render(trial)); !json) {
      return invalid("the template does not give JSON: " + json.error().message,
                     "write JSON, with the placeholders inside of strings: {\"text\": \"{text}\"}");
    }
  }
  return parsed;
}

std::string WebhookTemplate::render(const Notice& notice) const {
  std::string out;
  for (const auto& [text, is_name] : parts_) out += is_name ? find_placeholder(text)->value(notice) : text;
  return out;
}

}  // namespace comfytrace::alert
