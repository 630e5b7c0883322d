#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/connection.h"
#include "net/http_parser.h"

namespace comfytrace::net {

// The server's side of one HTTP/1.1 connection: one request at a time; what a client pipelines waits in the kernel.
// Becomes a ServerWebSocket when a client upgrades. I/O thread only.
class HttpConnection : public Connection, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<ServerCore> core, tcp::socket socket, std::string remote_address);
  void start();
  void check_deadline(std::int64_t now_ms) override;
  void abort() override { close(); }

 private:
  // reading: a request; handling: its handler has not answered; writing: the answer, also while the stream of its body
  // prepares the next part; draining: answered for the last time, until the peer has closed too.
  enum class Phase { reading, handling, writing, draining, closed };

  void wait_readable();
  void on_readable(const error_code& error);
  void process();
  void handle();
  void upgrade(HttpRequest request);
  void refuse(int status, const std::string& message);
  void respond(std::uint64_t serial, HttpResponse response);
  void answer(HttpResponse response);
  void flush();
  void on_flushed();
  void next_part();
  void on_part(base::Result<std::optional<std::string>> part);
  void finish_response();
  void drain();
  void close();
  Respond make_respond();

  std::shared_ptr<ServerCore> core_;
  tcp::socket socket_;
  const std::string remote_address_;
  Phase phase_ = Phase::reading;
  std::int64_t deadline_ms_;
  bool waits_readable_ = false;

  std::string in_;
  RequestParser parser_;
  std::uint64_t serial_ = 0;  // of the request being answered: a late answer to an earlier one is ignored
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  bool head_only_ = false;

  std::string out_;  // head, or a part of a streamed body with its frame
  std::string body_;
  std::shared_ptr<const std::string> shared_body_;
  std::size_t written_ = 0;  // of out_ and body together
  std::shared_ptr<BodyStream> stream_;
  bool chunked_ = false;
  std::optional<std::uint64_t> stream_left_;  // of the promised Content-Length
  bool stream_ended_ = false;
};

}  // namespace comfytrace::net
