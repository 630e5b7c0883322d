#include "app/commands/command.h"
#include "app/human.h"
#include "app/live_printer.h"
#include "app/server_client.h"
#include "app/token.h"

namespace comfytrace::app {

int watch_command(const CommonOptions& common, const WatchOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto url = net::parse_url(options.server.empty() ? settings->own_url() : options.server, 8199);
  if (!url) return report({base::ErrorCode::invalid, url.error().message, "--server", url.error().mend});
  auto token = read_token(settings->token_file);
  if (!token) return report(token.error());
  const ServerClient client(*url, *token);
  if (auto health = client.call("GET", "/api/v1/health"); !health) {
    return report({health.error().code, "no comfytrace answers at " + url->text() + ": " + health.error().message,
                   "--server", "start one with `comfytrace serve`"});
  }
  LivePrinter printer(is_terminal());
  bool told = false;
  client.follow(
      "",
      [&](std::string_view frame) {
        told = false;
        if (common.json) {
          print_line(std::string(frame));
        } else {
          printer.show(frame);
        }
        return true;
      },
      [&](const base::Error& error) {
        if (!told) std::fprintf(stderr, "comfytrace: %s; connecting again\n", error.message.c_str());
        told = true;
        return true;
      });
  printer.finish();
  return kDone;
}

}  // namespace comfytrace::app
