#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/dispatcher.h"
#include "history/run_history.h"

namespace comfytrace::api {

// What the server asks about alerts; all on the I/O thread. Unset as a whole where there are none.
struct AlertServices {
  // As they are now; the history may not have them yet. Oldest first.
  std::function<std::vector<history::Alert>()> open;
  // The alert as it then is; nullopt: no such alert is open.
  std::function<std::optional<history::Alert>(std::string_view id)> acknowledge;
  std::function<std::string()> rules;  // JSON
  std::function<std::vector<alert::SinkState>()> sinks;
  // Sends a test to every sink. `done` is called once, later.
  std::function<void(std::function<void(std::vector<alert::SinkOutcome>)>)> test;
};

}  // namespace comfytrace::api
