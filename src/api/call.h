#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/http_server.h"

namespace comfytrace::api {

// One request on its way to its answer. Exactly one of the answering functions is called, on any thread.
struct Call {
  net::HttpRequest request;
  std::vector<std::string> params;  // what the route's {…} stand for, decoded
  net::Respond respond;

  // A body that is compressed and answered with 304 as the request's headers allow.
  void reply_json(std::string body) const;
  void reply_text(std::string body, std::string content_type) const;
  void reply_nothing() const;  // 204
  void fail(const base::Error& error) const;
  void fail(int status, std::string_view detail, std::string_view field = {}, std::string_view mend = {}) const;
  // As it is, with the headers that every answer has.
  void reply(net::HttpResponse response) const;
};
using CallPtr = std::shared_ptr<const Call>;

// An application/problem+json answer.
[[nodiscard]] net::HttpResponse problem(int status, std::string_view detail, std::string_view field = {},
                                        std::string_view mend = {});
[[nodiscard]] int status_of(base::ErrorCode code);

// Whether an If-None-Match header names `etag`.
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag);

// What every answer carries.
void add_common_headers(net::Headers& headers);

}  // namespace comfytrace::api
