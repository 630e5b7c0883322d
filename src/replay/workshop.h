#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/core.h"
#include "replay/performance.h"

namespace comfytrace::replay {

// Executes what clients post, one prompt at a time, by the queue in Core::state. I/O thread only.
class Workshop {
 public:
  // `may_start`: nothing else runs. `on_idle`: a prompt has left, or all have.
  Workshop(Core& core, std::function<bool()> may_start, std::function<void()> on_idle);

  void put(const std::string& id, double number, base::json::value item, std::optional<std::string> owner);
  // Starts the next if nothing runs.
  void wake();
  [[nodiscard]] bool busy() const { return running_.has_value(); }
  // False if nothing of ours runs under that id (or at all).
  bool interrupt(const std::optional<std::string>& id);
  // After the memory was lost.
  void abandon();

 private:
  struct Job {
    std::string id;
    base::json::value item;
    std::optional<std::string> owner;
    Performance performance;
    std::size_t next = 0;
    std::int64_t began_us = 0;
    std::vector<std::pair<std::string, base::json::value>> events;
  };
  void begin(Job job);
  void schedule();
  void perform(std::uint64_t generation);
  void send(PerformedFrame frame);
  void finish();

  Core& core_;
  std::function<bool()> may_start_;
  std::function<void()> on_idle_;
  std::map<std::string, Job> waiting_;
  std::optional<Job> running_;
  asio::steady_timer timer_;
  std::uint64_t generation_ = 0;                           // of the timer: what an older one does is over
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // what is posted after our end does nothing
};

}  // namespace comfytrace::replay
