#include "replay/recording_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;
using base::Error;
using base::ErrorCode;

constexpr std::size_t kHeadBytes = 64;

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

base::Result<void> RecordingFile::open(const std::filesystem::path& file, bool overwrite) {
  std::error_code ignored;
  if (!overwrite && std::filesystem::exists(file, ignored)) {
    return Error{ErrorCode::conflict, "the file exists already", file.string(), "name another, or allow overwriting"};
  }
  errno = 0;
  out_.open(file, std::ios::binary | std::ios::trunc);
  if (!out_) {
    return Error{ErrorCode::denied, std::string("the file cannot be written: ") + std::strerror(errno), file.string()};
  }
  began_ = std::chrono::steady_clock::now();
  return {};
}

bool RecordingFile::write(json::object line) {
  if (!out_.is_open()) return false;
  const auto since = std::chrono::steady_clock::now() - began_;
  const auto since_us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  json::object timed{{"t", static_cast<double>(since_us) / 1e6}};
  for (auto& [key, value] : line) timed[key] = without_credentials(value);
  const std::string text = base::to_json(timed) + "\n";
  out_ << text << std::flush;
  if (!out_) return false;
  bytes_ += text.size();
  return true;
}

json::value without_credentials(const json::value& value) {
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) out.push_back(without_credentials(item));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  for (const auto& [key, member] : value.get_object()) {
    if (key == "api_key_comfy_org" || key == "auth_token_comfy_org") continue;
    out[key] = without_credentials(member);
  }
  return out;
}

json::object describe_binary(std::string_view frame) {
  json::object out{{"len", frame.size()}};
  if (frame.size() < 4) {
    out["head_hex"] = base::to_hex(frame);
    return out;
  }
  const std::uint32_t type = u32_at(frame, 0);
  // The head of an unknown frame may be part of a picture; of a text frame everything is kept anyway.
  out["head_hex"] = base::to_hex(frame.substr(0, kHeadBytes));
  out["type"] = type;
  if (frame.size() < 8) return out;
  const std::uint32_t second = u32_at(frame, 4);
  const std::string_view rest = frame.substr(8);
  if (type == 1) {
    out["name"] = "PREVIEW_IMAGE";
    out["image_type"] = second == 1 ? "JPEG" : second == 2 ? "PNG" : "unknown";
    out["image_len"] = rest.size();
  } else if (type == 3 && second <= rest.size()) {
    out["name"] = "TEXT";
    out["node_id"] = base::to_valid_utf8(rest.substr(0, second));
    out["text"] = base::to_valid_utf8(rest.substr(second));
  } else if (type == 4 && second <= rest.size()) {
    out["name"] = "PREVIEW_IMAGE_WITH_METADATA";
    if (auto metadata = base::parse_json(rest.substr(0, second))) out["metadata"] = std::move(*metadata);
    out["image_len"] = rest.size() - second;
  }
  return out;
}

}  // namespace comfytrace::replay
