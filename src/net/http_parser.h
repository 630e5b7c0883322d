#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace comfytrace::net {

// Why a message is not taken: the status that a server answers it with, and a sentence.
struct ParseRefusal {
  int status = 400;
  std::string message;
};

enum class ParseState { need_more, complete, refused };

// One HTTP/1.x request out of bytes that come in any portions. Pure; any thread, one at a time.
class RequestParser {
 public:
  RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Takes from the front of `input` what belongs to this request; what follows it stays there.
  [[nodiscard]] ParseState parse(std::string& input);
  [[nodiscard]] bool started() const;  // has seen a byte
  // The head is there and asks for "100 Continue" before the body. True once.
  [[nodiscard]] bool take_expects_continue();

  // Once complete. `remote_address` is left empty.
  [[nodiscard]] HttpRequest take();
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool is_http_1_0() const;
  // Once refused.
  [[nodiscard]] const ParseRefusal& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One HTTP/1.x response, likewise. Interim responses (1xx but 101) are skipped.
class ResponseParser {
 public:
  // `bodiless`: the request was a HEAD. Without `max_body_bytes` the body is not bounded.
  ResponseParser(std::size_t max_header_bytes, std::optional<std::size_t> max_body_bytes, bool bodiless);
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  [[nodiscard]] ParseState parse(std::string& input);
  // The peer has closed: complete if the body ends there.
  [[nodiscard]] ParseState parse_end();
  [[nodiscard]] bool started() const;
  [[nodiscard]] bool head_complete() const;
  // Once the head is complete.
  [[nodiscard]] int status() const;
  [[nodiscard]] Headers& headers();
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  [[nodiscard]] bool keep_alive() const;
  // What has come of the body since the last call.
  [[nodiscard]] std::string take_body();
  // Once refused: status 413 when over a bound, 400 when it is not HTTP.
  [[nodiscard]] const ParseRefusal& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Splits and decodes a request target into path and query. False: malformed, or with "." or ".." segments.
[[nodiscard]] bool parse_target(std::string_view target, HttpRequest& into);

}  // namespace comfytrace::net
