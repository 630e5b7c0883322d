#include "net/http_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "base/check.h"

namespace comfytrace::net {
namespace {

namespace http = boost::beast::http;
using beast_error = boost::beast::error_code;
using beast_view = boost::beast::string_view;
using BodyLength = boost::optional<std::uint64_t>;

std::string_view view(beast_view text) {
  return {text.data(), text.size()};
}

// What requests and responses have in common: Beast decides what belongs where, we keep it.
template <bool kIsRequest>
class Message : public http::basic_parser<kIsRequest> {
 public:
  Headers headers;
  std::string body;
  std::string method;
  std::string target;
  int status = 0;
  int version = 11;
  int host_fields = 0;

 private:
  void on_request_impl(http::verb, beast_view method_text, beast_view target_text, int http_version,
                       beast_error&) override {
    method = view(method_text);
    target = view(target_text);
    version = http_version;
  }
  void on_response_impl(int code, beast_view, int http_version, beast_error&) override {
    status = code;
    version = http_version;
  }
  void on_field_impl(http::field name, beast_view name_text, beast_view value, beast_error&) override {
    if (this->is_header_done()) return;  // a trailer is not a header
    if (name == http::field::host) ++host_fields;
    headers.add(std::string(view(name_text)), std::string(view(value)));
  }
  void on_header_impl(beast_error&) override {}
  void on_body_init_impl(const BodyLength&, beast_error&) override {}
  std::size_t on_body_impl(beast_view part, beast_error&) override { return append(part); }
  void on_chunk_header_impl(std::uint64_t, beast_view, beast_error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view part, beast_error&) override { return append(part); }
  void on_finish_impl(beast_error&) override {}

