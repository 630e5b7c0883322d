#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace comfytrace::replay {

// Makes recorded JSON speak of another prompt, another time, other nodes. Pure.
struct Rewriting {
  std::map<std::string, std::string, std::less<>> prompt_ids;  // old -> new, wherever they stand, as value or key
  std::function<std::int64_t(std::int64_t)> time_ms;           // epoch ms -> epoch ms; empty: times stay
  // Old -> new node ids. If set, what is said of any other node is left out of snapshots and lists.
  std::optional<std::map<std::string, std::string, std::less<>>> node_ids;

  [[nodiscard]] base::json::value operator()(const base::json::value& value, std::string_view key = {}) const;
  // "5.0.0.1" follows its parent "5". nullopt: not mapped.
  [[nodiscard]] std::optional<std::string> node_id(std::string_view id) const;
};

}  // namespace comfytrace::replay
