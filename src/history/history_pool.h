#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/result.h"
#include "history/run_history.h"

namespace comfytrace::history {

// A few threads that answer questions about the history, each with a reader of its own.
class HistoryPool {
 public:
  using Question = std::function<void(const RunHistoryReader&)>;
  using OpenReader = std::function<base::Result<std::unique_ptr<RunHistoryReader>>()>;

  // Opens one reader a thread, here and now. Errors: those of `open`.
  [[nodiscard]] static base::Result<std::unique_ptr<HistoryPool>> start(const OpenReader& open, std::size_t threads = 2,
                                                                        std::size_t capacity = 512);
  ~HistoryPool();  // as stop()
  HistoryPool(const HistoryPool&) = delete;

  // Runs `question` on one of the threads. It must not throw, and must carry its answer back by itself. False, and
  // `question` untouched, when the queue is full or the pool stopped: answer 503. Any thread.
  [[nodiscard]] bool post(Question&& question);
  // Questions that wait.
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  // Lets the questions that are running end; those that wait are dropped unanswered. Idempotent.
  void stop();

 private:
  explicit HistoryPool(std::size_t capacity) : queue_(capacity) {}
  void run(const RunHistoryReader& reader);

  base::BoundedQueue<Question> queue_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::unique_ptr<RunHistoryReader>> readers_;
  std::vector<std::thread> threads_;
};

}  // namespace comfytrace::history
