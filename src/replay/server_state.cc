#include "replay/server_state.h"

#include <algorithm>
#include <cmath>

namespace comfytrace::replay {
namespace {

constexpr std::size_t kMaxHistory = 10'000;  // as ComfyUI keeps

auto find_prompt(auto& prompts, std::string_view id) {
  return std::find_if(prompts.begin(), prompts.end(), [&](const QueuedPrompt& prompt) { return prompt.id == id; });
}

void append_items(std::string& out, const std::vector<QueuedPrompt>& prompts) {
  out.push_back('[');
  for (const QueuedPrompt& prompt : prompts) {
    if (out.back() != '[') out.push_back(',');
    base::write_json(out, prompt.item);
  }
  out.push_back(']');
}

}  // namespace

void ServerState::submit(QueuedPrompt prompt) {
  const auto number = static_cast<std::int64_t>(std::abs(prompt.number));
  next_number_ = std::max(next_number_, number + 1);
  pending_.push_back(std::move(prompt));
}

bool ServerState::start(std::string_view id) {
  const auto found = find_prompt(pending_, id);
  if (found == pending_.end()) return false;
  running_.push_back(std::move(*found));
  pending_.erase(found);
  return true;
}

bool ServerState::finish(std::string_view id, const base::json::value& entry) {
  if (const auto found = find_prompt(running_, id); found != running_.end()) {
    running_.erase(found);
  } else if (!remove(id)) {
    return false;
  }
  remember(std::string(id), entry);
  return true;
}

bool ServerState::remove(std::string_view id) {
  const auto found = find_prompt(pending_, id);
  if (found == pending_.end()) return false;
  pending_.erase(found);
  return true;
}

std::size_t ServerState::clear_pending() {
  const std::size_t count = pending_.size();
  pending_.clear();
  return count;
}

void ServerState::remember(const std::string& id, const base::json::value& entry) {
  std::string text = base::to_json(entry);
  const auto known = std::find_if(history_.begin(), history_.end(), [&](const auto& row) { return row.first == id; });
  if (known != history_.end()) {
    known->second = std::move(text);
    return;
  }
  if (history_.size() >= kMaxHistory) history_.erase(history_.begin());
  history_.emplace_back(id, std::move(text));
}

void ServerState::forget(std::string_view id) {
  std::erase_if(history_, [&](const auto& row) { return row.first == id; });
}

void ServerState::forget_all() {
  history_.clear();
}

void ServerState::lose_memory() {
  *this = ServerState();
}

bool ServerState::is_pending(std::string_view id) const {
  return find_prompt(pending_, id) != pending_.end();
}
bool ServerState::is_running(std::string_view id) const {
  return find_prompt(running_, id) != running_.end();
}

std::vector<std::string> ServerState::history_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, entry] : history_) ids.push_back(id);
  return ids;
}

std::string ServerState::queue_body() const {
  std::string body = R"({"queue_running":)";
  append_items(body, running_);
  body += R"(,"queue_pending":)";
  append_items(body, pending_);
  return body + "}";
}

std::string ServerState::prompt_body() const {
  return R"({"exec_info":{"queue_remaining":)" + std::to_string(remaining()) + "}}";
}

std::string ServerState::history_body(std::string_view id) const {
  std::string body = "{";
  for (const auto& [known, entry] : history_) {
    if (known != id) continue;
    base::write_json_string(body, known);
    body += ":" + entry;
  }
  return body + "}";
}

std::string ServerState::history_body(std::optional<std::int64_t> max_items, std::optional<std::int64_t> offset) const {
  const auto size = static_cast<std::int64_t>(history_.size());
  const std::int64_t wanted = std::clamp<std::int64_t>(max_items.value_or(size), 0, size);
  const std::int64_t first = std::clamp<std::int64_t>(offset.value_or(size - wanted), 0, size);
  std::string body = "{";
  for (std::int64_t i = first; i < std::min(first + wanted, size); ++i) {
    const auto& [id, entry] = history_[static_cast<std::size_t>(i)];
    if (body.size() > 1) body.push_back(',');
    base::write_json_string(body, id);
    body += ":" + entry;
  }
  return body + "}";
}

}  // namespace comfytrace::replay
