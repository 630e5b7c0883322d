#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace comfytrace::net {

// Header names compare without case; order and repetition are kept.
class Headers {
 public:
  void set(std::string name, std::string value);  // replaces all of that name
  void add(std::string name, std::string value);
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A body that comes in parts. Used on the I/O thread. The reader asks for the next part after it has dealt with the
// last: that is the back-pressure. Destroying it ends the transfer.
class BodyStream {
 public:
  using Part = std::function<void(base::Result<std::optional<std::string>>)>;
  virtual ~BodyStream() = default;
  // Calls `part` once: a chunk, nullopt at the end, or an error. Not called again before that.
  virtual void next(Part part) = 0;
};

struct HttpRequest {
  std::string method;                                      // GET, POST, …
  std::string target;                                      // as sent: path and query, percent-encoded
  std::string path;                                        // percent-decoded, without query; no "." or ".." segments
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;
  std::string body;
  std::string remote_address;  // of the peer, without port

  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`: sent without a copy
  std::shared_ptr<BodyStream> stream;              // instead of both
  std::optional<std::uint64_t> stream_bytes;       // Content-Length of `stream`; absent: chunked
};

// The words of a status line: "Not Found".
[[nodiscard]] std::string_view reason_phrase(int status);

// "a%20b" -> "a b"; malformed sequences and embedded NULs give nullopt. '+' stays unless `plus_is_space`.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string percent_encode(std::string_view text);
// "a=1&b" without its '?', decoded, in order; empty parts are left out. Malformed: nullopt.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

// A worker's address: "http://host:port" normalised (lower-case host, port filled in, no path or trailing slash).
struct Url {
  std::string scheme;  // http; of what clients of ours may be given, https too
  std::string host;    // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string path;                             // "" or begins with '/'
  [[nodiscard]] std::string authority() const;  // host:port, IPv6 in brackets
  [[nodiscard]] std::string text() const;       // scheme://authority + path
};
// "127.0.0.1:8188" and "localhost" are taken too (http, port 8188). Errors: invalid, with the mend.
[[nodiscard]] base::Result<Url> parse_url(std::string_view text, std::uint16_t default_port = 8188);

}  // namespace comfytrace::net
