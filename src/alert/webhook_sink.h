#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alert/sink.h"
#include "alert/webhook_address.h"
#include "alert/webhook_body.h"
#include "alert/webhook_template.h"
#include "net/asio.h"
#include "net/client_stream.h"
#include "net/http_client.h"

namespace comfytrace::alert {

struct WebhookSetting {
  WebhookAddress address;
  WebhookFormat format = WebhookFormat::json;
  std::optional<WebhookTemplate> body;                       // instead of the format's
  std::vector<std::pair<std::string, std::string>> headers;  // may be secret
  std::string ca_file;                                       // instead of the system's authorities
  std::int64_t timeout_ms = 10'000;
};

// Posts notices. Redirects are not followed: an address that a person did not write is not posted to.
class WebhookSink final : public Sink {
 public:
  // `tls` is needed for https.
  WebhookSink(net::asio::io_context& io, WebhookSetting setting, std::shared_ptr<net::TlsContext> tls);
  void send(const Notice& notice, Done done) override;
  void cancel() override { client_.cancel_all(); }

 private:
  [[nodiscard]] Delivery judge(const base::Result<net::ClientResponse>& answer) const;

  const WebhookSetting setting_;
  std::string target_;  // of the request
  std::string topic_;   // ntfy's
  net::HttpClient client_;
};

}  // namespace comfytrace::alert
