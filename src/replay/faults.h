#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// What a replayed server does wrong on purpose. Everything is decided by the seed and by counting, never by a clock.
namespace comfytrace::replay {

// Frames are counted from 1 over all that the server publishes, whoever gets them. 0 is "never" throughout.
struct Faults {
  std::uint64_t seed = 1;

  std::uint64_t cut_every = 0;  // every Nth frame: all sockets end without a close frame, before it is sent
  double cut_rate = 0;          // the same, with this probability at each frame
  std::uint64_t stall_at = 0;   // at this frame nothing is sent or answered for stall_ms; then all of it
  std::int64_t stall_ms = 5'000;
  std::uint64_t garbage_every = 0;    // every Nth frame is preceded by one that is none: bytes, cut JSON, bad UTF-8
  std::uint64_t duplicate_every = 0;  // every Nth frame is sent twice
  std::uint64_t reorder_every = 0;    // every Nth frame changes places with the next
  std::uint64_t oversize_at = 0;      // this frame is preceded by one of oversize_bytes
  std::size_t oversize_bytes = 10u << 20;
  std::uint64_t restart_at = 0;     // at this frame connections die and the memory is lost; …
  std::int64_t restart_at_ms = 0;   // … or this long after the start of the play, in its (scaled) time
  std::int64_t restart_ms = 1'000;  // … and nobody listens for so long
  double http_error_rate = 0;       // requests answered by 500
  double http_slow_rate = 0;        // requests answered http_slow_ms late
  std::int64_t http_slow_ms = 3'000;

  [[nodiscard]] bool any() const;
};

// Reads specs such as "cut:every=50", "cut:rate=0.01", "stall:at=30,ms=2000", "garbage:every=20", "duplicate:every=5",
// "reorder:every=7", "oversize:at=10,mib=10", "restart:at=100,ms=1500", "restart:after-ms=4000",
// "http:errors=0.1,slow=0.2,slow-ms=500". Errors: invalid, naming the spec and what is known.
[[nodiscard]] base::Result<Faults> parse_faults(const std::vector<std::string>& specs, std::uint64_t seed = 1);
// The specs' grammar in a few lines, for --help.
[[nodiscard]] std::string_view faults_help();

// What happens at one frame.
struct FrameFate {
  bool cut = false;
  bool restart = false;
  bool duplicate = false;
  bool swap_with_next = false;
  std::int64_t stall_ms = 0;
  std::optional<std::string> garbage;  // sent before it
  bool garbage_is_binary = false;
  bool oversize = false;
};

struct RequestFate {
  bool error = false;
  std::int64_t delay_ms = 0;
};

// Deals the faults out. The same Faults and the same number of calls always give the same fates.
class FaultDealer {
 public:
  explicit FaultDealer(const Faults& faults);
  // For the next frame; `payload` is what garbage may be cut from.
  [[nodiscard]] FrameFate next_frame(std::string_view payload);
  [[nodiscard]] RequestFate next_request();
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  Faults faults_;
  std::mt19937_64 frame_random_;
  std::mt19937_64 request_random_;  // apart, so that requests do not change what happens to frames
  std::uint64_t frames_ = 0;
};

}  // namespace comfytrace::replay
