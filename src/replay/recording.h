#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// Recorded traffic of a ComfyUI server: one JSON object a line (docs/formats/recording.md).
namespace comfytrace::replay {

enum class Direction { note, websocket_out, websocket_in, http_out, http_in };  // note, ws>, ws<, http>, http<

struct RecordedLine {
  std::int64_t offset_us = 0;  // since the recording began
  Direction direction = Direction::note;
  std::string client;  // whose connection: "A" owns prompts, "B" and "O" only watch, …; empty for notes
  std::string note;    // also what became of a socket ("connect", "closed …")
  std::string method;
  std::string path;  // with query
  std::optional<int> status;
  std::optional<base::json::value> json;    // a text frame or a JSON body
  std::optional<std::string> raw;           // a body that is not JSON
  std::optional<base::json::value> binary;  // {len, head_hex, type, …}: image bytes are not recorded
};

struct Recording {
  std::string name;           // the file's, without ending
  std::string version;        // ComfyUI's
  std::int64_t epoch_ms = 0;  // wall clock at offset 0
  std::vector<RecordedLine> lines;
};

// Errors: not_found, invalid (naming the line and the key), too_large (over 256 MiB).
[[nodiscard]] base::Result<Recording> read_recording(const std::filesystem::path& file);
[[nodiscard]] base::Result<Recording> parse_recording(std::string_view text, std::string name);

// A frame's bytes as they went over the wire: text frames re-serialised; binary frames rebuilt from their head, with a
// small generated picture of the recorded format where the image bytes were not recorded.
[[nodiscard]] std::string frame_bytes(const RecordedLine& line);

}  // namespace comfytrace::replay
