#pragma once

#include <array>
#include <boost/asio/error.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "net/asio.h"
#include "net/http_server.h"

namespace comfytrace::net {

// The kernel has nothing to give or takes nothing more for now.
[[nodiscard]] inline bool is_would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

// One accepted socket, whatever it speaks. I/O thread only.
class Connection {
 public:
  virtual ~Connection() = default;
  // Called by the sweeper; `now_ms` is steady time.
  virtual void check_deadline(std::int64_t now_ms) = 0;
  // Ends it at once; the handlers that wait for its end are called before this returns.
  virtual void abort() = 0;
};

// What the connections of one server share. I/O thread only.
struct ServerCore {
  ServerCore(asio::io_context& io_context, ServerHandlers server_handlers, ServerLimits server_limits)
      : io(io_context), handlers(std::move(server_handlers)), limits(server_limits) {}

  asio::io_context& io;
  ServerHandlers handlers;
  ServerLimits limits;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
  // Every socket is read into this when it has something: an idle connection holds no buffer.
  std::array<char, 64u << 10> scratch;

  void add(std::shared_ptr<Connection> connection) {
    Connection* const key = connection.get();
    connections.emplace(key, std::move(connection));
  }
  void remove(Connection* connection) { connections.erase(connection); }
};

}  // namespace comfytrace::net
