#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "history/columns/column_store.h"
#include "history/columns/rid_set.h"

namespace comfytrace::history::columns {

// The columns of one history, shared by its writer and its readers. Any thread.
class Mirror {
 public:
  // One state of the history, whole.
  struct View {
    std::shared_ptr<const ColumnStore> store;    // null: there is none yet
    std::optional<std::int64_t> covers_from_ms;  // absent: every run is in it; else those created at or after this
    ColumnStore::Snapshot snapshot = {};         // of the store
    std::int64_t commit = 0;                     // the commit that made it, which the file's rows name too
  };
  // `patience`: how long a reader waits for a commit that the file has already.
  explicit Mirror(std::chrono::milliseconds patience = std::chrono::seconds(1)) : patience_(patience) {}

  // What readers found out of its snapshots.
  [[nodiscard]] KnownRids& known() { return known_; }

  [[nodiscard]] View view() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }
  // Of that commit, or of a later one if it came first; of an earlier one where patience ended.
  [[nodiscard]] View view_of(std::int64_t commit) const {
    std::unique_lock lock(mutex_);
    shown_.wait_for(lock, patience_, [&] { return view_.commit >= commit; });
    return view_;
  }
  // Readers that are at work keep what they have.
  void show(View view) {
    {
      const std::lock_guard lock(mutex_);
      std::swap(view_, view);
    }
    shown_.notify_all();
  }

 private:
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  mutable std::condition_variable shown_;
  View view_;
  KnownRids known_;
};

}  // namespace comfytrace::history::columns
