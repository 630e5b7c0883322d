#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "comfyui/body.h"
#include "comfyui/foreign_json.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using base::find;
using model::MediaKind;

constexpr TextBounds kBounds{};

struct Extension {
  std::string_view name;
  MediaKind kind;
};
constexpr std::array kExtensions{
    Extension{"png", MediaKind::image},  Extension{"jpg", MediaKind::image},  Extension{"jpeg", MediaKind::image},
    Extension{"webp", MediaKind::image}, Extension{"gif", MediaKind::image},  Extension{"bmp", MediaKind::image},
    Extension{"tif", MediaKind::image},  Extension{"tiff", MediaKind::image}, Extension{"avif", MediaKind::image},
    Extension{"svg", MediaKind::image},  Extension{"exr", MediaKind::image},  Extension{"apng", MediaKind::image},
    Extension{"mp4", MediaKind::video},  Extension{"webm", MediaKind::video}, Extension{"mov", MediaKind::video},
    Extension{"mkv", MediaKind::video},  Extension{"avi", MediaKind::video},  Extension{"m4v", MediaKind::video},
    Extension{"wav", MediaKind::audio},  Extension{"mp3", MediaKind::audio},  Extension{"flac", MediaKind::audio},
    Extension{"ogg", MediaKind::audio},  Extension{"opus", MediaKind::audio}, Extension{"m4a", MediaKind::audio},
    Extension{"aac", MediaKind::audio},  Extension{"txt", MediaKind::text},   Extension{"md", MediaKind::text},
    Extension{"srt", MediaKind::text},   Extension{"json", MediaKind::text},
};

MediaKind kind_of_key(std::string_view key) {
  if (key == "images") return MediaKind::image;
  if (key == "gifs" || key == "videos" || key == "video") return MediaKind::video;
  if (key == "audio") return MediaKind::audio;
  return MediaKind::other;
}

// The extension decides: videos come under `images` with `animated`, pictures under `gifs`.
MediaKind kind_of(std::string_view key, std::string_view filename) {
  const std::size_t dot = filename.rfind('.');
  if (dot == std::string_view::npos) return kind_of_key(key);
  std::string extension(filename.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [name, kind] : kExtensions) {
    if (name != extension) continue;
    // webm, mp4 and ogg are containers: under `audio` they hold sound.
    return key == "audio" && kind == MediaKind::video ? MediaKind::audio : kind;
  }
  return kind_of_key(key);
}

void add_file(std::string_view key, const json::value& entry, const std::string& node_id,
              std::vector<model::Artifact>& out) {
  auto filename = text_of(find(entry, "filename"), kBounds.max_text_bytes);
  if (!filename || filename->empty()) return;
  model::Artifact artifact;
  artifact.node_id = node_id;
  artifact.kind = kind_of(key, *filename);
  artifact.filename = std::move(*filename);
  artifact.subfolder = text_of(find(entry, "subfolder"), kBounds.max_text_bytes).value_or("");
  artifact.type = text_of(find(entry, "type"), kBounds.max_text_bytes).value_or("output");
  // Some nodes list one file under two keys. Big batches put all under one, so only a look back over few is needed.
  const auto recent = out.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(out.size(), 64));
  const bool twice = std::any_of(recent, out.end(), [&](const model::Artifact& other) {
    return other.filename == artifact.filename && other.subfolder == artifact.subfolder && other.type == artifact.type;
  });
  if (!twice) out.push_back(std::move(artifact));
}

void add_text(const json::value& value, const std::string& node_id, std::vector<model::Artifact>& out) {
  auto text = text_of(&value, kBounds.max_text_bytes);
  if (!text) return;
  model::Artifact artifact;
  artifact.node_id = node_id;
  artifact.kind = MediaKind::text;
  artifact.text = std::move(*text);
  out.push_back(std::move(artifact));
}

}  // namespace

std::vector<model::Artifact> read_artifacts(std::string_view node_id, const json::value& output) {
  std::vector<model::Artifact> artifacts;
  if (!output.is_object()) return artifacts;
  const std::string id = base::bounded_text(base::to_valid_utf8(node_id), kBounds.max_text_bytes);
  const auto add = [&](std::string_view key, const json::value& value) {
    if (artifacts.size() == kBounds.max_items) return;
    if (value.is_object()) {
      add_file(key, value, id, artifacts);
    } else if (key == "text") {
      add_text(value, id, artifacts);
    }
  };
  for (const auto& [key, value] : output.get_object()) {
    if (const json::array* items = value.if_array()) {
      for (const auto& item : *items) add(key, item);
    } else {
      add(key, value);
    }
  }
  return artifacts;
}

}  // namespace comfytrace::comfyui
