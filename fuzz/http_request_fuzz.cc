#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/http_parser.h"

using namespace comfytrace::net;

namespace {

struct Outcome {
  ParseState state = ParseState::need_more;
  std::string method, path, body, rest;
};

Outcome parse(std::string_view bytes, std::size_t step) {
  RequestParser parser(1024, 4096);
  Outcome outcome;
  std::string buffer;
  while (!bytes.empty() && outcome.state == ParseState::need_more) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    outcome.state = parser.parse(buffer);
    if (outcome.state == ParseState::need_more) CHECK(buffer.size() <= 1024 + step);
  }
  if (outcome.state != ParseState::complete) return outcome;
  auto request = parser.take();
  CHECK(request.path == "*" || request.path.starts_with('/'));
  CHECK((request.path + "/").find("/../") == std::string::npos && request.body.size() <= 4096);
  CHECK(request.path.find('\0') == std::string::npos);
  return {outcome.state, request.method, request.path, request.body, buffer + std::string(bytes)};
}

}  // namespace

// In whatever portions a request comes, it is the same request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t step = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size() + 1);
  const Outcome parts = parse(bytes, step);
  if (whole.state == ParseState::complete && parts.state == ParseState::complete) {
    CHECK(whole.method == parts.method && whole.path == parts.path && whole.body == parts.body);
    CHECK(whole.rest == parts.rest);
  }
  std::string response(bytes);
  ResponseParser parser(1024, 4096, false);
  if (parser.parse(response) == ParseState::need_more) (void)parser.parse_end();
  CHECK(parser.take_body().size() <= 4096);
  (void)parse_url(bytes);
  return 0;
}
