#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "net/asio.h"

namespace comfytrace::net {

// A certificate authority that lives as long as a test.
class ThrowAwayAuthority {
 public:
  struct Identity {
    std::string certificate;  // PEM
    std::string key;          // PEM
  };

  ThrowAwayAuthority() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    fill(certificate_.get(), key_.get(), "throw-away authority", 3'600);
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    add(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    CHECK(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  }
  [[nodiscard]] std::string certificate() const { return pem(certificate_.get()); }

  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Ends `valid_s` from now.
  [[nodiscard]] Identity issue(const std::string& names, long valid_s = 3'600) const {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), X509_free);
    fill(made.get(), key.get(), "a server", valid_s);
    X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
    add(made.get(), NID_subject_alt_name, names);
    CHECK(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {pem(made.get()), text_of(out.get())};
  }

 private:
  static void fill(X509* certificate, EVP_PKEY* key, const char* name, long valid_s) {
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), valid_s + 10'000);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7'200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  }
  static void add(X509* certificate, int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }
  static std::string pem(X509* certificate) {
    const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(out.get(), certificate);
    return text_of(out.get());
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

// A TLS server on the loop of a test that answers each request with the same bytes.
class TlsTestServer {
 public:
  TlsTestServer(asio::io_context& io, const ThrowAwayAuthority::Identity& identity, std::string answer)
      : context_(asio::ssl::context::tls_server),
        acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)) {
    context_.use_certificate_chain(asio::buffer(identity.certificate));
    context_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string received;
  int accepted = 0;

 private:
  using Stream = asio::ssl::stream<tcp::socket>;
  void accept() {
    acceptor_.async_accept([this](const error_code& failure, tcp::socket socket) {
      if (failure) return;
      ++accepted;
      auto stream = std::make_shared<Stream>(std::move(socket), context_);
      stream->async_handshake(asio::ssl::stream_base::server, [this, stream](const error_code& refused) {
        if (!refused) read(stream);
      });
      accept();
    });
  }
  void read(const std::shared_ptr<Stream>& stream) {
    stream->async_read_some(asio::buffer(buffer_), [this, stream](const error_code& failure, std::size_t got) {
      if (failure) return;
      received.append(buffer_, got);
      asio::async_write(*stream, asio::buffer(answer_), [this, stream](const error_code& broken, std::size_t) {
        if (!broken) read(stream);
      });
    });
  }

  asio::ssl::context context_;
  tcp::acceptor acceptor_;
  std::string answer_;
  char buffer_[16 << 10];
};

}  // namespace comfytrace::net
