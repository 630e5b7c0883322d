#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace comfytrace::app {

// Turns what /telemetry tells into lines of a terminal: one a change of status, and on a terminal a last line that
// shows what runs now and is redrawn in place.
class LivePrinter {
 public:
  explicit LivePrinter(bool redraw) : redraw_(redraw) {}
  // One text frame. Prints to standard output.
  void show(std::string_view frame);
  // Ends the redrawn line, if there is one.
  void finish();

 private:
  void show_scene(const base::json::value& scene, std::int64_t now_ms);
  void show_worker(const base::json::value& state);
  void line(const std::string& text);
  void redraw(std::int64_t now_ms);

  const bool redraw_;
  bool drawn_ = false;
  std::map<std::string, std::string> statuses_;         // prompt id -> status last printed
  std::map<std::string, base::json::value> executing_;  // prompt id -> scene
  std::map<std::string, std::string> workers_;          // worker id -> name
  std::map<std::string, std::string> connections_;      // worker id -> state last printed
};

}  // namespace comfytrace::app
