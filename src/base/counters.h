#pragma once

#include <array>
#include <atomic>
#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace comfytrace::base {

enum class Severity { info, warning, loss };
BOOST_DESCRIBE_ENUM(Severity, info, warning, loss)

// Every count of something that went another way than it should. One row a counter in counters.cc gives its
// severity and the sentence that `doctor`, /metrics and the page show.
enum class Counter {
  frames_received,         // frames from workers, all kinds
  frames_malformed,        // not decodable; the frame is dropped, the run goes on
  frames_unknown,          // a type we do not know; kept
  frames_oversized,        // over the frame bound; the connection is closed and made anew
  bodies_malformed,        // an HTTP answer of a worker that could not be decoded
  worker_requests_failed,  // an HTTP request to a worker that failed
  worker_connects_failed,  // a connection attempt that failed
  worker_disconnects,      // a connection that ended
  worker_stalls,           // a node ran longer without news than its own history explains
  attempts_lost,           // attempts that ended as workerLost
  facts_out_of_order,      // a fact that came after the end it belongs before; merged or ignored
  history_saves,           // runs made durable
  history_save_failures,   // saves that failed and are kept for another try
  history_queue_full,      // the writer was behind; the run is kept in memory and written later
  live_clients,            // pages that connected
  live_updates_dropped,    // intermediate updates left out for a page that cannot keep up
  live_clients_kicked,     // pages closed because they stopped reading
  api_requests,            // HTTP requests served
  api_requests_refused,    // refused for Host, Origin, token or a bound
  alerts_raised,           // alerts that were raised
  alert_tries_failed,      // tries to send a notice that failed
  alert_notices_lost,      // notices given up, or dropped because too many waited
  kCount,
};

struct CounterRow {
  std::string_view name;  // snake_case, as in /metrics without prefix and suffix
  Severity severity;
  std::string_view sentence;
  std::uint64_t value;
};

// Process-wide, lock-free, any thread.
class Counters {
 public:
  void add(Counter counter, std::uint64_t by = 1) {
    values_[static_cast<std::size_t>(counter)].fetch_add(by, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get(Counter counter) const {
    return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }
  // All of them, in the order of the enum.
  [[nodiscard]] std::vector<CounterRow> rows() const;
  void reset();

 private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Counter::kCount)> values_{};
};

[[nodiscard]] Counters& counters();

}  // namespace comfytrace::base
