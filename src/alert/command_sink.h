#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/sink.h"
#include "net/timer.h"

namespace comfytrace::alert {

struct CommandSetting {
  std::vector<std::string> argv;  // at least one; no shell reads it
  std::int64_t timeout_ms = 10'000;
};

// Runs a program a notice: the notice as JSON on its standard input and COMFYTRACE_ALERT_* in its environment. It
// inherits no open file of ours, and what it prints goes nowhere. One at a time; what is not done in time is killed
// with all that it has started in its process group.
class CommandSink final : public Sink {
 public:
  CommandSink(net::asio::io_context& io, CommandSetting setting);
  ~CommandSink() override { cancel(); }
  void send(const Notice& notice, Done done) override;
  void cancel() override;

 private:
  [[nodiscard]] base::Result<pid_t> spawn(const Notice& notice) const;
  void wait_for_end();
  void look();
  void finish(Delivery delivery);

  const CommandSetting setting_;
  net::Timer timer_;
  std::optional<pid_t> child_;
  std::int64_t kill_at_ms_ = 0;  // steady
  bool killed_ = false;
  Done done_;
};

// What the program finds in its environment: "NAME=value".
[[nodiscard]] std::vector<std::string> alert_environment(const Notice& notice);

}  // namespace comfytrace::alert
