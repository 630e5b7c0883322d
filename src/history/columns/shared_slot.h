#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace comfytrace::history::columns {

// Holds the last of something that is made anew and never changed. Any thread.
template <class T>
class SharedSlot {
 public:
  // Null: there is none yet.
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }
  void put(std::shared_ptr<const T> made) const {
    const std::lock_guard lock(mutex_);
    held_ = std::move(made);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const T> held_;
};

}  // namespace comfytrace::history::columns
