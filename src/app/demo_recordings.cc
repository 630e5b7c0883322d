#include "app/demo_recordings.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"

#define COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable) \
  extern "C" const char comfytrace_demo_##index##_raw[];         \
  extern "C" const char comfytrace_demo_##index##_raw_end[];
#define COMFYTRACE_ASSET_GZ(index, name, type, etag, immutable) COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable)
#include "demo/assets.inc"
#undef COMFYTRACE_ASSET_RAW

namespace comfytrace::app {

std::vector<DemoServer> demo_servers() {
  std::vector<DemoServer> servers;
  const auto add = [&](std::string_view name, std::string_view bytes) {
    auto recording = replay::parse_recording(bytes, std::string(name.substr(1, name.rfind('.') - 1)));
    CHECK(recording.ok());
    const std::string server = "ComfyUI " + recording->version;
    auto place = std::ranges::find(servers, server, &DemoServer::name);
    if (place == servers.end()) place = servers.insert(servers.end(), DemoServer{server, {}});
    place->recordings.push_back(std::move(*recording));
  };
#define COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable) \
  add(name, {comfytrace_demo_##index##_raw, comfytrace_demo_##index##_raw_end});
#include "demo/assets.inc"
#undef COMFYTRACE_ASSET_RAW
#undef COMFYTRACE_ASSET_GZ
  return servers;
}

}  // namespace comfytrace::app
