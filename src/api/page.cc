#include "api/page.h"

#include <algorithm>
#include <string>

#include "api/call.h"
#include "api/gzip.h"

namespace comfytrace::api {
namespace {

// Styles may be inline: React and the charts set them on elements. Script may not.
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

// A missing file answers 404 instead of the page, which would be taken for the file.
bool looks_like_file(std::string_view path) {
  if (path.starts_with("/assets/")) return true;
  constexpr std::string_view kEndings[] = {".js",  ".css",         ".map",   ".png", ".svg",
                                           ".ico", ".webmanifest", ".woff2", ".txt"};
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](auto ending) { return path.ends_with(ending); });
}

}  // namespace

const Asset* Page::find(std::string_view path) const {
  if (const auto asset = assets_.find(path); asset != assets_.end()) return &asset->second;
  if (looks_like_file(path)) return nullptr;
  const auto index = assets_.find("/index.html");
  return index == assets_.end() ? nullptr : &index->second;
}

net::HttpResponse Page::answer(const net::HttpRequest& request) const {
  const Asset* asset = find(request.path);
  if (!asset) return problem(404, "the page has no such file");
  net::HttpResponse response;
  response.headers.set("ETag", asset->etag);
  response.headers.set("Vary", "Accept-Encoding");
  response.headers.set("Cache-Control", asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("Content-Security-Policy", std::string(kPolicy));
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  if (matches_etag(request.headers.get("If-None-Match").value_or(""), asset->etag)) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", asset->content_type);
  response.shared_body = asset->bytes;
  if (asset->gzip && accepts_gzip(request.headers.get("Accept-Encoding").value_or(""))) {
    response.headers.set("Content-Encoding", "gzip");
    response.shared_body = asset->gzip;
  }
  return response;
}

}  // namespace comfytrace::api
