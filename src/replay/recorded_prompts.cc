#include "replay/recorded_prompts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace comfytrace::replay {
namespace {

namespace json = base::json;

constexpr std::int64_t kStampRounding_us = 1'500;     // server stamps are cut to milliseconds
constexpr std::int64_t kStatusWindow_us = 2'000'000;  // a status follows what it tells within this
constexpr std::int64_t kTakenWindow_us = 100'000;
constexpr double kMaxNumber = 1e15;  // of a prompt: beyond it whole numbers are no longer exact
constexpr std::int64_t kMaxSkew_ms = 1'000'000'000'000;

struct QueueSight {
  std::int64_t asked_us = 0;
  std::int64_t answered_us = 0;
  std::map<std::string, bool> running;  // id -> running (else pending)
};

struct StatusFrame {
  std::int64_t offset_us = 0;
  std::int64_t remaining = 0;
  bool fewer = false;  // than the one before it on the same socket
};

class Finder {
 public:
  Finder(const Recording& recording, const std::vector<Exchange>& exchanges)
      : recording_(recording), exchanges_(exchanges) {}

  std::vector<RecordedPrompt> find() {
    read_statuses();
    for (const Exchange& exchange : exchanges_) read_submission(exchange);
    for (const Exchange& exchange : exchanges_) read_bodies(exchange);
    sort();
    read_frames();
    for (const Exchange& exchange : exchanges_) read_deletion(exchange);
    for (RecordedPrompt& prompt : prompts_) settle(prompt);
    sort();
    return std::move(prompts_);
  }

 private:
  void sort() {
    std::stable_sort(prompts_.begin(), prompts_.end(),
                     [](const auto& a, const auto& b) { return a.submitted_us < b.submitted_us; });
  }

  RecordedPrompt* find(std::string_view id, double number) {
    const auto found = std::find_if(prompts_.begin(), prompts_.end(),
                                    [&](const auto& prompt) { return prompt.id == id && prompt.number == number; });
    return found == prompts_.end() ? nullptr : &*found;
  }

  void read_statuses() {
    std::map<std::string, std::int64_t> last;
    for (const RecordedLine& line : recording_.lines) {
      if (line.direction != Direction::websocket_in || frame_type(line) != "status") continue;
      const json::value* data = base::find(*line.json, "data");
      const json::value* status = data ? base::find(*data, "status") : nullptr;
      const json::value* info = status ? base::find(*status, "exec_info") : nullptr;
      const auto remaining = info ? base::find_integer(*info, "queue_remaining") : std::nullopt;
      if (!remaining) continue;
      const bool greeting = base::find(*data, "sid") != nullptr;
      const auto before = last.find(line.client);
      const bool fewer = !greeting && before != last.end() && *remaining < before->second;
      last[line.client] = *remaining;
      if (!greeting) statuses_.push_back({line.offset_us, *remaining, fewer});
    }
  }

  void read_submission(const Exchange& exchange) {
    if (exchange.method != "POST" || exchange.path != "/prompt" || exchange.status != 200) return;
    if (!exchange.sent || !exchange.answer) return;
    const auto id = base::find_string(*exchange.answer, "prompt_id");
    const auto number = base::find_number(*exchange.answer, "number");
    if (!id || !number || std::abs(*number) > kMaxNumber) return;
    RecordedPrompt prompt;
    prompt.id = *id;
    prompt.number = *number;
    prompt.item = make_item(*exchange.sent, *number, *id);
    prompt.submitted_us = exchange.asked_us;
    read_owner(prompt);
    prompts_.push_back(std::move(prompt));
  }

  static void read_owner(RecordedPrompt& prompt) {
    const json::value& extra_data = prompt.item.get_array()[3];
    prompt.client_id = base::find_string(extra_data, "client_id");
  }

  void read_bodies(const Exchange& exchange) {
    if (exchange.method != "GET" || exchange.status != 200 || !exchange.answer) return;
    if (exchange.path == "/queue") read_queue(exchange);
    if (!exchange.path.starts_with("/history") || !exchange.answer->is_object()) return;
    for (const auto& [id, entry] : exchange.answer->get_object()) {
      const json::value* item = base::find(entry, "prompt");
      RecordedPrompt* prompt = item ? see(*item, exchange) : nullptr;
      if (!prompt) continue;
      prompt->entry = entry;
      over_us_.try_emplace({prompt->id, prompt->number}, exchange.asked_us);
    }
  }

