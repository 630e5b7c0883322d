#include "api/artifact_proxy.h"

#include <algorithm>
#include <utility>

#include "api/artifact_rules.h"

namespace comfytrace::api {
namespace {

constexpr std::size_t kClients = 64;
constexpr std::int64_t kPartTimeoutMs = 30'000;

// Keeps the client of a transfer, which would end with it.
class HeldStream : public net::BodyStream {
 public:
  HeldStream(std::shared_ptr<net::HttpClient> client, std::shared_ptr<net::BodyStream> body)
      : client_(std::move(client)), body_(std::move(body)) {}
  void next(Part part) override { body_->next(std::move(part)); }

 private:
  std::shared_ptr<net::HttpClient> client_;
  std::shared_ptr<net::BodyStream> body_;
};

net::ClientRequest view_request(const Call& call, std::string target) {
  net::ClientRequest request;
  request.method = call.request.method;
  request.target = std::move(target);
  request.timeout_ms = kPartTimeoutMs;
  for (const auto* name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since"}) {
    if (const auto value = call.request.headers.get(name)) request.headers.set(name, std::string(*value));
  }
  return request;
}

void add_media_headers(net::Headers& headers, const std::string& filename) {
  const auto media = media_type_of(filename);
  headers.set("Content-Type", std::string(media.content_type));
  headers.set("Content-Disposition", disposition(filename, media.may_show));
  headers.set("Content-Security-Policy", "sandbox; default-src 'none'");
  headers.set("Cache-Control", "private, no-cache");
}

void pass_on(const Call& call, const std::string& filename, net::StreamedResponse answer,
             const std::shared_ptr<net::HttpClient>& client) {
  if (answer.status == 404) {
    call.fail(404, "the worker no longer has this file");
    return;
  }
  if (answer.status != 200 && answer.status != 206 && answer.status != 304 && answer.status != 416) {
    call.fail(502, "the worker answered " + std::to_string(answer.status) + " instead of the file");
    return;
  }
  net::HttpResponse response;
  response.status = answer.status;
  for (const auto* name : {"Content-Range", "Accept-Ranges", "ETag", "Last-Modified"}) {
    if (const auto value = answer.headers.get(name)) response.headers.set(name, std::string(*value));
  }
  add_media_headers(response.headers, filename);
  if (answer.status == 200 || answer.status == 206) {
    response.stream_bytes = answer.body_bytes;
    response.stream = std::make_shared<HeldStream>(client, std::move(answer.body));
  }
  call.reply(std::move(response));
}

}  // namespace

std::shared_ptr<net::HttpClient> ArtifactProxy::client_for(const net::Url& url) {
  auto& client = clients_[url.text()];
  if (!client) client = std::make_shared<net::HttpClient>(io_, url);
  auto wanted = client;
  if (clients_.size() > kClients) {
    std::erase_if(clients_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  return wanted;
}

void ArtifactProxy::fetch(const CallPtr& call, const model::Artifact& artifact, const std::string& worker_url) {
  if (artifact.filename.empty() && artifact.text) {
    net::HttpResponse response;
    response.body = *artifact.text;
    add_media_headers(response.headers, "text.txt");
    call->reply(std::move(response));
    return;
  }
  auto target = view_target(artifact);
  if (!target) {
    call->fail(target.error());
    return;
  }
  const auto url = net::parse_url(worker_url);
  if (worker_url.empty() || !url) {
    call->fail(404, "the worker of this file is not known any more");
    return;
  }
  auto client = client_for(*url);
  client->request_stream(view_request(*call, url->path + *target), [call, filename = artifact.filename, worker_url,
                                                                    weak = std::weak_ptr(client)](
                                                                       base::Result<net::StreamedResponse> answer) {
    const auto still_there = weak.lock();
    if (!answer || !still_there) {
      const std::string why = answer ? "the server is stopping" : answer.error().message;
      call->fail(502, "the worker " + worker_url + " cannot be reached: " + why, "", "start it and try again");
      return;
    }
    pass_on(*call, filename, std::move(*answer), still_there);
  });
}

}  // namespace comfytrace::api
