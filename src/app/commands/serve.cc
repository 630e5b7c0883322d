#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include "app/commands/command.h"
#include "app/house.h"
#include "app/token.h"
#include "base/json.h"

namespace comfytrace::app {

int serve_command(const CommonOptions& common) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  HouseOptions options;
  if (!settings->listens_on_loopback()) {
    auto token = read_token(settings->token_file);
    if (!token) return report(token.error());
    if (token->empty()) {
      return report({base::ErrorCode::denied,
                     "listening on " + settings->listen_host + " lets other machines in, which needs a token",
                     "--listen", "make one with `comfytrace token`, or listen on 127.0.0.1"});
    }
    options.token = *token;
  }
  net::asio::io_context io(1);
  auto house = House::build(io, *settings, options);
  if (!house) return report(house.error());
  if (auto started = (*house)->start(); !started) return report(started.error());

  std::string workers;
  for (const WorkerSetting& worker : settings->workers) workers += (workers.empty() ? "" : ", ") + worker.url;
  if (common.json) {
    std::string line = "{\"url\":";
    base::write_json_string(line, (*house)->url());
    line += ",\"store\":";
    base::write_json_string(line, settings->store.string());
    print_line(line + "}");
  } else {
    print_line("comfytrace " COMFYTRACE_VERSION " records " + workers);
    print_line("  page     " + (*house)->url() + (options.token.empty() ? "" : "/?token=" + options.token));
    print_line("  history  " + settings->store.string());
    print_line("  Nothing leaves your machine. Stop with Ctrl-C.");
  }
  return run_until_signal(io, **house);
}

}  // namespace comfytrace::app
