#include "api/access.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "base/digest.h"

namespace comfytrace::api {
namespace {

constexpr std::string_view kCookie = "comfytrace_token";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "[::1]:8199" -> {"::1", "8199"}; the port is empty if there is none.
std::pair<std::string, std::string> split_authority(std::string_view authority) {
  std::string text = lower(authority);
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string::npos) return {};
    const auto rest = std::string_view(text).substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return {};
    return {text.substr(1, end - 1), std::string(rest.empty() ? rest : rest.substr(1))};
  }
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {std::move(text), ""};
  if (text.find(':', colon + 1) != std::string::npos) return {std::move(text), ""};  // a bare IPv6 address
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<boost::asio::ip::address> as_address(std::string_view host) {
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error) return std::nullopt;
  return address;
}

bool only_reads(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

std::string cookie_value(const AccessRules& rules) {
  // Not the token itself: whoever reads the browser's cookie store cannot use it elsewhere as a bearer token.
  return base::to_hex(base::sha256("comfytrace cookie " + rules.token));
}

bool has_cookie(const AccessRules& rules, std::string_view header) {
  const std::string wanted = cookie_value(rules);
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    auto pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (!pair.starts_with(kCookie) || pair.substr(kCookie.size(), 1) != "=") continue;
    if (base::equal_in_constant_time(pair.substr(kCookie.size() + 1), wanted)) return true;
  }
  return false;
}

bool has_token(const AccessRules& rules, const net::HttpRequest& request) {
  if (const auto header = request.headers.get("Authorization")) {
    const auto space = header->find(' ');
    if (space != std::string_view::npos && lower(header->substr(0, space)) == "bearer") {
      // Of digests, so that the time does not tell the token's length either.
      return base::equal_in_constant_time(base::sha256(header->substr(space + 1)), base::sha256(rules.token));
    }
  }
  return has_cookie(rules, request.headers.get("Cookie").value_or(""));
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name = lower(host);
  if (name == "localhost") return true;
  const auto address = as_address(name);
  return address && address->is_loopback();
}

bool is_own_host(const AccessRules& rules, std::string_view host_header) {
  const auto [host, port] = split_authority(host_header);
  if (host.empty()) return false;
  const std::string own_port = std::to_string(rules.port);
  const auto is_configured = [&, &own_host = host, &own_port_text = port](const std::string& name) {
    const auto [name_host, name_port] = split_authority(name);
    if (name_host != own_host) return false;
    // Without a port of its own a name stands for our port and for a proxy on a scheme's default port.
    return name_port.empty() ? own_port_text.empty() || own_port_text == own_port : own_port_text == name_port;
  };
  if (std::any_of(rules.names.begin(), rules.names.end(), is_configured)) return true;
  if (port != own_port && !(port.empty() && rules.port == 80)) return false;
  if (host == "localhost" || host == "127.0.0.1" || host == "::1" || host == lower(rules.listen_host)) return true;
  const auto bound = as_address(rules.listen_host);
  return bound && bound->is_unspecified() && as_address(host).has_value();
}

bool is_own_origin(const AccessRules& rules, std::string_view origin, std::string_view host_header) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return false;  // "null" too
  const auto scheme = lower(origin.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return false;
  const std::string authority = lower(origin.substr(scheme_end + 3));
  if (authority.empty()) return false;
  if (authority == lower(host_header)) return true;
  return std::any_of(rules.names.begin(), rules.names.end(),
                     [&](const std::string& name) { return lower(name) == authority; });
}

std::optional<Refusal> check_access(const AccessRules& rules, const net::HttpRequest& request, bool websocket) {
  const auto host = request.headers.get("Host").value_or("");
  if (!is_own_host(rules, host)) {
    return Refusal{403, "the Host header names another server than this one", "Host",
                   "open the address that comfytrace prints, or add the name to its allowed names"};
  }
  if (websocket || !only_reads(request.method)) {
    const auto origin = request.headers.get("Origin");
    if (origin && !is_own_origin(rules, *origin, host)) {
      return Refusal{403, "a page of another origin may not do this", "Origin",
                     "open comfytrace's own page, or add the name to its allowed names"};
    }
    if (!origin && lower(request.headers.get("Sec-Fetch-Site").value_or("")) == "cross-site") {
      return Refusal{403, "a page of another site may not do this", "Sec-Fetch-Site", "open comfytrace's own page"};
    }
  }
  if (!rules.token.empty() && !has_token(rules, request)) {
    return Refusal{401, "this server asks for its token", "Authorization",
                   "send \"Authorization: Bearer …\", or open the page with ?token=…"};
  }
  return std::nullopt;
}

std::optional<net::HttpResponse> exchange_token(const AccessRules& rules, const net::HttpRequest& request) {
  const auto given = request.query_value("token");
  if (!given || rules.token.empty() || request.method != "GET" || request.path.starts_with("/api/")) {
    return std::nullopt;
  }
  if (!is_own_host(rules, request.headers.get("Host").value_or(""))) return std::nullopt;
  if (!base::equal_in_constant_time(base::sha256(*given), base::sha256(rules.token))) return std::nullopt;

  // Only what was asked of this server: a target such as "//elsewhere" or "/\\elsewhere" would lead away.
  std::string_view asked = std::string_view(request.target).substr(0, request.target.find('?'));
  asked.remove_prefix(std::min(asked.find_first_not_of("/\\"), asked.size()));
  std::string target = "/" + std::string(asked);
  char separator = '?';
  for (const auto& [key, value] : request.query) {
    if (key == "token") continue;
    target.push_back(std::exchange(separator, '&'));
    target += net::percent_encode(key) + "=" + net::percent_encode(value);
  }
  net::HttpResponse response;
  response.status = 303;
  response.headers.set("Location", target);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Set-Cookie", std::string(kCookie) + "=" + cookie_value(rules) +
                                         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000");
  return response;
}

}  // namespace comfytrace::api
