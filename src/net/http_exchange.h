#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/client_stream.h"
#include "net/dialer.h"
#include "net/http_client.h"
#include "net/http_parser.h"

namespace comfytrace::net {

// Connections to one server that are open and have nothing to do. I/O thread only.
class IdleConnections {
 public:
  // One that the server has not closed meanwhile, as far as can be seen; or null.
  [[nodiscard]] std::shared_ptr<ClientStream> take();
  void give(std::shared_ptr<ClientStream> stream);
  // Closes them, and all that are given later.
  void close();
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    std::shared_ptr<ClientStream> stream;
    std::int64_t since_ms;
  };
  std::vector<Idle> idle_;
  bool closed_ = false;
};

// One request and its response. I/O thread only.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  // `tls` is needed for https. `on_end` is called once when nothing more will happen, also after cancel().
  HttpExchange(asio::io_context& io, Url server, std::shared_ptr<TlsContext> tls, std::shared_ptr<IdleConnections> idle,
               ClientRequest request, std::function<void(HttpExchange*)> on_end);

  void start(std::function<void(base::Result<ClientResponse>)> done);
  void start_stream(std::function<void(base::Result<StreamedResponse>)> done);
  // The next part of the body of a streamed response.
  void next_part(BodyStream::Part part);
  // Forgets the callbacks of start and start_stream and closes; a part that is waited for gets an error.
  void cancel();
  // The reader of a streamed body has gone: nothing is called any more.
  void abandon();

 private:
  void begin();
  void connect();
  void on_connected(std::shared_ptr<tcp::socket> socket);
  void send();
  void read();
  void on_bytes(const error_code& error, std::size_t bytes);
  void on_progress(ParseState state);
  void on_head();
  void deliver_part();
  void finish_connection();
  void broke(const error_code& error);
  void fail(base::Error error);
  void end();
  void arm_timer();
  [[nodiscard]] base::Error unavailable(const std::string& what) const;
  [[nodiscard]] bool may_repeat() const;
  [[nodiscard]] bool is_stream() const { return stream_ || static_cast<bool>(stream_done_); }

  asio::io_context& io_;
  const Url server_;
  std::shared_ptr<TlsContext> tls_;
  std::shared_ptr<IdleConnections> idle_;
  ClientRequest request_;
  std::function<void(HttpExchange*)> on_end_;
  asio::steady_timer timer_;
  std::shared_ptr<Dialer> dialer_;
  std::shared_ptr<ClientStream> wire_;
  std::optional<ResponseParser> parser_;
  std::string out_;
  std::string in_;
  std::vector<char> buffer_;
  bool reused_ = false;
  bool repeated_ = false;
  bool sent_ = false;      // the whole request is with the kernel
  bool stream_ = false;    // the head of a streamed response has been handed over
  bool complete_ = false;  // the whole response is here
  bool ended_ = false;
  std::optional<base::Error> failure_;  // of a stream, for the next part
  std::function<void(base::Result<ClientResponse>)> done_;
  std::function<void(base::Result<StreamedResponse>)> stream_done_;
  BodyStream::Part part_;
};

// The bytes of a request. Errors: invalid (a character that would break out of its line).
[[nodiscard]] base::Result<std::string> write_request(const Url& server, const ClientRequest& request);

}  // namespace comfytrace::net
