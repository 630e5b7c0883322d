#include "api/artifact_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/http.h"

namespace comfytrace::api {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kShown{{
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"webp", "image/webp"},
    {"gif", "image/gif"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"apng", "image/apng"},
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"webm", "video/webm"},
    {"mov", "video/quicktime"},
    {"mkv", "video/x-matroska"},
    {"mp3", "audio/mpeg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"txt", "text/plain; charset=utf-8"},
    {"csv", "text/plain; charset=utf-8"},
    {"md", "text/plain; charset=utf-8"},
    {"json", "application/json"},
}};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A relative path of plain names.
bool stays_inside(std::string_view path) {
  if (path.starts_with('/') || path.find('\\') != std::string_view::npos || has_control(path)) return false;
  if (path.size() >= 2 && path[1] == ':') return false;  // a drive
  while (!path.empty()) {
    const auto end = path.find('/');
    const auto name = path.substr(0, end);
    if (name == ".." || name == ".") return false;
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  }
  return true;
}

}  // namespace

MediaType media_type_of(std::string_view filename) {
  const auto dot = filename.rfind('.');
  if (dot != std::string_view::npos) {
    std::string extension(filename.substr(dot + 1));
    for (char& c : extension) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const auto& [known, type] : kShown) {
      if (known == extension) return MediaType{type, true};
    }
  }
  return MediaType{"application/octet-stream", false};
}

base::Result<std::string> view_target(const model::Artifact& artifact) {
  const bool known_type = artifact.type == "output" || artifact.type == "temp" || artifact.type == "input";
  if (artifact.filename.empty() || artifact.filename.find('/') != std::string::npos || !known_type ||
      !stays_inside(artifact.filename) || !stays_inside(artifact.subfolder)) {
    return base::Error{base::ErrorCode::denied, "the recorded name is not one of a file in the worker's folders"};
  }
  return "/view?filename=" + net::percent_encode(artifact.filename) +
         "&subfolder=" + net::percent_encode(artifact.subfolder) + "&type=" + net::percent_encode(artifact.type);
}

std::string disposition(std::string_view filename, bool may_show) {
  return std::string(may_show ? "inline" : "attachment") + "; filename*=UTF-8''" + net::percent_encode(filename);
}

}  // namespace comfytrace::api
