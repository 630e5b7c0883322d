#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "net/asio.h"

namespace comfytrace::net {

// One call, later, unless cancelled, replaced or destroyed before: also when it had already been due. I/O thread only.
class Timer {
 public:
  explicit Timer(asio::io_context& io) : timer_(io) {}

  void after(std::int64_t delay_ms, std::function<void()> call) {
    const std::uint64_t turn = ++*turn_;
    waiting_ = true;
    timer_.expires_after(std::chrono::milliseconds(delay_ms));
    timer_.async_wait([this, alive = std::weak_ptr(turn_), turn, call = std::move(call)](error_code) {
      const auto current = alive.lock();
      if (!current || *current != turn) return;
      waiting_ = false;
      call();
    });
  }
  void cancel() {
    ++*turn_;
    waiting_ = false;
    timer_.cancel();
  }
  [[nodiscard]] bool waiting() const { return waiting_; }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::uint64_t> turn_ = std::make_shared<std::uint64_t>(0);
  bool waiting_ = false;
};

}  // namespace comfytrace::net
