#include "alert/webhook_sink.h"

#include <algorithm>
#include <charconv>

namespace comfytrace::alert {
namespace {

constexpr std::size_t kAnswerBytes = 64u << 10;
constexpr std::int64_t kLongestWait_ms = 10 * 60'000;

// Seconds; the other form, a date, is not worth a parser.
std::optional<std::int64_t> retry_after_ms(const net::Headers& headers) {
  const auto text = headers.get("Retry-After").value_or("");
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || problem != std::errc() || seconds < 0) return std::nullopt;
  return std::min(kLongestWait_ms, std::min<std::int64_t>(seconds, 86'400) * 1'000);
}

}  // namespace

WebhookSink::WebhookSink(net::asio::io_context& io, WebhookSetting setting, std::shared_ptr<net::TlsContext> tls)
    : setting_(std::move(setting)),
      target_(setting_.address.target),
      client_(io, setting_.address.server, std::move(tls)) {
  if (setting_.format != WebhookFormat::ntfy || setting_.body) return;
  // ntfy takes JSON at its root; people know the address of their topic.
  std::string path = target_.substr(0, target_.find('?'));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const auto slash = path.rfind('/');
  topic_ = net::percent_decode(path.substr(slash + 1), false).value_or(path.substr(slash + 1));
  target_ = path.substr(0, slash + 1);
}

void WebhookSink::send(const Notice& notice, Done done) {
  net::ClientRequest request;
  request.method = "POST";
  request.target = target_;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("User-Agent", "comfytrace/" COMFYTRACE_VERSION);
  for (const auto& [name, value] : setting_.headers) request.headers.set(name, value);
  request.body = setting_.body ? setting_.body->render(notice) : webhook_body(setting_.format, notice, topic_);
  request.timeout_ms = setting_.timeout_ms;
  request.max_body_bytes = kAnswerBytes;
  client_.request(std::move(request), [this, done = std::move(done)](const base::Result<net::ClientResponse>& answer) {
    done(judge(answer));
  });
}

Delivery WebhookSink::judge(const base::Result<net::ClientResponse>& answer) const {
  Delivery delivery;
  if (!answer) {
    base::Error error = answer.error();
    error.message = setting_.address.without_secrets(std::move(error.message));
    error.field.clear();
    delivery.worth_retrying = error.code == base::ErrorCode::unavailable;
    delivery.error = std::move(error);
    return delivery;
  }
  const int status = answer->status;
  if (status >= 200 && status < 300) return delivery;
  // What it says beside may repeat the address.
  base::Error error{base::ErrorCode::unavailable, setting_.address.server.authority() + " answered " +
                                                      std::to_string(status) + " " +
                                                      std::string(net::reason_phrase(status))};
  if (status >= 300 && status < 400) error.mend = "name the address that it really has";
  if (status == 400 || status == 422) error.mend = "correct `format` or `template` in the settings";
  if (status == 401 || status == 403 || status == 404 || status == 410) {
    error.mend = "correct the address or its headers in the settings";
  }
  delivery.error = std::move(error);
  delivery.worth_retrying = status == 408 || status == 425 || status == 429 || status >= 500;
  if (delivery.worth_retrying) delivery.not_before_ms = retry_after_ms(answer->headers);
  return delivery;
}

}  // namespace comfytrace::alert
