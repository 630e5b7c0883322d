#include "replay/workshop.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;

std::int64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

Workshop::Workshop(Core& core, std::function<bool()> may_start, std::function<void()> on_idle)
    : core_(core), may_start_(std::move(may_start)), on_idle_(std::move(on_idle)), timer_(core.io) {}

void Workshop::put(const std::string& id, double number, json::value item, std::optional<std::string> owner) {
  core_.diverged = true;
  Job job;
  job.id = id;
  job.item = item;
  job.owner = std::move(owner);
  job.performance = rehearse(core_.models, item.get_array()[2], id);
  waiting_[id] = std::move(job);
  core_.state.submit({number, id, std::move(item)});
  core_.publish_status();
  asio::post(core_.io, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) wake();
  });
}

void Workshop::wake() {
  if (running_ || !may_start_()) return;
  const QueuedPrompt* first = nullptr;
  for (const QueuedPrompt& prompt : core_.state.pending()) {
    if (waiting_.contains(prompt.id) && (!first || prompt.number < first->number)) first = &prompt;
  }
  if (!first) return waiting_.clear();  // deleted while they waited
  auto node = waiting_.extract(first->id);
  begin(std::move(node.mapped()));
}

void Workshop::begin(Job job) {
  static_cast<void>(core_.state.start(job.id));
  core_.running_owner = job.owner.value_or("");
  core_.running_node.clear();
  job.began_us = steady_us();
  running_ = std::move(job);
  core_.publish_status();
  schedule();
}

void Workshop::schedule() {
  if (!running_) return;
  const auto& frames = running_->performance.frames;
  const std::int64_t after_us = running_->next < frames.size() ? frames[running_->next].after_us : 0;
  const std::int64_t due_us = running_->began_us + core_.scaled_us(after_us) - steady_us();
  timer_.expires_after(std::chrono::microseconds(std::max<std::int64_t>(0, due_us)));
  timer_.async_wait([this, alive = std::weak_ptr<int>(alive_), generation = ++generation_](const net::error_code&) {
    if (!alive.expired()) perform(generation);
  });
}

void Workshop::perform(std::uint64_t generation) {
  if (!running_ || generation != generation_) return;
  if (running_->next >= running_->performance.frames.size()) return finish();
  send(std::move(running_->performance.frames[running_->next++]));
  schedule();
}

void Workshop::send(PerformedFrame frame) {
  const bool text = !frame.type.empty();
  if (text) {
    if (frame.data.is_object() && frame.data.get_object().contains("timestamp")) {
      frame.data.as_object()["timestamp"] = base::system_clock().now_ms();
    }
    const auto node = base::find_string(frame.data, "display_node");
    if (frame.type == "executing" && node) core_.running_node = *node;
    running_->events.emplace_back(frame.type, frame.data);
  }
  const std::string payload =
      text ? base::to_json(json::object{{"type", frame.type}, {"data", frame.data}}) : std::move(frame.binary);
  const bool to_all = core_.options.audience == Audience::everyone || frame.always_to_all ||
                      (frame.to_all_if_unowned && !running_->owner);
  core_.publish(payload, !text, [to_all, owner = running_->owner](const Listener& listener) {
    return listener.path == "/ws" && (to_all || (owner && *owner == listener.client_id));
  });
}

void Workshop::finish() {
  const Job job = std::move(*running_);
  running_.reset();
  core_.running_owner.clear();
  static_cast<void>(core_.state.finish(job.id, make_entry(job.item, job.events)));
  core_.publish_status();
  const bool to_all = core_.options.audience == Audience::everyone;
  core_.publish(base::to_json(json::object{{"type", "executing"},
                                           {"data", json::object{{"node", nullptr}, {"prompt_id", job.id}}}}),
                false, [to_all, owner = job.owner](const Listener& listener) {
                  return listener.path == "/ws" && (to_all || (owner && *owner == listener.client_id));
                });
  wake();
  on_idle_();
}

bool Workshop::interrupt(const std::optional<std::string>& id) {
  if (!running_ || (id && *id != running_->id)) return false;
  PerformedFrame frame;
  frame.type = "execution_interrupted";
  frame.to_all_if_unowned = true;
  json::array executed;
  for (const auto& [type, data] : running_->events) {
    const auto node = base::find_string(data, "node");
    if (type == "executing" && node && *node != core_.running_node) executed.emplace_back(*node);
  }
  const json::value* node = base::find(running_->item.get_array()[2], core_.running_node);
  frame.data = json::object{{"prompt_id", running_->id},
                            {"node_id", core_.running_node},
                            {"node_type", node ? base::find_string(*node, "class_type").value_or("") : ""},
                            {"executed", std::move(executed)},
                            {"timestamp", 0}};
  running_->performance.frames.resize(running_->next);
  send(std::move(frame));
  schedule();
  return true;
}

void Workshop::abandon() {
  ++generation_;
  timer_.cancel();
  waiting_.clear();
  running_.reset();
  core_.running_owner.clear();
}

}  // namespace comfytrace::replay
