#include "replay/player.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "base/uuid.h"
#include "replay/exchange.h"

namespace comfytrace::replay {
namespace {

namespace json = base::json;

constexpr std::int64_t kBetweenPasses_us = 1'000'000;
constexpr std::int64_t kLeastBetweenPasses_us = 20'000;  // a loop over nothing must not spin
constexpr int kStepsAtOnce = 32;
constexpr std::size_t kMaxQueuedBytes = 8u << 20;
constexpr std::int64_t kBackpressure_us = 2'000;

std::int64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

Player::Player(Core& core, Handlers handlers) : core_(core), handlers_(std::move(handlers)), timer_(core.io) {}

void Player::begin() {
  if (std::exchange(begun_, true)) return;
  begin_pass();
  schedule();
}

void Player::stop() {
  ++generation_;
  timer_.cancel();
  over_ = true;
}

void Player::begin_pass() {
  next_ = 0;
  gone_.clear();
  origin_us_ = steady_us();
  wall_origin_ms_ = base::system_clock().now_ms();
  if (holds_ > 0) held_since_us_ = origin_us_;
  core_.features = model().features;
  core_.system_stats = model().system_stats;

  rewriting_ = {};
  if (pass_ > 0) {
    for (const RecordedPrompt& prompt : model().prompts) {
      rewriting_.prompt_ids[prompt.id] = base::named_uuid(prompt.id + " " + std::to_string(pass_));
    }
  }
  if (!core_.options.original_times) {
    rewriting_.time_ms = [this](std::int64_t recorded_ms) {
      const std::int64_t offset_ms = recorded_ms - model().recording.epoch_ms;
      if (core_.options.speed <= 0) return wall_origin_ms_ - model().duration_us / 1000 + offset_ms;
      return wall_origin_ms_ +
             static_cast<std::int64_t>(std::llround(static_cast<double>(offset_ms) / core_.options.speed));
    };
  }
  // Numbers that fall mean a restart to whoever watches; only a real one may look like it.
  double first = -1;
  for (const RecordedPrompt& prompt : model().prompts) {
    const double number = std::abs(prompt.number);
    if (!prompt.already_over && (first < 0 || number < first)) first = number;
  }
  number_shift_ = first < 0 ? 0 : std::max(0.0, static_cast<double>(core_.state.next_number()) - std::floor(first));
}

void Player::end_pass() {
  core_.stage.flush();
  const bool last = core_.model + 1 == core_.models.size();
  if (last && !core_.options.loop) {
    over_ = true;
    core_.running_owner.clear();
    handlers_.moved();
    handlers_.finished();
    return;
  }
  // What never ended in the recording would stand in the queue for ever.
  for (std::size_t i = 0; i < model().prompts.size(); ++i) {
    static_cast<void>(core_.state.start(live_id(i)));
    if (!core_.state.is_running(live_id(i))) continue;
    static_cast<void>(core_.state.finish(live_id(i), nullptr));
    core_.state.forget(live_id(i));
  }
  handlers_.up();
  if (last) ++pass_;
  core_.model = last ? 0 : core_.model + 1;
  begin_pass();
  const std::int64_t pause_us = std::max(core_.scaled_us(kBetweenPasses_us), last ? kLeastBetweenPasses_us : 0);
  origin_us_ += pause_us;
  wall_origin_ms_ += pause_us / 1000;
  handlers_.moved();
}

void Player::schedule() {
  if (!begun_ || over_ || holds_ > 0) return;
  std::int64_t due_us = origin_us_;
  if (next_ < model().steps.size()) due_us += core_.scaled_us(model().steps[next_].offset_us);
  if (core_.stage.most_queued_bytes() > kMaxQueuedBytes) due_us = std::max(due_us, steady_us() + kBackpressure_us);
  timer_.expires_after(std::chrono::microseconds(std::max<std::int64_t>(0, due_us - steady_us())));
  timer_.async_wait([this, alive = std::weak_ptr<int>(alive_), generation = ++generation_](const net::error_code&) {
    if (!alive.expired()) step_through(generation);
  });
}

void Player::step_through(std::uint64_t generation) {
  if (generation != generation_ || over_ || holds_ > 0) return;
  for (int i = 0; i < kStepsAtOnce && holds_ == 0 && !over_; ++i) {
    if (next_ >= model().steps.size()) {
      end_pass();
      break;
    }
    const Step& step = model().steps[next_];
    if (origin_us_ + core_.scaled_us(step.offset_us) > steady_us()) break;
    if (!happen(step)) break;
    ++next_;
  }
  schedule();
}

// False: not yet.
bool Player::happen(const Step& step) {
  if (step.prompt != kNone && gone_.contains(step.prompt)) return true;
  if (step.kind == StepKind::start && handlers_.must_wait()) {
    if (!std::exchange(waits_, true)) hold();
    return false;
  }
  if (step.kind == StepKind::frame) {
    show(step);
    return true;
  }
  if (step.kind == StepKind::hang) handlers_.hang(core_.scaled_us(step.duration_us));
  if (step.kind == StepKind::stats) {
    core_.system_stats = *model().line_of(step).json;
    return true;
  }
  std::optional<RecordedPrompt> prompt;
  if (step.prompt != kNone) {
    prompt = rewritten(step.prompt);
    const bool there = core_.state.is_pending(prompt->id) || core_.state.is_running(prompt->id);
    if (step.kind != StepKind::submit && step.kind != StepKind::remember && !there) {
      gone_.insert(step.prompt);  // a client has deleted it
      return true;
    }
  }
  Step live = step;
  if (const auto id = rewriting_.prompt_ids.find(step.id); id != rewriting_.prompt_ids.end()) live.id = id->second;
  apply_step(live, prompt ? &*prompt : nullptr, core_.state);
  switch (step.kind) {
    case StepKind::start:
      core_.running_owner = prompt->client_id.value_or("");
      core_.running_node.clear();
      break;
    case StepKind::finish:
      core_.running_owner.clear();
      handlers_.moved();
      break;
    case StepKind::remove:
      handlers_.moved();
      break;
    case StepKind::down:
      if (step.memory_lost) number_shift_ = 0;
      ++core_.counts.restarts;
      handlers_.down(step.memory_lost);
      break;
    case StepKind::up:
      handlers_.up();
      break;
    default:
      break;
  }
  return true;
}

void Player::show(const Step& step) {
  RecordedLine line = model().line_of(step);
  if (line.json) {
    const json::value* node = nullptr;
    if (const json::value* data = base::find(*line.json, "data")) node = base::find(*data, "display_node");
    if (frame_type(line) == "executing" && node && node->is_string())
      core_.running_node = std::string(node->get_string());
    if (frame_type(line) == "status" && core_.diverged) {
      line.json = json::object{{"type", "status"},
                               {"data", json::object{{"status", *base::parse_json(core_.state.prompt_body())}}}};
    } else {
      line.json = rewriting_(*line.json);
    }
  }
  if (binary_type(line) == 4 && !rewriting_.prompt_ids.empty()) line.binary = rewriting_(*line.binary);
  const bool to_all = core_.options.audience == Audience::everyone;
  const auto& known = model().client_ids;
  core_.publish(frame_bytes(line), line.binary.has_value(), [&known, step = &step, to_all](const Listener& listener) {
    if (listener.path != step->path) return false;
    if (step->path != "/ws") return true;
    if (step->to_subscribers) return listener.subscribed;
    if (to_all) return step->to_everyone;
    const bool was_there =
        std::any_of(known.begin(), known.end(), [&](const auto& label) { return label.second == listener.client_id; });
    return was_there ? step->client_id == listener.client_id : step->to_watchers;
  });
}

std::string Player::live_id(std::size_t prompt) const {
  const std::string& id = model().prompts[prompt].id;
  const auto found = rewriting_.prompt_ids.find(id);
  return found == rewriting_.prompt_ids.end() ? id : found->second;
}

RecordedPrompt Player::rewritten(std::size_t index) const {
  RecordedPrompt prompt = model().prompts[index];
  prompt.id = live_id(index);
  prompt.item = rewriting_(prompt.item);
  prompt.entry = rewriting_(prompt.entry);
  if (number_shift_ == 0) return prompt;
  prompt.number += prompt.number < 0 ? -number_shift_ : number_shift_;
  json::value number = prompt.number;
  if (prompt.number == std::floor(prompt.number)) number = static_cast<std::int64_t>(prompt.number);
  prompt.item.as_array()[0] = number;
  if (const json::array* item = base::find_array(prompt.entry, "prompt"); item && !item->empty()) {
    prompt.entry.as_object()["prompt"].as_array()[0] = number;
  }
  return prompt;
}

void Player::hold() {
  if (holds_++ == 0) held_since_us_ = steady_us();
}

void Player::release() {
  if (--holds_ > 0) return;
  const std::int64_t held_us = steady_us() - held_since_us_;
  origin_us_ += held_us;
  wall_origin_ms_ += held_us / 1000;
  schedule();
}

void Player::wake() {
  if (waits_ && !handlers_.must_wait()) {
    waits_ = false;
    release();
  }
}

bool Player::busy() const {
  if (!begun_ || over_) return false;
  for (std::size_t i = 0; i < model().prompts.size(); ++i) {
    if (core_.state.is_running(live_id(i))) return true;
  }
  return false;
}

bool Player::interrupt(const std::optional<std::string>& id) {
  for (std::size_t i = 0; i < model().prompts.size(); ++i) {
    const std::string live = live_id(i);
    if (!core_.state.is_running(live) || (id && *id != live)) continue;
    const RecordedPrompt prompt = rewritten(i);
    const json::value* node = base::find(prompt.item.get_array()[2], core_.running_node);
    const json::value data =
        json::object{{"prompt_id", live},
                     {"node_id", core_.running_node},
                     {"node_type", node ? base::find_string(*node, "class_type").value_or("") : ""},
                     {"executed", json::array()},
                     {"timestamp", base::system_clock().now_ms()}};
    const auto to_owner = [all = core_.options.audience == Audience::everyone || !prompt.client_id,
                           owner = prompt.client_id](const Listener& listener) {
      return listener.path == "/ws" && (all || *owner == listener.client_id);
    };
    core_.diverged = true;
    gone_.insert(i);
    core_.publish(base::to_json(json::object{{"type", "execution_interrupted"}, {"data", data}}), false, to_owner);
    static_cast<void>(core_.state.finish(live, make_entry(prompt.item, {{"execution_interrupted", data}})));
    core_.running_owner.clear();
    core_.publish_status();
    if (prompt.client_id) {
      core_.publish(base::to_json(json::object{{"type", "executing"},
                                               {"data", json::object{{"node", nullptr}, {"prompt_id", live}}}}),
                    false, to_owner);
    }
    handlers_.moved();
    return true;
  }
  return false;
}

void Player::abandon() {
  core_.diverged = true;
  number_shift_ = 0;
  for (std::size_t i = 0; i < next_ && i < model().steps.size(); ++i) {
    if (model().steps[i].kind == StepKind::submit) gone_.insert(model().steps[i].prompt);
  }
}

}  // namespace comfytrace::replay
