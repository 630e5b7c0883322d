#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "history/columns/column_store.h"

namespace comfytrace::history::columns {

// The columns of one history, shared by its writer and its readers. Any thread.
class Mirror {
 public:
  struct View {
    std::shared_ptr<const ColumnStore> store;    // null: there is none yet
    std::optional<std::int64_t> covers_from_ms;  // absent: every run is in it; else those created at or after this
  };
  [[nodiscard]] View view() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }
  // Readers that are at work keep what they have.
  void show(View view) {
    const std::lock_guard lock(mutex_);
    std::swap(view_, view);
  }

 private:
  mutable std::mutex mutex_;
  View view_;
};

}  // namespace comfytrace::history::columns
