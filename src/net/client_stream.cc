#include "net/client_stream.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/check.h"
#include "net/dialer.h"

namespace comfytrace::net {
namespace {

namespace ssl = asio::ssl;

class PlainStream final : public ClientStream {
 public:
  explicit PlainStream(std::shared_ptr<tcp::socket> socket) : socket_(std::move(socket)) {}
  void read_some(asio::mutable_buffer into, Handler handler) override {
    socket_->async_read_some(into, std::move(handler));
  }
  void write_all(asio::const_buffer bytes, Handler handler) override {
    asio::async_write(*socket_, bytes, std::move(handler));
  }
  tcp::socket& socket() override { return *socket_; }

 private:
  std::shared_ptr<tcp::socket> socket_;
};

class SslContext final : public TlsContext {
 public:
  SslContext() : context(ssl::context::tls_client) {}
  ssl::context context;
};

class TlsStream final : public ClientStream {
 public:
  TlsStream(tcp::socket socket, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), stream_(std::move(socket), static_cast<SslContext&>(*context_).context) {}
  void read_some(asio::mutable_buffer into, Handler handler) override {
    stream_.async_read_some(into, std::move(handler));
  }
  void write_all(asio::const_buffer bytes, Handler handler) override {
    asio::async_write(stream_, bytes, std::move(handler));
  }
  tcp::socket& socket() override { return stream_.next_layer(); }
  ssl::stream<tcp::socket>& tls() { return stream_; }

 private:
  std::shared_ptr<TlsContext> context_;
  ssl::stream<tcp::socket> stream_;
};

// The name that the certificate must have, and that the server is asked under.
bool expect_host(SSL* session, const std::string& host) {
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (!not_numeric) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(session, host.c_str()) == 1 && SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

base::Error handshake_error(SSL* session, const Url& server, const error_code& error) {
  const long verdict = SSL_get_verify_result(session);
  if (verdict != X509_V_OK) {
    return {
        base::ErrorCode::unavailable,
        "The certificate of " + server.authority() + " is not to be trusted: " + X509_verify_cert_error_string(verdict),
        "", "correct the address, or name the authority that signed it in a file"};
  }
  return {base::ErrorCode::unavailable, "TLS with " + server.authority() + " failed: " + describe(error)};
}

}  // namespace

base::Result<std::shared_ptr<TlsContext>> TlsContext::make(const std::string& ca_file) {
  auto made = std::make_shared<SslContext>();
  error_code failure;
  made->context.set_verify_mode(ssl::verify_peer, failure);
  if (!failure) {
    ca_file.empty() ? made->context.set_default_verify_paths(failure)
                    : made->context.load_verify_file(ca_file, failure);
  }
  if (failure || SSL_CTX_set_min_proto_version(made->context.native_handle(), TLS1_2_VERSION) != 1) {
    return base::Error{
        base::ErrorCode::invalid,
        (ca_file.empty() ? "the system's certificate authorities" : ca_file) + " cannot be read: " + failure.message(),
        "", "name a PEM file with the certificate of the authority"};
  }
  return std::shared_ptr<TlsContext>(std::move(made));
}

std::shared_ptr<ClientStream> plain_stream(std::shared_ptr<tcp::socket> socket) {
  return std::make_shared<PlainStream>(std::move(socket));
}

std::shared_ptr<ClientStream> start_tls(std::shared_ptr<tcp::socket> socket, const Url& server,
                                        const std::shared_ptr<TlsContext>& context,
                                        std::function<void(base::Result<void>)> done) {
  CHECK(context != nullptr);
  auto stream = std::make_shared<TlsStream>(std::move(*socket), context);
  if (!expect_host(stream->tls().native_handle(), server.host)) {
    asio::post(stream->socket().get_executor(), [done = std::move(done), host = server.host] {
      done(base::Error{base::ErrorCode::unavailable, "TLS cannot be begun with " + host});
    });
    return stream;
  }
  stream->tls().async_handshake(ssl::stream_base::client,
                                [stream, server, done = std::move(done)](const error_code& error) {
                                  if (!error) return done({});
                                  done(handshake_error(stream->tls().native_handle(), server, error));
                                });
  return stream;
}

}  // namespace comfytrace::net
