#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replay/replay_server.h"
#include "replay/server_model.h"
#include "replay/server_state.h"
#include "replay/stage.h"

namespace comfytrace::replay {

// What the parts of a replayed server share. I/O thread only.
struct Core {
  asio::io_context& io;
  ReplayOptions options;
  std::vector<ServerModel> models;
  ServerState state;
  Stage stage;
  ReplayServer::Counts counts;
  base::json::value features;
  base::json::value system_stats;
  std::size_t model = 0;      // the one that is played
  bool diverged = false;      // clients have changed what happens: recorded queue counts no longer hold
  std::string running_node;   // display id of the last node that began
  std::string running_owner;  // client id of the prompt that runs; empty: none

  Core(asio::io_context& context, ReplayOptions replay, std::vector<ServerModel> served, Stage::Troubles troubles)
      : io(context), options(replay), models(std::move(served)), stage(options.faults, std::move(troubles)) {}

  void publish(const std::string& payload, bool binary, const Stage::Chooser& to) {
    ++counts.frames;
    stage.publish(payload, binary, to);
  }
  void publish_status() {
    publish(R"({"type":"status","data":{"status":)" + state.prompt_body() + "}}", false,
            [](const Listener& listener) { return listener.path == "/ws"; });
  }
  // `recorded_us` at the speed of the replay; 0 for as fast as possible.
  [[nodiscard]] std::int64_t scaled_us(std::int64_t recorded_us) const {
    return options.speed > 0 ? static_cast<std::int64_t>(static_cast<double>(recorded_us) / options.speed) : 0;
  }
};

}  // namespace comfytrace::replay
