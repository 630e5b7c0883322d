#include "api/call.h"

#include <utility>

#include "api/etag.h"
#include "api/gzip.h"
#include "base/json.h"

namespace comfytrace::api {
namespace {

constexpr std::size_t kGzipFrom = 1024;

std::string_view strip_weak(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

void set_if_absent(net::Headers& headers, std::string name, std::string value) {
  if (!headers.get(name)) headers.set(std::move(name), std::move(value));
}

}  // namespace

int status_of(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::invalid:
      return 400;
    case base::ErrorCode::denied:
      return 403;
    case base::ErrorCode::not_found:
      return 404;
    case base::ErrorCode::conflict:
      return 409;
    case base::ErrorCode::too_large:
      return 413;
    case base::ErrorCode::unavailable:
      return 503;
    case base::ErrorCode::corrupt:
    case base::ErrorCode::internal:
      break;
  }
  return 500;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto item = if_none_match.substr(0, comma);
    if_none_match = comma == std::string_view::npos ? std::string_view{} : if_none_match.substr(comma + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (item == "*" || strip_weak(item) == strip_weak(etag)) return true;
  }
  return false;
}

void add_common_headers(net::Headers& headers) {
  set_if_absent(headers, "X-Content-Type-Options", "nosniff");
  set_if_absent(headers, "Referrer-Policy", "no-referrer");
  set_if_absent(headers, "Cross-Origin-Resource-Policy", "same-origin");
  set_if_absent(headers, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  set_if_absent(headers, "Cache-Control", "no-store");
}

net::HttpResponse problem(int status, std::string_view detail, std::string_view field, std::string_view mend) {
  net::HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "application/problem+json");
  std::string& body = response.body;
  body = "{\"type\":\"about:blank\",\"title\":";
  base::write_json_string(body, net::reason_phrase(status));
  body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  base::write_json_string(body, detail);
  for (const auto& [key, value] : {std::pair{"field", field}, std::pair{"mend", mend}}) {
    if (value.empty()) continue;
    body += ",\"" + std::string(key) + "\":";
    base::write_json_string(body, value);
  }
  body += "}";
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.set("Retry-After", "1");
  return response;
}

void Call::reply(net::HttpResponse response) const {
  add_common_headers(response.headers);
  respond(std::move(response));
}

void Call::reply_json(std::string body) const {
  reply_text(std::move(body), "application/json");
}

void Call::reply_text(std::string body, std::string content_type) const {
  net::HttpResponse response;
  // Weak: the compressed and the plain bytes stand for the same.
  const std::string etag = weak_etag_of(body);
  response.headers.set("ETag", etag);
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("Vary", "Accept-Encoding");
  if (matches_etag(request.headers.get("If-None-Match").value_or(""), etag)) {
    response.status = 304;
    reply(std::move(response));
    return;
  }
  response.headers.set("Content-Type", std::move(content_type));
  if (body.size() > kGzipFrom && accepts_gzip(request.headers.get("Accept-Encoding").value_or(""))) {
    response.headers.set("Content-Encoding", "gzip");
    body = gzip(body);
  }
  response.body = std::move(body);
  reply(std::move(response));
}

void Call::reply_nothing() const {
  net::HttpResponse response;
  response.status = 204;
  reply(std::move(response));
}

void Call::fail(const base::Error& error) const {
  fail(status_of(error.code), error.message, error.field, error.mend);
}

void Call::fail(int status, std::string_view detail, std::string_view field, std::string_view mend) const {
  reply(problem(status, detail, field, mend));
}

}  // namespace comfytrace::api
