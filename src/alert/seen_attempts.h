#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "model/attempt.h"

namespace comfytrace::alert {

// Attempts that something was learnt from, so that each counts once. Bounded: the last kAttempts.
class SeenAttempts {
 public:
  static constexpr std::size_t kAttempts = 20'000;

  // Whether this one was not seen yet; it is from now on.
  [[nodiscard]] bool is_new(const model::Attempt& attempt) {
    std::pair key(attempt.worker_id, attempt.prompt_id);
    if (!seen_.insert(key).second) return false;
    order_.push_back(std::move(key));
    if (order_.size() > kAttempts) {
      seen_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::set<std::pair<std::string, std::string>> seen_;
  std::deque<std::pair<std::string, std::string>> order_;
};

}  // namespace comfytrace::alert
