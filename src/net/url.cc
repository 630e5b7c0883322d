#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "net/http.h"

namespace comfytrace::net {
namespace {

constexpr std::string_view kExample = "write it like http://127.0.0.1:8188";

base::Error invalid(std::string_view text, std::string_view what, std::string_view mend = kExample) {
  return {
      base::ErrorCode::invalid,
      "\"" + base::printable(base::bounded_text(text, 200)) + "\" is not an address of a server: " + std::string(what),
      "", std::string(mend)};
}

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.' || c == '%';
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lowered;
}

}  // namespace

std::string Url::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::text() const {
  return scheme + "://" + authority() + path;
}

base::Result<Url> parse_url(std::string_view text, std::uint16_t default_port) {
  Url url{"http", "", default_port, ""};
  std::string_view rest = text;
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t')) rest.remove_suffix(1);
  if (rest.empty()) return invalid(text, "it is empty");

  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    const std::string scheme = lower_case(rest.substr(0, mark));
    if (scheme == "https" || scheme == "wss") {
      return invalid(text, "TLS to servers is not supported", "use http://, or a tunnel that ends on this machine");
    }
    if (scheme != "http") return invalid(text, "its scheme is not http");
    rest.remove_prefix(mark + 3);
    url.port = 80;
  }

  const auto slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (path.find_first_of("?#") != std::string_view::npos) {
    return invalid(text, "it has a query or a fragment", "leave out everything from '?' or '#' on");
  }
  if (std::any_of(path.begin(), path.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
    return invalid(text, "its path has a space or a control character", "percent-encode it");
  }
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  url.path = std::string(path);

  if (authority.find('@') != std::string_view::npos) {
    return invalid(text, "it has a user name", "leave out everything up to '@'; use a token instead");
  }
  std::string_view port;
  bool has_port = false;
  if (!authority.empty() && authority.front() == '[') {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return invalid(text, "the bracket of its IPv6 address is not closed");
    url.host = lower_case(authority.substr(1, end - 1));
    if (url.host.find(':') == std::string::npos || !std::all_of(url.host.begin(), url.host.end(), is_ipv6_character)) {
      return invalid(text, "what stands in brackets is not an IPv6 address", "write it like http://[::1]:8188");
    }
    const auto behind = authority.substr(end + 1);
    if (!behind.empty() && behind.front() != ':') return invalid(text, "there is something behind its IPv6 address");
    has_port = !behind.empty();
    if (has_port) port = behind.substr(1);
  } else {
    const auto colon = authority.find(':');
    if (colon != std::string_view::npos && authority.find(':', colon + 1) != std::string_view::npos) {
      return invalid(text, "it has more than one colon", "put an IPv6 address in brackets: http://[::1]:8188");
    }
    url.host = lower_case(authority.substr(0, colon));
    if (url.host.empty()) return invalid(text, "it has no host");
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) {
      return invalid(text, "its host has a character that host names cannot have");
    }
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
  }
  if (has_port) {
    unsigned number = 0;
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (failure != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535) {
      return invalid(text, "its port is not a number from 1 to 65535");
    }
    url.port = static_cast<std::uint16_t>(number);
  }
  return url;
}

}  // namespace comfytrace::net
