#pragma once

#include <string>
#include <vector>

#include "replay/recording.h"

namespace comfytrace::app {

// The recordings of real servers that were built into this binary, grouped by the server's version.
struct DemoServer {
  std::string name;  // "ComfyUI 0.8.0"
  std::vector<replay::Recording> recordings;
};
[[nodiscard]] std::vector<DemoServer> demo_servers();

}  // namespace comfytrace::app
