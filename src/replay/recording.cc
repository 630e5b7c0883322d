#include "replay/recording.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <ios>
#include <utility>

#include "replay/picture.h"

namespace comfytrace::replay {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxBytes = 256u << 20;
constexpr std::size_t kMaxUnknownFrameBytes = 1u << 20;
constexpr std::uint32_t kPreviewSide = 64;
constexpr double kMaxSeconds = 1e9;
constexpr std::int64_t kMaxEpoch_ms = 1'000'000'000'000'000;

constexpr std::uint32_t kPreview = 1;
constexpr std::uint32_t kText = 3;
constexpr std::uint32_t kPreviewWithMetadata = 4;
constexpr std::uint32_t kFormatPng = 2;

constexpr std::array<std::pair<std::string_view, Direction>, 5> kDirections{{{"note", Direction::note},
                                                                             {"ws>", Direction::websocket_out},
                                                                             {"ws<", Direction::websocket_in},
                                                                             {"http>", Direction::http_out},
                                                                             {"http<", Direction::http_in}}};

Error broken(std::size_t line, std::string_view key, std::string message) {
  std::string field = "line " + std::to_string(line);
  if (!key.empty()) field += ", " + std::string(key);
  return Error{ErrorCode::invalid, std::move(message), std::move(field)};
}

base::Result<RecordedLine> read_line(const base::json::value& value, std::size_t number) {
  RecordedLine line;
  const auto seconds = base::find_number(value, "t");
  if (!seconds || !(*seconds >= 0 && *seconds <= kMaxSeconds)) return broken(number, "t", "expected seconds from 0 on");
  line.offset_us = std::llround(*seconds * 1e6);

  const auto word = base::find_string(value, "dir");
  const auto* direction = std::find_if(kDirections.begin(), kDirections.end(),
                                       [&](const auto& known) { return word && known.first == *word; });
  if (direction == kDirections.end()) return broken(number, "dir", "expected note, ws>, ws<, http> or http<");
  line.direction = direction->second;

  const std::array<std::pair<std::string_view, std::string*>, 4> texts{
      {{"client", &line.client}, {"note", &line.note}, {"method", &line.method}, {"path", &line.path}}};
  for (const auto& [key, member] : texts) {
    const base::json::value* found = base::find(value, key);
    if (!found || found->is_null()) continue;
    if (!found->is_string()) return broken(number, key, "expected a string");
    *member = std::string(found->get_string());
  }
  if (const base::json::value* status = base::find(value, "status"); status && !status->is_null()) {
    const auto code = base::as_integer(*status);
    if (!code || *code < 100 || *code > 999) return broken(number, "status", "expected an HTTP status");
    line.status = static_cast<int>(*code);
  }
  if (const base::json::value* body = base::find(value, "json")) line.json = *body;
  if (const base::json::value* raw = base::find(value, "raw"); raw && !raw->is_null()) {
    if (!raw->is_string()) return broken(number, "raw", "expected a string");
    line.raw = std::string(raw->get_string());
  }
  if (const base::json::value* binary = base::find(value, "binary"); binary && !binary->is_null()) {
    if (!binary->is_object()) return broken(number, "binary", "expected an object");
    line.binary = *binary;
  }
  return line;
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

// Up to the first character that is not hexadecimal.
std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) break;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string preview_picture(const RecordedLine& line) {
  return gradient_png(kPreviewSide, kPreviewSide, static_cast<std::uint32_t>(line.offset_us / 100'000));
}

std::string binary_frame(const RecordedLine& line) {
  const base::json::value& binary = *line.binary;
  std::string head = from_hex(base::find_string(binary, "head_hex").value_or(""));
  const auto length = base::find_integer(binary, "len").value_or(0);
  if (length >= 0 && head.size() == static_cast<std::size_t>(length)) return head;  // recorded whole

  std::string frame;
  const auto type = static_cast<std::uint32_t>(base::find_integer(binary, "type").value_or(0));
  append_u32(frame, type);
  if (type == kText) {
    const std::string node_id = base::find_string(binary, "node_id").value_or("");
    append_u32(frame, static_cast<std::uint32_t>(node_id.size()));
    frame += node_id;
    frame += base::find_string(binary, "text").value_or("");
    return frame;
  }
  if (type == kPreview) {
    append_u32(frame, kFormatPng);
    return frame + preview_picture(line);
  }
  if (type == kPreviewWithMetadata) {
    base::json::object metadata;
    if (const base::json::object* recorded = base::find_object(binary, "metadata")) metadata = *recorded;
    metadata["image_type"] = "image/png";
    const std::string text = base::to_json(metadata);
    append_u32(frame, static_cast<std::uint32_t>(text.size()));
    return frame + text + preview_picture(line);
  }
  frame = head;
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(length, 0));
  frame.resize(std::max(frame.size(), std::min(wanted, kMaxUnknownFrameBytes)), '\0');
  return frame;
}

}  // namespace

base::Result<Recording> parse_recording(std::string_view text, std::string name) {
  if (text.size() > kMaxBytes) return Error{ErrorCode::too_large, "a recording may have 256 MiB", std::move(name)};
  Recording recording;
  recording.name = std::move(name);
  bool headed = false;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const bool unended = end == std::string_view::npos;
    std::string_view row = text.substr(0, end);
    text.remove_prefix(unended ? text.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.find_first_not_of(" \t") == std::string_view::npos) continue;

    auto value = base::parse_json(row);
    if (!value) {
      // Whoever recorded was killed in the middle of a line: what came before it is whole.
      if (unended && headed) break;
      return broken(number, "", value.error().message);
    }
    if (!value->is_object()) return broken(number, "", "expected an object");
    auto line = read_line(*value, number);
    if (!line) return line.error();
    if (!headed) {
      const auto epoch_ms = base::find_integer(*value, "epoch_ms");
      if (!epoch_ms || *epoch_ms < 0 || *epoch_ms > kMaxEpoch_ms)
        return broken(number, "epoch_ms", "expected epoch milliseconds in the first line");
      recording.epoch_ms = *epoch_ms;
      recording.version = base::find_string(*value, "version").value_or("");
      headed = true;
    }
    recording.lines.push_back(std::move(*line));
  }
  if (!headed) return Error{ErrorCode::invalid, "an empty file is not a recording", recording.name};
  std::stable_sort(recording.lines.begin(), recording.lines.end(),
                   [](const RecordedLine& a, const RecordedLine& b) { return a.offset_us < b.offset_us; });
  return recording;
}

base::Result<Recording> read_recording(const std::filesystem::path& file) {
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(file, failure);
  if (failure) return Error{ErrorCode::not_found, "cannot read the recording: " + failure.message(), file.string()};
  if (bytes > kMaxBytes) return Error{ErrorCode::too_large, "a recording may have 256 MiB", file.string()};
  std::ifstream in(file, std::ios::binary);
  std::string text(bytes, '\0');
  if (!in || !in.read(text.data(), static_cast<std::streamsize>(bytes))) {
    return Error{ErrorCode::not_found, "cannot read the recording", file.string()};
  }
  auto recording = parse_recording(text, file.stem().string());
  if (recording) return recording;
  Error error = recording.error();
  error.field = file.string() + (error.field.empty() || error.code == ErrorCode::too_large ? "" : ": " + error.field);
  return error;
}

std::string frame_bytes(const RecordedLine& line) {
  if (line.binary) return binary_frame(line);
  if (line.json) return base::to_json(*line.json);
  return line.raw.value_or("");
}

}  // namespace comfytrace::replay