  void read_queue(const Exchange& exchange) {
    QueueSight sight{exchange.asked_us, exchange.answered_us, {}};
    for (const bool running : {true, false}) {
      const json::array* items = base::find_array(*exchange.answer, running ? "queue_running" : "queue_pending");
      if (!items) continue;
      for (const json::value& item : *items) {
        RecordedPrompt* prompt = see(item, exchange);
        if (!prompt) continue;
        prompt->item = item;
        sight.running[prompt->id] = running;
      }
    }
    sights_.push_back(std::move(sight));
  }

  // The prompt of an item, made if a watcher's recording shows it here first.
  RecordedPrompt* see(const json::value& item, const Exchange& exchange) {
    if (!item.is_array() || item.get_array().size() < 4 || !item.get_array()[1].is_string()) return nullptr;
    const json::array& parts = item.get_array();
    const std::string id(parts[1].get_string());
    const auto number = base::as_number(parts[0]);
    if (!number || std::abs(*number) > kMaxNumber) return nullptr;
    if (RecordedPrompt* known = find(id, *number)) return known;
    RecordedPrompt prompt;
    prompt.id = id;
    prompt.number = *number;
    prompt.item = item;
    prompt.submitted_us = first_seen(exchange.asked_us);
    if (const auto created_ms = base::find_integer(parts[3], "create_time")) {
      const auto created_us = offset_us(*created_ms);
      if (created_us && *created_us < prompt.submitted_us) {
        prompt.submitted_us = std::max<std::int64_t>(0, *created_us);
      }
    }
    read_owner(prompt);
    prompts_.push_back(std::move(prompt));
    return &prompts_.back();
  }

  // In the recording's time; nullopt for what cannot be a time.
  [[nodiscard]] std::optional<std::int64_t> offset_us(std::int64_t wall_ms) const {
    if (wall_ms < 0) return std::nullopt;
    const std::int64_t offset_ms = wall_ms - recording_.epoch_ms;
    if (std::abs(offset_ms) > kMaxSkew_ms) return std::nullopt;
    return offset_ms * 1000;
  }

  // A watcher asks because of a status.
  [[nodiscard]] std::int64_t first_seen(std::int64_t asked_us) const {
    std::int64_t seen_us = asked_us;
    for (const StatusFrame& status : statuses_) {
      if (status.offset_us <= asked_us && asked_us - status.offset_us < kStatusWindow_us) seen_us = status.offset_us;
    }
    return seen_us;
  }

  RecordedPrompt* at(std::string_view id, std::int64_t offset_us) {
    return const_cast<RecordedPrompt*>(prompt_at(prompts_, id, offset_us));
  }

  void read_frames() {
    for (const RecordedLine& line : recording_.lines) {
      if (line.direction != Direction::websocket_in || !line.json) continue;
      RecordedPrompt* prompt = at(frame_prompt_id(line), line.offset_us);
      if (!prompt) continue;
      const std::string type(frame_type(line));
      const json::value* data = base::find(*line.json, "data");
      if (!data) continue;
      if (!prompt->started_us) prompt->started_us = line.offset_us;
      const bool blocked = base::find_string(*data, "exception_type") == "ExecutionBlocked";
      const bool over =
          type == "execution_success" || type == "execution_interrupted" || (type == "execution_error" && !blocked);
      if (over && !ended_us_.contains(prompt)) ended_us_[prompt] = line.offset_us;
      events_[prompt].emplace_back(type, *data);
    }
  }

  void read_deletion(const Exchange& exchange) {
    if (exchange.method != "POST" || exchange.path != "/queue" || !exchange.sent) return;
    std::set<std::string> named;
    if (const json::array* ids = base::find_array(*exchange.sent, "delete")) {
      for (const json::value& id : *ids) {
        if (id.is_string()) named.insert(std::string(id.get_string()));
      }
    }
    const bool all = base::find_bool(*exchange.sent, "clear").value_or(false);
    for (RecordedPrompt& prompt : prompts_) {
      const bool there = prompt.submitted_us <= exchange.asked_us && !prompt.started_us && prompt.entry.is_null() &&
                         !prompt.removed_us && !seen_running(prompt);
      if (there && (all || named.contains(prompt.id))) prompt.removed_us = exchange.asked_us;
    }
  }

  [[nodiscard]] bool seen_running(const RecordedPrompt& prompt) const {
    return std::any_of(sights_.begin(), sights_.end(), [&](const QueueSight& sight) {
      const auto found = sight.running.find(prompt.id);
      return found != sight.running.end() && found->second;
    });
  }

