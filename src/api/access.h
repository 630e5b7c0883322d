#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

// Who may ask what. Pure: no socket, no clock.
namespace comfytrace::api {

struct AccessRules {
  std::string listen_host;  // as bound
  std::uint16_t port = 0;
  std::vector<std::string> names;  // further names of this server: "name" or "name:port"
  std::string token;               // empty: none asked
};

// Whether `host` is one that only this machine reaches: 127.0.0.0/8, ::1, localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

// Whether a Host header names this server. Addresses are taken when it listens on every one: a page that rebinds a
// name of its own to this machine still sends that name.
[[nodiscard]] bool is_own_host(const AccessRules& rules, std::string_view host_header);

// Whether a request that has this Origin comes from a page of ours (or from a configured name). `host_header` is one
// that is_own_host() took.
[[nodiscard]] bool is_own_origin(const AccessRules& rules, std::string_view origin, std::string_view host_header);

struct Refusal {
  int status = 403;
  std::string detail;
  std::string field;
  std::string mend;
};

// nullopt: go on. `websocket`: the request is an upgrade, which has a page's rights behind it whatever its method.
[[nodiscard]] std::optional<Refusal> check_access(const AccessRules& rules, const net::HttpRequest& request,
                                                  bool websocket);

// For a page load that brings the right token in its query: the answer that turns it into a cookie.
[[nodiscard]] std::optional<net::HttpResponse> exchange_token(const AccessRules& rules,
                                                              const net::HttpRequest& request);

}  // namespace comfytrace::api
