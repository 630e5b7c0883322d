#include "collect/worker_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/counters.h"
#include "collect/source_gaps.h"
#include "collect/telemetry_stream_manager.h"

namespace comfytrace::collect {
namespace {

using model::ConnectionState;

// Whether only readings differ.
bool same_make(model::Worker a, const model::Worker& b) {
  a.ram_free_bytes = b.ram_free_bytes;
  a.first_seen_at_ms = b.first_seen_at_ms;
  a.last_seen_at_ms = b.last_seen_at_ms;
  for (std::size_t i = 0; i < std::min(a.devices.size(), b.devices.size()); ++i) {
    a.devices[i].vram_free_bytes = b.devices[i].vram_free_bytes;
    a.devices[i].torch_vram_total_bytes = b.devices[i].torch_vram_total_bytes;
    a.devices[i].torch_vram_free_bytes = b.devices[i].torch_vram_free_bytes;
  }
  return a == b;
}

}  // namespace

WorkerView::WorkerView(const base::Clock& clock, model::Worker worker, std::int64_t news_limit_ms,
                       std::function<void(const model::WorkerState&)> changed)
    : clock_(clock), news_limit_ms_(news_limit_ms), changed_(std::move(changed)) {
  state_.worker = std::move(worker);
  state_.connection.since_ms = clock_.now_ms();
}

void WorkerView::connected() {
  is_connected_ = true;
  news_at_ms_ = clock_.steady_ms();
  model::Connection& connection = state_.connection;
  connection.attempt = 0;
  connection.next_try_at_ms.reset();
  connection.last_error.reset();
  connection.source = model::CaptureSource::stock;
  connection.missing = gaps_of_stock();
  connection.extension.reset();
  set_state(ConnectionState::connected);
}

void WorkerView::told_by_extension(model::ExtensionInfo extension) {
  state_.connection.source = model::CaptureSource::extension;
  state_.connection.missing = gaps_of(extension);
  state_.connection.extension = std::move(extension);
  tell();
}

void WorkerView::told_by_stock(std::optional<std::string> mend) {
  if (!is_connected_) return;
  state_.connection.source = model::CaptureSource::stock;
  state_.connection.missing = mend ? std::move(mend) : gaps_of_stock();
  state_.connection.extension.reset();
  tell();
}

void WorkerView::disconnected(std::string why, std::int64_t failures, std::int64_t wait_ms) {
  is_connected_ = false;
  model::Connection& connection = state_.connection;
  connection.attempt = failures;
  connection.next_try_at_ms = clock_.now_ms() + wait_ms;
  connection.last_error = std::move(why);
  connection.source = model::CaptureSource::none;
  connection.missing.reset();
  connection.extension.reset();
  state_.queue_running = state_.queue_pending = 0;
  running_prompts_.clear();
  pending_prompts_.clear();
  set_state(ConnectionState::disconnected);
}

void WorkerView::trying_again() {
  state_.connection.next_try_at_ms.reset();
  set_state(ConnectionState::connecting);
}

bool WorkerView::take_stats(model::Worker worker) {
  const std::int64_t now_ms = clock_.now_ms();
  worker.worker_id = state_.worker.worker_id;
  worker.name = state_.worker.name;
  worker.url = state_.worker.url;
  const bool first = !state_.worker.last_seen_at_ms;
  worker.first_seen_at_ms = first ? now_ms : state_.worker.first_seen_at_ms;
  worker.last_seen_at_ms = now_ms;
  const bool changed = first || !same_make(worker, state_.worker);
  state_.worker = std::move(worker);
  return changed;
}

void WorkerView::take_queue(const comfyui::QueueSnapshot& queue) {
  std::set<std::string> running;
  for (const comfyui::QueueItem& item : queue.running) running.insert(item.prompt_id);
  pending_prompts_.clear();
  for (const comfyui::QueueItem& item : queue.pending) pending_prompts_.insert(item.prompt_id);
  // Prompts that others add behind a hung one are no sign of life.
  if (running != running_prompts_) news_at_ms_ = clock_.steady_ms();
  running_prompts_ = std::move(running);
  state_.queue_running = static_cast<std::int64_t>(queue.running.size());
  state_.queue_pending = static_cast<std::int64_t>(queue.pending.size());
}

void WorkerView::take_told(const comfyui::TelemetryFrame& frame) {
  take_torch_memory(frame.torch_memory);
  const comfyui::TelemetryEvent& told = frame.what;
  if (const auto* stats = std::get_if<comfyui::TelemetryStats>(&told)) {
    if (state_.connection.extension) comfyui::update(*state_.connection.extension, *stats);
    return;
  }
  if (const auto* queued = std::get_if<comfyui::PromptQueued>(&told)) {
    if (!running_prompts_.contains(queued->item.prompt_id)) pending_prompts_.insert(queued->item.prompt_id);
  } else if (const auto* started = std::get_if<comfyui::PromptStarted>(&told)) {
    pending_prompts_.erase(started->prompt_id);
    running_prompts_.insert(started->prompt_id);
  } else if (const auto* finished = std::get_if<comfyui::PromptFinished>(&told)) {
    running_prompts_.erase(finished->prompt_id);
  } else if (const auto* removed = std::get_if<comfyui::PromptsRemoved>(&told)) {
    for (const std::string& prompt_id : removed->prompt_ids) pending_prompts_.erase(prompt_id);
  } else {
    return;
  }
  state_.queue_running = static_cast<std::int64_t>(running_prompts_.size());
  state_.queue_pending = static_cast<std::int64_t>(pending_prompts_.size());
  judge();
}

// Told with the next change or tick: there may be several readings a second.
void WorkerView::take_torch_memory(const std::vector<comfyui::TorchMemory>& readings) {
  for (const comfyui::TorchMemory& reading : readings) {
    const auto device = std::ranges::find(state_.worker.devices, reading.device_index, &model::Device::index);
    if (device == state_.worker.devices.end() || device->type == "cpu") continue;
    device->torch_vram_total_bytes = reading.reserved_bytes;
    device->torch_vram_free_bytes = std::max<std::int64_t>(0, reading.reserved_bytes - reading.allocated_bytes);
  }
}

void WorkerView::news() {
  news_at_ms_ = clock_.steady_ms();
  if (state_.connection.state == ConnectionState::stalled) judge();
}

void WorkerView::judge() {
  if (!is_connected_) return;
  if (state_.queue_running == 0) return set_state(ConnectionState::connected);
  const bool heard_lately = clock_.steady_ms() - news_at_ms_ <= news_limit_ms_;
  set_state(heard_lately ? ConnectionState::streaming : ConnectionState::stalled);
}

void WorkerView::set_state(ConnectionState to) {
  model::Connection& connection = state_.connection;
  if (connection.state != to) {
    if (to == ConnectionState::stalled) {
      base::counters().add(base::Counter::worker_stalls);
      connection.last_error =
          fmt::format("no news for {} s of what runs, longer than its own history explains", news_limit_ms_ / 1000);
    } else if (is_connected_) {
      connection.last_error.reset();
    }
    connection.state = to;
    connection.since_ms = clock_.now_ms();
  }
  tell();
}

void WorkerView::tell() {
  if (state_ == told_) return;
  told_ = state_;
  changed_(told_);
}

model::Worker unseen_worker(const net::Url& url, std::string name) {
  model::Worker worker;
  worker.worker_id = worker_id_of(url);
  worker.name = name.empty() ? url.authority() : std::move(name);
  worker.url = url.text();
  return worker;
}

std::vector<model::DeviceSample> samples_of(const model::Worker& worker, std::int64_t at_ms) {
  std::vector<model::DeviceSample> samples;
  for (const model::Device& device : worker.devices) {
    // With --cpu ComfyUI reports the machine's memory as VRAM; no run used that.
    if (!device.vram_free_bytes || device.type == "cpu") continue;
    model::DeviceSample sample;
    sample.at_ms = at_ms;
    sample.device_index = device.index;
    sample.vram_free_bytes = device.vram_free_bytes;
    if (device.vram_total_bytes) sample.vram_used_bytes = *device.vram_total_bytes - *device.vram_free_bytes;
    samples.push_back(sample);
  }
  return samples;
}

}  // namespace comfytrace::collect
