#include "collect/duration_memory.h"

#include <algorithm>
#include <utility>

namespace comfytrace::collect {
namespace {

constexpr std::size_t kDurationsPerKey = 8;
constexpr std::size_t kKeys = 8192;
constexpr std::size_t kAttemptsRemembered = 65'536;

std::string attempt_key(std::string_view fingerprint) {
  return "attempt/" + std::string(fingerprint);
}
std::string node_key(std::string_view fingerprint, std::string_view class_type) {
  return "node/" + std::string(fingerprint) + "/" + std::string(class_type);
}

}  // namespace

DurationMemory::DurationMemory() : learned_(kAttemptsRemembered) {}

void DurationMemory::learn(const model::Run& run) {
  for (const model::Scene& scene : run.scenes) {
    for (const model::Attempt& attempt : scene.attempts) {
      if (model::is_open(attempt.status) || !learned_.add(attempt.worker_id + "/" + attempt.prompt_id)) continue;
      if (attempt.duration_ms) note(attempt_key(scene.workflow_fingerprint), *attempt.duration_ms);
      for (const model::NodeExecution& node : attempt.nodes) {
        if (!node.duration_ms || node.class_type.empty()) continue;
        note(node_key(scene.workflow_fingerprint, node.class_type), *node.duration_ms);
        note(node_key("", node.class_type), *node.duration_ms);
      }
    }
  }
}

void DurationMemory::note(std::string key, std::int64_t duration_ms) {
  const auto [it, is_new] = durations_ms_.try_emplace(key);
  it->second.push_back(duration_ms);
  if (it->second.size() > kDurationsPerKey) it->second.pop_front();
  if (!is_new) return;
  order_.push_back(std::move(key));
  if (order_.size() > kKeys) {
    durations_ms_.erase(order_.front());
    order_.pop_front();
  }
}

std::optional<std::int64_t> DurationMemory::longest(const std::string& key) const {
  const auto it = durations_ms_.find(key);
  if (it == durations_ms_.end()) return std::nullopt;
  return *std::max_element(it->second.begin(), it->second.end());
}

std::optional<std::int64_t> DurationMemory::longest_node_ms(std::string_view fingerprint,
                                                            std::string_view class_type) const {
  if (const auto own = longest(node_key(fingerprint, class_type))) return own;
  return longest(node_key("", class_type));
}

std::optional<std::int64_t> DurationMemory::longest_attempt_ms(std::string_view fingerprint) const {
  return longest(attempt_key(fingerprint));
}

}  // namespace comfytrace::collect
