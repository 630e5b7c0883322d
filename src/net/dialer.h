#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "net/asio.h"
#include "net/http.h"

namespace comfytrace::net {

// One attempt to connect: resolves the host and tries its addresses in turn. I/O thread only.
class Dialer : public std::enable_shared_from_this<Dialer> {
 public:
  using Done = std::function<void(base::Result<std::shared_ptr<tcp::socket>>)>;

  Dialer(asio::io_context& io, Url server);
  // `done` is called once, later; never after cancel(). Error: unavailable, as a sentence.
  void dial(Done done);
  void cancel();

 private:
  void connect(const tcp::resolver::results_type& endpoints);
  void finish(const error_code& error);

  Url server_;
  tcp::resolver resolver_;
  std::shared_ptr<tcp::socket> socket_;
  Done done_;
};

// "the connection was refused" and the like; for people.
[[nodiscard]] std::string describe(const error_code& error);

}  // namespace comfytrace::net
