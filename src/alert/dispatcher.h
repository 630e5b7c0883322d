#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alert/notice.h"
#include "alert/sink.h"
#include "base/clock.h"
#include "base/codec.h"
#include "net/asio.h"

namespace comfytrace::alert {

enum class SinkKind { webhook, command };
BOOST_DESCRIBE_ENUM(SinkKind, webhook, command)

// What people are told of a sink; nothing of it is secret.
struct SinkInfo {
  std::string name;
  SinkKind kind = SinkKind::webhook;
  std::string target;  // the host, or the program
  history::AlertSeverity min_severity = history::AlertSeverity::info;
};

struct SinkState {
  std::string name;
  SinkKind kind = SinkKind::webhook;
  std::string target;
  history::AlertSeverity min_severity = history::AlertSeverity::info;
  std::int64_t waiting = 0;
  std::int64_t delivered = 0;  // since this program started
  std::int64_t lost = 0;       // the same
  std::optional<std::int64_t> delivered_at_ms;
  std::optional<std::string> last_error;  // of the last try; absent: it succeeded, or there was none
};
BOOST_DESCRIBE_STRUCT(SinkState, (),
                      (name, kind, target, min_severity, waiting, delivered, lost, delivered_at_ms, last_error))

// How a test notice went.
struct SinkOutcome {
  std::string name;
  bool delivered = false;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(SinkOutcome, (), (name, delivered, error))

// Hands notices to the sinks, each at its own pace: one at a time, in order, with a few tries. I/O thread only; nobody
// waits for it. Full-policy: when `capacity` notices wait for a sink, the oldest waiting one is lost, and counted.
class Dispatcher {
 public:
  struct Options {
    std::vector<std::int64_t> retry_ms = {2'000, 10'000, 60'000,
                                          300'000};  // after each failed try; then it is given up
    std::size_t capacity = 64;
  };

  Dispatcher(net::asio::io_context& io, const base::Clock& clock) : Dispatcher(io, clock, Options()) {}
  Dispatcher(net::asio::io_context& io, const base::Clock& clock, Options options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void add(SinkInfo info, std::unique_ptr<Sink> sink);
  void send(const Notice& notice);
  // One try a sink, before what waits there. `done` is called once, later, in order of the sinks; not after stop().
  void test(std::function<void(std::vector<SinkOutcome>)> done);
  [[nodiscard]] std::vector<SinkState> states() const;
  // Gives up what waits and what is under way.
  void stop();

 private:
  class Lane;
  net::asio::io_context& io_;
  const base::Clock& clock_;
  const Options options_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace comfytrace::alert
