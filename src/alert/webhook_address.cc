#include "alert/webhook_address.h"

#include <algorithm>

namespace comfytrace::alert {
namespace {

base::Error invalid(std::string what, std::string mend = "write it like https://discord.com/api/webhooks/…") {
  return {base::ErrorCode::invalid, "the webhook's address " + std::move(what), "url", std::move(mend)};
}

void replace_all(std::string& text, const std::string& what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

base::Result<WebhookAddress> WebhookAddress::parse(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == text.npos) return invalid("does not begin with https:// or http://");
  std::string scheme(text.substr(0, mark));
  std::ranges::transform(scheme, scheme.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  if (scheme != "https" && scheme != "http") return invalid("does not begin with https:// or http://");
  const std::string_view rest = text.substr(mark + 3);
  const auto slash = rest.find_first_of("/?#");
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != authority.npos) {
    return invalid("has a user name in it", "give a header instead: headers = {Authorization = \"Basic …\"}");
  }
  // Without a scheme the default port is ours to say.
  auto server = net::parse_url(authority, scheme == "https" ? 443 : 80);
  if (!server) return invalid("has no host and port that can be read");
  server->scheme = scheme;

  std::string target(slash == rest.npos ? std::string_view("/") : rest.substr(slash));
  target = target.substr(0, target.find('#'));
  if (target.empty() || target.front() != '/') target.insert(0, "/");
  const bool odd = std::ranges::any_of(
      target, [](char c) { return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f; });
  if (odd) return invalid("has a space, a control character or a letter beyond ASCII in it", "percent-encode it");
  return WebhookAddress{std::move(*server), std::move(target)};
}

std::string WebhookAddress::shown() const {
  return server.scheme + "://" + server.host + "/…";
}

std::string WebhookAddress::without_secrets(std::string text) const {
  if (target.size() > 1) replace_all(text, target, "/…");
  return text;
}

}  // namespace comfytrace::alert
