#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace comfytrace::replay {

// A recording being written, line by line; each is flushed. One thread.
class RecordingFile {
 public:
  // Errors: conflict (exists), denied (cannot be made).
  [[nodiscard]] base::Result<void> open(const std::filesystem::path& file, bool overwrite);
  // Adds "t" in front and leaves credentials out, however deep. False: it could not be written.
  [[nodiscard]] bool write(base::json::object line);
  void close() { out_.close(); }
  [[nodiscard]] bool is_open() const { return out_.is_open(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::ofstream out_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t bytes_ = 0;
};

// `value` without api_key_comfy_org and auth_token_comfy_org, wherever they stand.
[[nodiscard]] base::json::value without_credentials(const base::json::value& value);

// What a recording keeps of a binary frame: everything but the bytes of the picture.
[[nodiscard]] base::json::object describe_binary(std::string_view frame);

}  // namespace comfytrace::replay
