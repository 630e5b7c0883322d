#include "history/columns/summary_keeper.h"

#include <sys/resource.h>
#include <time.h>

#include "history/columns/scene_learner.h"
#include "history/columns/statistics.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::chrono::seconds kBetween{10};

std::int64_t utc_offset_ms() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  return localtime_r(&now, &local) ? std::int64_t{local.tm_gmtoff} * 1'000 : 0;
}

}  // namespace

SummaryKeeper::SummaryKeeper(std::shared_ptr<const Mirror> mirror, std::chrono::milliseconds after_start)
    : mirror_(std::move(mirror)), thread_([this, after_start] { run(after_start); }) {}

SummaryKeeper::~SummaryKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wakes_.notify_one();
  thread_.join();
}

bool SummaryKeeper::learn_all(const ColumnStore::Snapshot& snapshot) {
  for (std::size_t chunk = 0; chunk < snapshot.chunks(); ++chunk) {
    learn_scene_works(snapshot, chunk);
    const std::lock_guard lock(mutex_);
    if (ends_) return false;
  }
  return true;
}

void SummaryKeeper::run(std::chrono::milliseconds after_start) {
  // Of Linux: 0 means the calling thread alone.
  (void)setpriority(PRIO_PROCESS, 0, 19);
  std::chrono::milliseconds wait = after_start;
  std::unique_lock lock(mutex_);
  while (!wakes_.wait_for(lock, wait, [this] { return ends_; })) {
    wait = kBetween;
    lock.unlock();
    const auto view = mirror_->view();
    // First what takes little time.
    if (view.store && !learn_all(view.store->snapshot())) return;
    for (std::size_t chunk = 0; view.store && chunk < view.store->snapshot().chunks(); ++chunk) {
      prepare_summaries(view.store->snapshot(), chunk, utc_offset_ms());
      const std::lock_guard again(mutex_);
      if (ends_) return;
    }
    lock.lock();
  }
}

}  // namespace comfytrace::history::columns
