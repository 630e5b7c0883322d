#include "net/dialer.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <utility>

namespace comfytrace::net {

std::string describe(const error_code& error) {
  if (error == asio::error::connection_refused) return "the connection was refused";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) return "the connection was reset";
  if (error == asio::error::eof) return "the server closed the connection";
  if (error == asio::error::timed_out) return "the connection timed out";
  if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again ||
      error == asio::error::no_data) {
    return "the host name is not known";
  }
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable) {
    return "the host cannot be reached";
  }
  return error.message();
}

Dialer::Dialer(asio::io_context& io, Url server)
    : server_(std::move(server)), resolver_(io), socket_(std::make_shared<tcp::socket>(io)) {}

void Dialer::dial(Done done) {
  done_ = std::move(done);
  error_code not_numeric;
  const auto address = asio::ip::make_address(server_.host, not_numeric);
  if (!not_numeric) {
    return connect(tcp::resolver::results_type::create(tcp::endpoint(address, server_.port), server_.host, ""));
  }
  resolver_.async_resolve(server_.host, std::to_string(server_.port), tcp::resolver::numeric_service,
                          [self = shared_from_this()](const error_code& error, const auto& endpoints) {
                            if (!self->done_) return;
                            if (error) return self->finish(error);
                            self->connect(endpoints);
                          });
}

void Dialer::connect(const tcp::resolver::results_type& endpoints) {
  asio::async_connect(*socket_, endpoints, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
    self->finish(error);
  });
}

void Dialer::cancel() {
  done_ = nullptr;
  resolver_.cancel();
  error_code ignored;
  if (socket_) socket_->close(ignored);
}

void Dialer::finish(const error_code& error) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  if (error) {
    done(base::Error{base::ErrorCode::unavailable,
                     "Could not connect to " + server_.authority() + ": " + describe(error)});
    return;
  }
  error_code ignored;
  socket_->set_option(tcp::no_delay(true), ignored);
  done(std::exchange(socket_, nullptr));
}

}  // namespace comfytrace::net
