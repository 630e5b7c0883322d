#include "app/owning_server.h"

#include "app/token.h"
#include "history/sqlite/owner_lock.h"

namespace comfytrace::app {

base::Result<std::optional<ServerClient>> owning_server(const Settings& settings) {
  const auto owner = history::OwnerLock::holder(settings.store);
  if (!owner) return std::optional<ServerClient>();
  if (owner->url.empty()) {
    return base::Error{base::ErrorCode::conflict,
                       settings.store.string() + " is in use by comfytrace (pid " + std::to_string(owner->pid) +
                           "), which serves no interface",
                       "", "try again when that has ended"};
  }
  auto url = net::parse_url(owner->url, 8199);
  if (!url) return url.error();
  auto token = read_token(settings.token_file);
  if (!token) return token.error();
  return std::optional(ServerClient(*url, *token));
}

}  // namespace comfytrace::app
