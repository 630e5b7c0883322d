#pragma once

#include <optional>

#include "app/server_client.h"
#include "app/settings.h"
#include "base/result.h"

namespace comfytrace::app {

// The comfytrace that has the history's file in its possession now, if one does: changes go through it. Errors:
// conflict (it serves nothing that could be asked), those of the token's file.
[[nodiscard]] base::Result<std::optional<ServerClient>> owning_server(const Settings& settings);

}  // namespace comfytrace::app
