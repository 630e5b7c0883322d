#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace comfytrace::history::columns {

// Grows at its end and never moves what it holds. One thread appends; any number read meanwhile what is below a size()
// that they have seen.
template <class T>
class StableVector {
 public:
  StableVector() = default;
  StableVector(const StableVector&) = delete;

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_acquire); }
  [[nodiscard]] const T& operator[](std::size_t i) const {
    const auto [segment, offset] = place(i);
    return segments_[segment][offset];
  }
  // The first `count`, of those a reader may read, one after another.
  template <class Each>
  void each_of_first(std::size_t count, const Each& each) const {
    for (std::size_t segment = 0; count > 0; ++segment) {
      const std::size_t here = std::min(count, kFirst << segment);
      for (const T& item : std::span(segments_[segment].get(), here)) each(item);
      count -= here;
    }
  }
  // The writer alone.
  T& push_back(T value) {
    const std::size_t at = size_.load(std::memory_order_relaxed);
    const auto [segment, offset] = place(at);
    if (offset == 0) segments_[segment] = std::make_unique_for_overwrite<T[]>(kFirst << segment);
    T& kept = segments_[segment][offset] = std::move(value);
    size_.store(at + 1, std::memory_order_release);
    return kept;
  }

 private:
  static constexpr std::size_t kFirst = 64;
  struct Place {
    std::size_t segment;
    std::size_t offset;
  };
  // Segments hold 64, 128, 256, … items.
  static Place place(std::size_t i) {
    const std::size_t shifted = i + kFirst;
    const auto width = std::bit_width(shifted / kFirst);
    const std::size_t segment = width > 0 ? static_cast<std::size_t>(width) - 1 : 0;
    return {segment, shifted - (kFirst << segment)};
  }
  std::array<std::unique_ptr<T[]>, 40> segments_;
  std::atomic<std::size_t> size_ = 0;
};

}  // namespace comfytrace::history::columns
