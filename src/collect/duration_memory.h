#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collect/recent_keys.h"
#include "model/run.h"

namespace comfytrace::collect {

// How long nodes and whole attempts of a workflow have taken lately, so that a long silence can be told from a stall.
// Bounded: the last few durations of the last few thousand kinds of work.
class DurationMemory {
 public:
  DurationMemory();

  // Takes in the attempts of `run` that have ended, each once.
  void learn(const model::Run& run);

  // The longest known, or nullopt. For a node of a class that this workflow has not run yet: its longest in any.
  [[nodiscard]] std::optional<std::int64_t> longest_node_ms(std::string_view fingerprint,
                                                            std::string_view class_type) const;
  [[nodiscard]] std::optional<std::int64_t> longest_attempt_ms(std::string_view fingerprint) const;

 private:
  void note(std::string key, std::int64_t duration_ms);
  [[nodiscard]] std::optional<std::int64_t> longest(const std::string& key) const;

  RecentKeys learned_;
  std::unordered_map<std::string, std::deque<std::int64_t>> durations_ms_;
  std::deque<std::string> order_;  // of first sight: the oldest goes first
};

}  // namespace comfytrace::collect
