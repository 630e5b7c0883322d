#include <unistd.h>

#include <fmt/format.h>
#include <filesystem>
#include <memory>

#include "app/commands/command.h"
#include "app/demo_recordings.h"
#include "app/house.h"
#include "base/json.h"
#include "base/uuid.h"

namespace comfytrace::app {
namespace {

// A folder that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder() : path_(std::filesystem::temp_directory_path() / ("comfytrace-demo-" + base::random_uuid())) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

int demo_command(const CommonOptions& common, const DemoOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  const ScratchFolder scratch;
  settings->store = scratch.path() / "history.db";
  settings->workers.clear();

  net::asio::io_context io(1);
  std::vector<std::unique_ptr<replay::ReplayServer>> servers;
  for (DemoServer& demo : demo_servers()) {
    replay::ReplayOptions replaying;
    replaying.speed = options.speed;
    replaying.loop = true;
    replaying.wait_for_client = true;
    replaying.audience = replay::Audience::everyone;
    servers.push_back(std::make_unique<replay::ReplayServer>(io, std::move(demo.recordings), replaying));
    if (auto started = servers.back()->start("127.0.0.1", 0); !started) return report(started.error());
    settings->workers.push_back(
        {fmt::format("http://127.0.0.1:{}", servers.back()->port()), demo.name + " (recorded)"});
  }
  auto house = House::build(io, *settings, {});
  if (!house) return report(house.error());
  if (auto started = (*house)->start(); !started) {
    // Somebody's recorder may be running on the usual port: a demo takes any other.
    if (started.error().code != base::ErrorCode::conflict || common.flags.listen) return report(started.error());
    settings->listen_port = 0;
    house->reset();
    house = House::build(io, *settings, {});
    if (!house) return report(house.error());
    if (auto again = (*house)->start(); !again) return report(again.error());
  }
  if (common.json) {
    print_line(base::to_json(base::json::object{{"url", (*house)->url()}, {"store", settings->store.string()}}));
  } else {
    print_line("comfytrace " COMFYTRACE_VERSION " demo: traffic recorded from real ComfyUI servers, played in a loop");
    print_line("  page     " + (*house)->url());
    print_line(
        "  history  throw-away; pictures are stand-ins, since recordings keep no image bytes. Stop with Ctrl-C.");
  }
  const int code = run_until_signal(io, **house);
  for (auto& server : servers) server->stop();
  return code;
}

}  // namespace comfytrace::app
