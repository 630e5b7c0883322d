#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace comfytrace::replay {

// [number, prompt_id, graph, extra_data, output node ids], as /queue and /history carry it.
struct QueuedPrompt {
  double number = 0;
  std::string id;
  base::json::value item;
};

// What a ComfyUI holds in memory, and the bodies it answers from it. Plain value; one thread.
class ServerState {
 public:
  void submit(QueuedPrompt prompt);
  // Pending becomes running. False if it is not pending.
  bool start(std::string_view id);
  // Leaves the queue (wherever it is in it) and enters the history. An id that the history has keeps its place there.
  bool finish(std::string_view id, const base::json::value& entry);
  // Takes a pending one out of the queue; a running one has nothing to fear.
  bool remove(std::string_view id);
  std::size_t clear_pending();
  void remember(const std::string& id, const base::json::value& entry);  // into the history, past the queue
  void forget(std::string_view id);
  void forget_all();
  // As after the end of the process.
  void lose_memory();

  // The number for a new prompt; every call consumes one.
  [[nodiscard]] std::int64_t take_number() { return next_number_++; }
  [[nodiscard]] std::int64_t next_number() const { return next_number_; }

  [[nodiscard]] std::size_t remaining() const { return running_.size() + pending_.size(); }
  [[nodiscard]] const std::vector<QueuedPrompt>& running() const { return running_; }
  [[nodiscard]] const std::vector<QueuedPrompt>& pending() const { return pending_; }
  [[nodiscard]] bool is_pending(std::string_view id) const;
  [[nodiscard]] bool is_running(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> history_ids() const;  // oldest first

  [[nodiscard]] std::string queue_body() const;
  [[nodiscard]] std::string prompt_body() const;  // GET /prompt
  [[nodiscard]] std::string history_body(std::string_view id) const;
  // The newest `max_items`, or those from `offset` (counted from the oldest) on.
  [[nodiscard]] std::string history_body(std::optional<std::int64_t> max_items,
                                         std::optional<std::int64_t> offset) const;

 private:
  std::vector<QueuedPrompt> running_;
  std::vector<QueuedPrompt> pending_;
  std::vector<std::pair<std::string, std::string>> history_;  // id, entry as JSON text
  std::int64_t next_number_ = 0;
};

}  // namespace comfytrace::replay
