#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http.h"

namespace comfytrace::net {

struct ResponseFraming {
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

// The status line and headers with the empty line behind them. Framing headers of the response itself are ignored, and
// line breaks in values become spaces: no value can begin a header of its own.
[[nodiscard]] std::string make_response_head(const HttpResponse& response, const ResponseFraming& framing);

// 1xx, 204 and 304 have no body.
[[nodiscard]] bool status_has_body(int status);

}  // namespace comfytrace::net
