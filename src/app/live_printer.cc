#include "app/live_printer.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/human.h"
#include "base/text.h"

namespace comfytrace::app {
namespace {

std::string text_of(const base::json::value& object, std::string_view key) {
  return base::printable(base::find_string(object, key).value_or(""));
}

std::string clock_of(std::int64_t at_ms) {
  return human_time(at_ms).substr(11);
}

Tone tone_of_outcome(const std::string& outcome) {
  if (outcome == "success") return Tone::good;
  if (outcome == "failed") return Tone::bad;
  if (outcome == "timeout" || outcome == "partial") return Tone::warning;
  return Tone::plain;
}

}  // namespace

void LivePrinter::line(const std::string& text) {
  if (drawn_) std::fputs("\r\x1b[K", stdout);
  drawn_ = false;
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void LivePrinter::finish() {
  if (drawn_) std::fputs("\n", stdout);
  drawn_ = false;
  std::fflush(stdout);
}

void LivePrinter::show_worker(const base::json::value& state) {
  const base::json::value* worker = base::find(state, "worker");
  const base::json::value* connection = base::find(state, "connection");
  if (!worker || !connection) return;
  const std::string id = text_of(*worker, "workerId");
  workers_[id] = text_of(*worker, "name");
  std::string now = text_of(*connection, "state");
  // Streaming and connected alternate with every prompt; the scenes' own lines say that.
  if (now == "streaming") now = "connected";
  if (std::exchange(connections_[id], now) == now) return;
  const std::string why = text_of(*connection, "lastError");
  line(fmt::format("{}  {}  {}", clock_of(base::find_integer(*connection, "sinceMs").value_or(0)), workers_[id],
                   toned(now + (now == "disconnected" && !why.empty() ? ": " + why : ""),
                         now == "disconnected" || now == "stalled" ? Tone::warning : Tone::quiet)));
}

void LivePrinter::show_scene(const base::json::value& scene, std::int64_t now_ms) {
  const std::string prompt = text_of(scene, "promptId");
  const std::string outcome = base::find_string(scene, "outcome").value_or(text_of(scene, "status"));
  if (outcome == "executing") {
    executing_[prompt] = scene;
  } else {
    executing_.erase(prompt);
  }
  if (std::exchange(statuses_[prompt], outcome) == outcome) return;
  const std::string reason = text_of(scene, "exitReason");
  const std::string worker = workers_.contains(text_of(scene, "workerId")) ? workers_[text_of(scene, "workerId")] : "";
  std::string text = fmt::format("{}  {}  {:<9}  {}", clock_of(base::find_integer(scene, "timestamp").value_or(now_ms)),
                                 worker, toned(outcome, tone_of_outcome(outcome)), text_of(scene, "runTitle"));
  if (!reason.empty() && reason != outcome) text += " (" + reason + ")";
  if (const auto elapsed_ms = base::find_integer(scene, "elapsedMs");
      elapsed_ms && outcome != "queued" && outcome != "executing") {
    text += ", took " + human_duration(elapsed_ms);
  }
  line(text + toned("  " + text_of(scene, "runId"), Tone::quiet));
  if (statuses_.size() > 10'000 && outcome != "queued" && outcome != "executing") statuses_.erase(prompt);
}

void LivePrinter::redraw(std::int64_t now_ms) {
  if (!redraw_ || executing_.empty()) return;
  const base::json::value& scene = executing_.begin()->second;
  std::string text = text_of(scene, "runTitle");
  if (const auto started_ms = base::find_integer(scene, "startedAtMs"))
    text += "  " + human_duration(now_ms - *started_ms);
  if (const base::json::value* node = base::find(scene, "node"); node && node->is_object()) {
    text += fmt::format("  node {}/{} {}", base::find_integer(scene, "nodesDone").value_or(0) + 1,
                        base::find_integer(scene, "nodeCount").value_or(0), text_of(*node, "classType"));
    const auto value = base::find_number(*node, "progressValue");
    const auto max = base::find_number(*node, "progressMax");
    if (value && max && *max > 1) text += fmt::format(" {:g}/{:g}", *value, *max);
  }
  if (executing_.size() > 1) text += fmt::format("  and {} more", executing_.size() - 1);
  if (text.size() > terminal_width()) text.resize(terminal_width());
  std::fputs(("\r\x1b[K" + toned(text, Tone::strong)).c_str(), stdout);
  std::fflush(stdout);
  drawn_ = true;
}

void LivePrinter::show(std::string_view frame) {
  auto parsed = base::parse_json(frame);
  if (!parsed) return;
  const std::int64_t now_ms = base::find_integer(*parsed, "serverTimeMs").value_or(0);
  if (const auto* workers = base::find_array(*parsed, "workers")) {
    for (const auto& worker : *workers) show_worker(worker);
  }
  if (const auto* scenes = base::find_array(*parsed, "scenes")) {
    for (const auto& scene : *scenes) show_scene(scene, now_ms);
  }
  if (const auto* updates = base::find_array(*parsed, "updates")) {
    for (const auto& update : *updates) {
      const std::string kind = text_of(update, "kind");
      if (kind == "scene") show_scene(update, now_ms);
      if (const base::json::value* worker = base::find(update, "worker"); kind == "worker" && worker)
        show_worker(*worker);
    }
  }
  redraw(now_ms);
}

}  // namespace comfytrace::app
