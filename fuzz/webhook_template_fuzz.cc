#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "alert/webhook_address.h"
#include "alert/webhook_body.h"
#include "alert/webhook_template.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

// A template, a line break, and what an alert says: whatever both are, what is posted is JSON of the same shape as with
// harmless words, in every format. The first line is tried as an address, too.
namespace {

using namespace comfytrace;

alert::Notice notice_of(std::string_view text) {
  history::Alert one;
  one.id = one.rule = one.subject = one.message = std::string(text);
  one.run_id = one.worker_id = std::string(text);
  one.raised_at_ms = static_cast<std::int64_t>(text.size());
  if (text.size() % 2 == 1) one.cleared_at_ms = 17;
  return {alert::Occasion::raised, 1, {one}};
}

// Same kinds in the same places; the words of strings and the values of numbers may differ.
bool same_shape(const base::json::value& a, const base::json::value& b) {
  const bool both_counts = (a.is_number() || a.is_null()) && (b.is_number() || b.is_null());
  if (a.kind() != b.kind()) return both_counts;
  if (a.is_array()) {
    const auto& left = a.get_array();
    const auto& right = b.get_array();
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), same_shape);
  }
  // Keys may hold a value themselves, so that two become one: a template's own doing.
  return true;
}

void check_template(std::string_view text, std::string_view words) {
  const auto parsed = alert::WebhookTemplate::parse(text);
  if (!parsed) {
    CHECK(!parsed.error().message.empty());
    return;
  }
  const auto harmless = base::parse_json(parsed->render(notice_of("fox")));
  const auto hostile = base::parse_json(parsed->render(notice_of(words)));
  CHECK(harmless.ok());
  CHECK(hostile.ok());
  CHECK(same_shape(*harmless, *hostile));
}

void check_address(std::string_view text) {
  const auto address = alert::WebhookAddress::parse(text);
  if (!address) return;
  CHECK(address->target.starts_with('/'));
  CHECK(address->target.find_first_of(std::string_view(" \r\n\0", 4)) == std::string::npos);
  CHECK(address->shown().find("/…") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.substr(0, text.find('\n'));
  const auto words = text.substr(std::min(line.size() + 1, text.size()));
  check_address(line);
  check_template(line, words);
  check_template(R"({"a": "{text}", "{rule}": [{count}, {clearedAtMs}, "{title}{subject}"]})", words);
  for (const auto format : {alert::WebhookFormat::json, alert::WebhookFormat::discord, alert::WebhookFormat::slack,
                            alert::WebhookFormat::ntfy}) {
    const std::string body = alert::webhook_body(format, notice_of(words), std::string(line));
    CHECK(base::is_valid_utf8(body));
    CHECK(base::parse_json(body).ok());
  }
  return 0;
}
