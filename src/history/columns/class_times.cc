#include "history/columns/class_times.h"

namespace comfytrace::history::columns {

ClassTimes::View ClassTimes::view() const {
  const auto sealed = [this] { return View{nullptr, sealed_.load(std::memory_order_acquire)}; };
  if (View view = sealed(); view.sealed) return view;
  {
    const std::lock_guard lock(mutex_);
    if (open_) return {open_, nullptr};
  }
  return sealed();  // meanwhile
}

std::size_t ClassTimes::bytes() const {
  const View times = view();
  return times.sealed ? times.sealed->bytes() : times.open ? times.open->bytes() : 0;
}

bool ClassTimes::append(std::uint32_t row, std::string_view times) {
  if (!open_) {
    auto fresh = std::make_shared<OpenTimes>();
    const std::lock_guard lock(mutex_);
    open_ = std::move(fresh);
  }
  return open_->append(row, times);
}

// What readers hold of the rows goes with the last of them.
void ClassTimes::seal(const Interner<NodeShape>& shapes) {
  load(SealedTimes::of(*open_, shapes));
  std::shared_ptr<OpenTimes> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(open_);
}

}  // namespace comfytrace::history::columns
