#include "api/router.h"

#include <optional>
#include <utility>

#include "net/http.h"

namespace comfytrace::api {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  std::vector<std::string> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = path.find('/');
    segments.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return segments;
}

// What the segment's placeholder stands for; "" if it has none and is equal.
std::optional<std::string> match_segment(std::string_view pattern, std::string_view segment) {
  if (!pattern.starts_with('{')) return pattern == segment ? std::optional<std::string>("") : std::nullopt;
  const auto suffix = pattern.substr(pattern.find('}') + 1);
  if (segment.size() <= suffix.size() || !segment.ends_with(suffix)) return std::nullopt;
  return net::percent_decode(segment.substr(0, segment.size() - suffix.size()), false);
}

std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> params;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    auto param = match_segment(pattern[i], segments[i]);
    if (!param) return std::nullopt;
    if (pattern[i].starts_with('{')) params.push_back(std::move(*param));
  }
  return params;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, RouteDoc doc, Handler handler) {
  routes_.push_back(
      Route{std::move(method), std::string(pattern), split_path(pattern), std::move(doc), std::move(handler)});
}

Router::Match Router::find(std::string_view method, std::string_view target) const {
  const auto segments = split_path(target);
  if (method == "HEAD") method = "GET";
  Match found;
  for (const auto& route : routes_) {
    auto params = match(route.segments, segments);
    if (!params) continue;
    if (!found.allow.empty()) found.allow += ", ";
    found.allow += route.method == "GET" ? "GET, HEAD" : route.method;
    if (route.method != method || found.handler) continue;
    found.handler = &route.handler;
    found.params = std::move(*params);
  }
  return found;
}

}  // namespace comfytrace::api
