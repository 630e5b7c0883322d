#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "net/http.h"

namespace comfytrace::app {

// Asks a comfytrace that runs somewhere. Each call waits for its answer; one thread.
class ServerClient {
 public:
  ServerClient(net::Url server, std::string token) : server_(std::move(server)), token_(std::move(token)) {}

  // The JSON of a 2xx answer (null if it has no body). Errors: unavailable (nobody there), else the server's own
  // problem with its field and mend.
  [[nodiscard]] base::Result<base::json::value> call(const std::string& method, const std::string& target,
                                                     const std::string& body = {},
                                                     std::int64_t timeout_ms = 10'000) const;

  // Follows /telemetry: `message` gets each text frame and says whether to go on; `lost` is told why a connection ended
  // and says whether to connect again in a moment. Returns when either says no, or on SIGINT and SIGTERM.
  void follow(const std::string& query, const std::function<bool(std::string_view)>& message,
              const std::function<bool(const base::Error&)>& lost) const;

 private:
  net::Url server_;
  std::string token_;
};

}  // namespace comfytrace::app
