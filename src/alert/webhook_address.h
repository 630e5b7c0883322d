#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace comfytrace::alert {

// An http or https address to post to. Its path and query are secrets: whoever knows them may post. They are shown
// nowhere; neither are they in the errors of `parse`.
struct WebhookAddress {
  net::Url server;     // without a path
  std::string target;  // path and query, as written; "/" at least

  // Errors: invalid, with the mend.
  [[nodiscard]] static base::Result<WebhookAddress> parse(std::string_view text);
  // "https://discord.com/…"
  [[nodiscard]] std::string shown() const;
  // `text` without what is secret.
  [[nodiscard]] std::string without_secrets(std::string text) const;
};

}  // namespace comfytrace::alert
