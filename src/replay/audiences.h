#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/recorded_prompts.h"
#include "replay/recording.h"
#include "replay/server_model.h"

namespace comfytrace::replay {

// One recorded WebSocket client: all sockets that a label opened, one after another.
struct Socket {
  std::string label;
  std::string path;               // without query and /api: "/ws"
  std::string client_id;          // empty: connected without
  std::int64_t connected_us = 0;  // the first time
  std::size_t frames = 0;
  std::size_t owned = 0;  // prompts submitted under its client id
};

// Which steps of a recording's frames go to whom. Frames that a server sends to one socket because it has just
// connected (status with sid, the running node, feature flags) are no steps: whoever replays makes them itself.
[[nodiscard]] std::vector<Step> frame_steps(const Recording& recording, const std::vector<RecordedPrompt>& prompts);
[[nodiscard]] std::map<std::string, Socket> find_sockets(const Recording& recording,
                                                         const std::vector<RecordedPrompt>& prompts);

}  // namespace comfytrace::replay
