#include "net/http_client.h"

#include <unordered_map>
#include <utility>

#include "net/http_exchange.h"

namespace comfytrace::net {

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  Impl(asio::io_context& io_context, Url url, std::shared_ptr<TlsContext> context)
      : io(io_context), server(std::move(url)), tls(std::move(context)) {}

  std::shared_ptr<HttpExchange> make(ClientRequest request) {
    auto exchange = std::make_shared<HttpExchange>(io, server, tls, idle, std::move(request),
                                                   [self = weak_from_this()](HttpExchange* ended) {
                                                     if (const auto impl = self.lock()) impl->running.erase(ended);
                                                   });
    running.emplace(exchange.get(), exchange);
    return exchange;
  }
  void cancel_all() {
    const auto all = std::exchange(running, {});
    for (const auto& [key, weak] : all) {
      if (const auto exchange = weak.lock()) exchange->cancel();
    }
    idle->clear();
  }

  asio::io_context& io;
  Url server;
  std::shared_ptr<TlsContext> tls;
  std::shared_ptr<IdleConnections> idle = std::make_shared<IdleConnections>();
  std::unordered_map<HttpExchange*, std::weak_ptr<HttpExchange>> running;
};

HttpClient::HttpClient(asio::io_context& io, Url server, std::shared_ptr<TlsContext> tls)
    : impl_(std::make_shared<Impl>(io, std::move(server), std::move(tls))) {}

HttpClient::~HttpClient() {
  impl_->cancel_all();
  impl_->idle->close();
}

void HttpClient::request(ClientRequest request, std::function<void(base::Result<ClientResponse>)> done) {
  impl_->make(std::move(request))->start(std::move(done));
}

void HttpClient::request_stream(ClientRequest request, std::function<void(base::Result<StreamedResponse>)> done) {
  impl_->make(std::move(request))->start_stream(std::move(done));
}

void HttpClient::cancel_all() {
  impl_->cancel_all();
}

}  // namespace comfytrace::net
