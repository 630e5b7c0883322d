#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/buffer.hpp>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace comfytrace::net {

// Whom an https client believes. One may be shared by many clients. I/O thread only.
class TlsContext {
 public:
  // `ca_file` (PEM) instead of the system's certificate authorities; empty: the system's. Reads files: not to be made
  // while something waits. Error: invalid, the file cannot be read.
  [[nodiscard]] static base::Result<std::shared_ptr<TlsContext>> make(const std::string& ca_file = {});
  virtual ~TlsContext() = default;
};

// One connection to a server, plain or inside TLS. I/O thread only. Whoever starts an operation keeps the stream alive
// until its handler has been called.
class ClientStream {
 public:
  using Handler = std::function<void(const error_code&, std::size_t)>;
  virtual ~ClientStream() = default;
  virtual void read_some(asio::mutable_buffer into, Handler handler) = 0;
  virtual void write_all(asio::const_buffer bytes, Handler handler) = 0;
  // The connection below, for peeking and closing.
  [[nodiscard]] virtual tcp::socket& socket() = 0;
  // Handlers that wait are called with an error.
  void close() {
    error_code ignored;
    socket().close(ignored);
  }
};

[[nodiscard]] std::shared_ptr<ClientStream> plain_stream(std::shared_ptr<tcp::socket> socket);

// Takes the TLS handshake and checks that the server is the one its certificate names. `done` is called once, later;
// error unavailable, as a sentence, which says what is wrong with the certificate. The returned stream is what `done`
// stands for: close it to give up.
[[nodiscard]] std::shared_ptr<ClientStream> start_tls(std::shared_ptr<tcp::socket> socket, const Url& server,
                                                      const std::shared_ptr<TlsContext>& context,
                                                      std::function<void(base::Result<void>)> done);

}  // namespace comfytrace::net
