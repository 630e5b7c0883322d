#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/call.h"
#include "model/run.h"
#include "net/asio.h"
#include "net/http_client.h"

namespace comfytrace::api {

// Fetches recorded files from their workers and hands them on as they come, no faster than they are read.
// I/O thread only.
class ArtifactProxy {
 public:
  explicit ArtifactProxy(net::asio::io_context& io) : io_(io) {}

  // Answers `call` with the file. `worker_url` empty: nobody knows the worker any more.
  void fetch(const CallPtr& call, const model::Artifact& artifact, const std::string& worker_url);

 private:
  [[nodiscard]] std::shared_ptr<net::HttpClient> client_for(const net::Url& url);

  net::asio::io_context& io_;
  std::map<std::string, std::shared_ptr<net::HttpClient>> clients_;  // by worker URL
};

}  // namespace comfytrace::api
