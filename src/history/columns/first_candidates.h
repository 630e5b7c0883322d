#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "history/columns/candidate.h"

namespace comfytrace::history::columns {

// The first `limit` candidates of all that were offered.
class FirstCandidates {
 public:
  explicit FirstCandidates(std::size_t limit) : limit_(limit) {}
  void offer(const Candidate& candidate) {
    if (heap_.size() < limit_) {
      if (heap_.empty()) heap_.reserve(std::min(limit_, kRoom));
      heap_.push_back(candidate);
      if (is_full()) std::make_heap(heap_.begin(), heap_.end(), kBefore);
      return;
    }
    if (!candidate.before(heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), kBefore);
    heap_.back() = candidate;
    std::push_heap(heap_.begin(), heap_.end(), kBefore);
  }
  [[nodiscard]] bool is_full() const { return heap_.size() == limit_; }
  // The last of them; only when full.
  [[nodiscard]] const Candidate& last() const { return heap_.front(); }
  [[nodiscard]] std::vector<Candidate> sorted() && {
    std::sort(heap_.begin(), heap_.end(), kBefore);
    return std::move(heap_);
  }

 private:
  static constexpr std::size_t kRoom = 128;  // of most lists
  std::size_t limit_;
  std::vector<Candidate> heap_;  // one when full
};

}  // namespace comfytrace::history::columns
