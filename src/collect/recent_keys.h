#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace comfytrace::collect {

// The last so many texts, as hashes. A collision makes a text look known that is not; what rests on this must be
// found again another way.
class RecentKeys {
 public:
  explicit RecentKeys(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool contains(std::string_view key) const {
    return hashes_.contains(std::hash<std::string_view>{}(key));
  }
  // False if it was there already.
  bool add(std::string_view key) {
    const std::size_t hash = std::hash<std::string_view>{}(key);
    if (!hashes_.insert(hash).second) return false;
    order_.push_back(hash);
    if (order_.size() > capacity_) {
      hashes_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  const std::size_t capacity_;
  std::unordered_set<std::size_t> hashes_;
  std::deque<std::size_t> order_;
};

}  // namespace comfytrace::collect
