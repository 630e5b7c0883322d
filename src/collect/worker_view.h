#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "comfyui/body.h"
#include "comfyui/telemetry_frame.h"
#include "model/worker.h"
#include "net/http.h"

namespace comfytrace::collect {

// A worker as of now, and the judgement whether what runs on it is heard of. Tells its owner whatever changed.
class WorkerView {
 public:
  WorkerView(const base::Clock& clock, model::Worker worker, std::int64_t news_limit_ms,
             std::function<void(const model::WorkerState&)> changed);

  [[nodiscard]] const model::WorkerState& state() const { return state_; }

  void connected();
  void disconnected(std::string why, std::int64_t failures, std::int64_t wait_ms);
  void trying_again();  // because somebody asked for it
  // Returns whether what the worker is made of is new.
  bool take_stats(model::Worker worker);
  void take_queue(const comfyui::QueueSnapshot& queue);
  // The same as it happens.
  void take_told(const comfyui::TelemetryFrame& told);
  void told_by_extension(model::ExtensionInfo extension);
  // Only stock ComfyUI tells; `mend` says what to do about that if it is anything but installing the extension.
  void told_by_stock(std::optional<std::string> mend);
  void heard() { state_.connection.last_event_at_ms = clock_.now_ms(); }
  // Something about the work itself.
  void news();
  void expect_news_within(std::int64_t limit_ms) { news_limit_ms_ = limit_ms; }
  // connected, streaming or stalled: to be asked again as time goes by.
  void judge();
  void tell();

 private:
  void set_state(model::ConnectionState to);
  void take_torch_memory(const std::vector<comfyui::TorchMemory>& readings);

  const base::Clock& clock_;
  model::WorkerState state_;
  model::WorkerState told_;
  bool is_connected_ = false;
  std::set<std::string> running_prompts_;
  std::set<std::string> pending_prompts_;
  std::int64_t news_at_ms_ = 0;  // steady
  std::int64_t news_limit_ms_;
  std::function<void(const model::WorkerState&)> changed_;
};

// What is known of a worker before the first contact.
[[nodiscard]] model::Worker unseen_worker(const net::Url& url, std::string name);

// The memory of each device that tells it.
[[nodiscard]] std::vector<model::DeviceSample> samples_of(const model::Worker& worker, std::int64_t at_ms);

}  // namespace comfytrace::collect
