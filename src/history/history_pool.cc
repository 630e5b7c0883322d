#include "history/history_pool.h"

#include <utility>

namespace comfytrace::history {

base::Result<std::unique_ptr<HistoryPool>> HistoryPool::start(const OpenReader& open, std::size_t threads,
                                                              std::size_t capacity) {
  std::unique_ptr<HistoryPool> pool(new HistoryPool(capacity));
  for (std::size_t i = 0; i < threads; ++i) {
    auto reader = open();
    if (!reader) return reader.error();
    pool->readers_.push_back(std::move(*reader));
  }
  for (const auto& reader : pool->readers_) {
    pool->threads_.emplace_back([raw = pool.get(), &reader = *reader] { raw->run(reader); });
  }
  return pool;
}

HistoryPool::~HistoryPool() {
  stop();
}

bool HistoryPool::post(Question&& question) {
  return queue_.push(std::move(question));
}

void HistoryPool::run(const RunHistoryReader& reader) {
  while (true) {
    // One at a time: a second question must not wait behind a slow one while another thread is free.
    const auto questions = queue_.pop_all(1);
    if (questions.empty() || stopping_) return;
    questions.front()(reader);
  }
}

void HistoryPool::stop() {
  stopping_ = true;
  queue_.close();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  readers_.clear();
}

}  // namespace comfytrace::history