  // Start and end by the server's own stamps, in the recording's time.
  [[nodiscard]] std::vector<std::int64_t> stamps_us(const RecordedPrompt& prompt) const {
    std::vector<std::int64_t> stamps;
    const json::value* status = base::find(prompt.entry, "status");
    const json::array* messages = status ? base::find_array(*status, "messages") : nullptr;
    if (!messages) return stamps;
    for (const json::value& message : *messages) {
      if (!message.is_array() || message.get_array().size() < 2) continue;
      const auto stamp_ms = base::find_integer(message.get_array()[1], "timestamp");
      const auto stamp_us = stamp_ms ? offset_us(*stamp_ms) : std::nullopt;
      if (stamp_us) stamps.push_back(*stamp_us);
    }
    return stamps;
  }

  void settle(RecordedPrompt& prompt) {
    const auto stamps = stamps_us(prompt);
    std::optional<std::int64_t> ended_us;
    if (const auto found = ended_us_.find(&prompt); found != ended_us_.end()) ended_us = found->second;
    if (!stamps.empty()) {
      if (!prompt.started_us) prompt.started_us = stamps.front();
      if (!ended_us) ended_us = stamps.back();
    }
    for (const QueueSight& sight : sights_) {
      const auto found = sight.running.find(prompt.id);
      if (found == sight.running.end() || !found->second || sight.answered_us < prompt.submitted_us) continue;
      if (!prompt.started_us || *prompt.started_us > sight.answered_us) prompt.started_us = sight.asked_us;
    }
    if (ended_us && *ended_us < 0) {
      prompt.already_over = true;
      prompt.submitted_us = 0;
    }
    if (prompt.started_us) {
      *prompt.started_us = std::max(taken_us(*prompt.started_us), prompt.submitted_us);
      if (ended_us) prompt.finished_us = left_us(*ended_us);
      // A stalled socket hears of the end late; the history knew it.
      const auto over = over_us_.find({prompt.id, prompt.number});
      if (over != over_us_.end() && prompt.finished_us)
        prompt.finished_us = std::min(*prompt.finished_us, over->second);
      if (prompt.finished_us) prompt.started_us = std::min(*prompt.started_us, *prompt.finished_us);
    } else if (!prompt.removed_us) {
      prompt.removed_us = vanished_us(prompt);
    }
    if (prompt.finished_us && prompt.entry.is_null()) prompt.entry = make_entry(prompt.item, events_[&prompt]);
  }

  // The status that tells that the worker took it comes a moment before execution_start.
  [[nodiscard]] std::int64_t taken_us(std::int64_t started_us) const {
    std::int64_t taken = started_us;
    for (const StatusFrame& status : statuses_) {
      if (status.offset_us > started_us) break;
      if (started_us - status.offset_us < kTakenWindow_us) taken = status.offset_us;
    }
    return taken;
  }

  // Before the first status that counts one fewer: whoever asks because of it must not find the prompt in the queue.
  [[nodiscard]] std::int64_t left_us(std::int64_t ended_us) const {
    for (const StatusFrame& status : statuses_) {
      if (status.offset_us < ended_us - kStampRounding_us || !status.fewer) continue;
      return status.offset_us < ended_us + kStatusWindow_us ? status.offset_us : ended_us;
    }
    return ended_us;
  }

  // Seen in the queue, then not any more, and never in the history.
  [[nodiscard]] std::optional<std::int64_t> vanished_us(const RecordedPrompt& prompt) const {
    std::optional<std::int64_t> last_us;
    for (const QueueSight& sight : sights_) {
      if (sight.running.contains(prompt.id)) {
        last_us = sight.answered_us;
      } else if (last_us && sight.asked_us >= *last_us) {
        return std::max(*last_us, first_seen(sight.asked_us));
      }
    }
    return std::nullopt;
  }

  const Recording& recording_;
  const std::vector<Exchange>& exchanges_;
  std::vector<RecordedPrompt> prompts_;
  std::vector<StatusFrame> statuses_;
  std::vector<QueueSight> sights_;
  std::map<std::pair<std::string, double>, std::int64_t> over_us_;  // first seen in the history
  std::map<const RecordedPrompt*, std::int64_t> ended_us_;
  std::map<const RecordedPrompt*, std::vector<std::pair<std::string, json::value>>> events_;
};

}  // namespace

std::vector<RecordedPrompt> find_prompts(const Recording& recording, const std::vector<Exchange>& exchanges) {
  return Finder(recording, exchanges).find();
}

const RecordedPrompt* prompt_at(const std::vector<RecordedPrompt>& prompts, std::string_view id,
                                std::int64_t offset_us) {
  const RecordedPrompt* found = nullptr;
  for (const RecordedPrompt& prompt : prompts) {
    if (prompt.id != id) continue;
    if (!found || prompt.submitted_us <= offset_us) found = &prompt;
  }
  return found;
}

}  // namespace comfytrace::replay
