#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "replay/server_model.h"

namespace comfytrace::replay {

// One frame of a prompt that is executed live.
struct PerformedFrame {
  std::int64_t after_us = 0;  // since the worker took the prompt, at recorded speed
  std::string type;           // of a text frame; empty for a binary one
  base::json::value data;     // of a text frame; its timestamp is set when it is sent
  std::string binary;
  // To sockets of others too: always (texts), or where nobody owns the prompt (progress, previews, interruptions).
  bool always_to_all = false;
  bool to_all_if_unowned = false;
};

// The frames from execution_start to the one that ends the prompt (success, error or interruption), without status.
struct Performance {
  std::vector<PerformedFrame> frames;
  std::string after;  // the id of the recorded prompt that was followed; empty: made up
};

// How `graph` would run, judged by what is recorded: the prompt with the most similar class types is followed, its
// nodes renamed to those of the same class. If there is none, every node takes a moment and outputs give one picture.
[[nodiscard]] Performance rehearse(const std::vector<ServerModel>& repertoire, const base::json::value& graph,
                                   const std::string& prompt_id);

}  // namespace comfytrace::replay
