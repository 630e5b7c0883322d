#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "history/columns/sealed_times.h"

namespace comfytrace::history::columns {

// What the classes of node took in the rows of a chunk.
class ClassTimes {
 public:
  // One of the two. Good for as long as it is held, whatever the writer does.
  struct View {
    std::shared_ptr<const OpenTimes> open;
    const SealedTimes* sealed = nullptr;
  };
  ClassTimes() = default;
  ClassTimes(const ClassTimes&) = delete;
  ~ClassTimes() { delete sealed_.load(); }

  [[nodiscard]] View view() const;
  [[nodiscard]] std::size_t bytes() const;

  // The writer alone. append: false, there is no room; seal: of a chunk that is full, which appends no more.
  [[nodiscard]] bool append(std::uint32_t row, std::string_view times);
  void seal(const Interner<NodeShape>& shapes);
  void load(std::unique_ptr<const SealedTimes> sealed) { sealed_.store(sealed.release(), std::memory_order_release); }

 private:
  std::atomic<const SealedTimes*> sealed_ = nullptr;  // owned
  mutable std::mutex mutex_;                          // of the pointer, not of what it points to
  std::shared_ptr<OpenTimes> open_;
};

}  // namespace comfytrace::history::columns