  std::size_t append(beast_view part) {
    body.append(part.data(), part.size());
    return part.size();
  }
};

ParseRefusal refusal_of(const beast_error& error) {
  if (error == http::error::header_limit) return {431, "the header is too large"};
  if (error == http::error::body_limit) return {413, "the body is too large"};
  return {400, "not a valid HTTP message: " + error.message()};
}

// Feeds what is in `input`; true when the parser wants more.
template <bool kIsRequest>
bool feed(Message<kIsRequest>& message, std::string& input, std::size_t max_header_bytes, beast_error& error) {
  const std::size_t taken = message.put(boost::asio::buffer(input), error);
  input.erase(0, taken);
  if (error == http::error::need_more) {
    error = {};
    // Beast bounds the header, but not the line of a chunk.
    if (message.is_header_done() && input.size() > max_header_bytes) error = http::error::header_limit;
    return !error;
  }
  return !error && !message.is_done();
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

bool parse_target(std::string_view target, HttpRequest& into) {
  const auto mark = target.find('?');
  auto path = percent_decode(target.substr(0, mark), false);
  if (!path || path->empty() || path->front() != '/' || has_dot_segment(*path)) return false;
  into.path = std::move(*path);
  into.query.clear();
  if (mark == std::string_view::npos) return true;
  auto query = parse_query(target.substr(mark + 1));
  if (query) into.query = std::move(*query);
  return query.has_value();
}

struct RequestParser::Impl {
  explicit Impl(std::size_t header_bytes) : max_header_bytes(header_bytes) {}
  Message<true> message;
  HttpRequest request;
  ParseRefusal refusal;
  std::size_t max_header_bytes;
  bool started = false;
  bool head_checked = false;
  bool refused = false;
  bool expects_continue = false;

  ParseState refuse(ParseRefusal why) {
    refusal = std::move(why);
    refused = true;
    return ParseState::refused;
  }
  std::optional<ParseRefusal> check_head();
};

std::optional<ParseRefusal> RequestParser::Impl::check_head() {
  if (message.version == 11 && message.host_fields != 1) return ParseRefusal{400, "exactly one Host header is needed"};
  if (message.host_fields > 1) return ParseRefusal{400, "more than one Host header"};
  if (message.headers.get("Transfer-Encoding") && !message.chunked()) {
    return ParseRefusal{501, "of the transfer encodings only chunked is supported"};
  }
  std::string_view target = message.target;
  if (target.starts_with("http://")) {
    target.remove_prefix(7);
    const auto slash = target.find_first_of("/?");
    message.headers.set("Host", std::string(target.substr(0, slash)));
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
    message.target = std::string(target.front() == '?' ? "/" : "") + std::string(target);
  }
  if (message.target == "*" && message.method == "OPTIONS") {
    request.path = "*";
  } else if (!parse_target(message.target, request)) {
    return ParseRefusal{400, "the request target is malformed"};
  }
  if (const auto expect = message.headers.get("Expect"); expect && message.version == 11) {
    std::string value(*expect);
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
    if (value != "100-continue") return ParseRefusal{417, "of the expectations only 100-continue is supported"};
    expects_continue = !message.is_done();
  }
  return std::nullopt;
}

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : impl_(std::make_unique<Impl>(max_header_bytes)) {
  impl_->message.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->message.body_limit(max_body_bytes);
  impl_->message.eager(true);
}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

ParseState RequestParser::parse(std::string& input) {
  Impl& self = *impl_;
  if (self.refused) return ParseState::refused;
  if (self.message.is_done()) return ParseState::complete;
  // Robustness of RFC 9112, 2.2: empty lines before a request are skipped.
  if (!self.started) {
    std::size_t empty = 0;
    while (input.size() - empty >= 2 && input[empty] == '\r' && input[empty + 1] == '\n') empty += 2;
    input.erase(0, empty);
  }
  if (input.empty()) return ParseState::need_more;
  self.started = true;
  beast_error error;
  const bool wants_more = feed(self.message, input, self.max_header_bytes, error);
  if (error) return self.refuse(refusal_of(error));
  if (self.message.is_header_done() && !self.head_checked) {
    self.head_checked = true;
    if (auto why = self.check_head()) return self.refuse(std::move(*why));
  }
  return wants_more ? ParseState::need_more : ParseState::complete;
}

bool RequestParser::started() const {
  return impl_->started;
}
bool RequestParser::take_expects_continue() {
  return std::exchange(impl_->expects_continue, false);
}
bool RequestParser::keep_alive() const {
  return impl_->message.keep_alive();
}
bool RequestParser::is_http_1_0() const {
  return impl_->message.version < 11;
}
const ParseRefusal& RequestParser::refusal() const {
  return impl_->refusal;
}

HttpRequest RequestParser::take() {
  CHECK(impl_->message.is_done() && !impl_->refused);
  HttpRequest request = std::move(impl_->request);
  request.method = std::move(impl_->message.method);
  request.target = std::move(impl_->message.target);
  request.headers = std::move(impl_->message.headers);
  request.body = std::move(impl_->message.body);
  return request;
}

struct ResponseParser::Impl {
  std::size_t max_header_bytes;
  std::optional<std::size_t> max_body_bytes;
  bool bodiless;
  std::unique_ptr<Message<false>> message;
  ParseRefusal refusal;
  bool started = false;
  bool refused = false;

  void renew() {
    message = std::make_unique<Message<false>>();
    message->header_limit(static_cast<std::uint32_t>(max_header_bytes));
    message->body_limit(max_body_bytes ? BodyLength(*max_body_bytes) : BodyLength());
    message->eager(true);
    message->skip(bodiless);
  }
  ParseState refuse(const beast_error& error) {
    refusal = refusal_of(error);
    if (refusal.status == 431) refusal.status = 413;
    refused = true;
    return ParseState::refused;
  }
};

ResponseParser::ResponseParser(std::size_t max_header_bytes, std::optional<std::size_t> max_body_bytes, bool bodiless)
    : impl_(std::make_unique<Impl>(Impl{max_header_bytes, max_body_bytes, bodiless, nullptr, {}})) {
  impl_->renew();
}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

ParseState ResponseParser::parse(std::string& input) {
  Impl& self = *impl_;
  if (self.refused) return ParseState::refused;
  while (!self.message->is_done()) {
    if (input.empty()) return ParseState::need_more;
    self.started = true;
    beast_error error;
    const bool wants_more = feed(*self.message, input, self.max_header_bytes, error);
    if (error) return self.refuse(error);
    if (wants_more) return ParseState::need_more;
    const int status = self.message->status;
    if (status >= 100 && status < 200 && status != 101) self.renew();
  }
  return ParseState::complete;
}

ParseState ResponseParser::parse_end() {
  Impl& self = *impl_;
  if (self.refused) return ParseState::refused;
  if (self.message->is_done()) return ParseState::complete;
  beast_error error;
  if (!self.message->got_some()) {
    error = http::error::end_of_stream;
  } else {
    self.message->put_eof(error);
  }
  if (error) return self.refuse(error);
  return ParseState::complete;
}

bool ResponseParser::started() const {
  return impl_->started;
}
bool ResponseParser::head_complete() const {
  return impl_->message->is_header_done();
}
int ResponseParser::status() const {
  return impl_->message->status;
}
Headers& ResponseParser::headers() {
  return impl_->message->headers;
}
bool ResponseParser::keep_alive() const {
  return impl_->message->is_done() && impl_->message->keep_alive();
}
std::string ResponseParser::take_body() {
  return std::exchange(impl_->message->body, {});
}
const ParseRefusal& ResponseParser::refusal() const {
  return impl_->refusal;
}

std::optional<std::uint64_t> ResponseParser::content_length() const {
  const auto length = impl_->message->content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

}  // namespace comfytrace::net
