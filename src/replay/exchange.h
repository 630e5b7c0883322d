#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/recording.h"

namespace comfytrace::replay {

// One recorded HTTP request with its answer.
struct Exchange {
  std::int64_t asked_us = 0;
  std::int64_t answered_us = 0;
  std::string method;
  std::string path;   // without query and without the /api prefix
  std::string query;  // without '?'
  int status = 0;
  const base::json::value* sent = nullptr;    // JSON body, or nullptr; into the recording
  const base::json::value* answer = nullptr;  // same
};

// All answered requests of a recording, by time of the answer. Those that failed (nobody there) are left out.
[[nodiscard]] std::vector<Exchange> read_exchanges(const Recording& recording);

// "/api/queue" -> "/queue"; anything else as it is.
[[nodiscard]] std::string_view without_api_prefix(std::string_view path);

// The id of the prompt that a frame says it is about; empty if it does not say.
[[nodiscard]] std::string frame_prompt_id(const RecordedLine& line);
// The "type" of a text frame; empty for others.
[[nodiscard]] std::string_view frame_type(const RecordedLine& line);
// The binary type (1 preview, 3 text, 4 preview with metadata); 0 for others.
[[nodiscard]] std::int64_t binary_type(const RecordedLine& line);

}  // namespace comfytrace::replay
