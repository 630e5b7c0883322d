#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "history/columns/mirror.h"

namespace comfytrace::history::columns {

// Learns the works of the scenes of full chunks (learn_scene_works) and makes their summaries (prepare_summaries), on a
// thread of its own that gives way to all others: soon after its start, and when chunks filled up or lost runs since.
// Any thread may end it; that takes some 30 ms at most.
class SummaryKeeper {
 public:
  // A command that only asks something is over before it begins.
  explicit SummaryKeeper(std::shared_ptr<const Mirror> mirror,
                         std::chrono::milliseconds after_start = std::chrono::seconds(2));
  SummaryKeeper(const SummaryKeeper&) = delete;
  ~SummaryKeeper();

 private:
  void run(std::chrono::milliseconds after_start);
  // False: it ends.
  [[nodiscard]] bool learn_all(const ColumnStore::Snapshot& snapshot);

  const std::shared_ptr<const Mirror> mirror_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace comfytrace::history::columns
