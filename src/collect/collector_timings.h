#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "net/websocket_client.h"

namespace comfytrace::collect {

// Every wait of the collector, in one place so that tests need not wait. All in milliseconds.
struct CollectorTimings {
  std::vector<std::int64_t> back_off_ms = {1'000, 2'000, 4'000, 8'000, 16'000};
  std::int64_t slow_retry_ms = 30'000;  // after those, and at once for an address that is not a ComfyUI; for ever
  double jitter_ratio = 0.2;            // each wait is varied by up to this much either way
  std::function<double()> random;       // 0 <= x < 1; empty: a generator of our own

  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t ping_interval_ms = 5'000;
  std::int64_t ping_timeout_ms = 10'000;
  std::int64_t http_timeout_ms = 10'000;
  std::size_t max_frame_bytes = 64u << 20;
  std::size_t max_body_bytes = 64u << 20;

  std::int64_t tick_ms = 1'000;                 // /queue while something is queued; the stall check
  std::int64_t relaxed_queue_ms = 5'000;        // the same while our extension tells it anyway
  std::int64_t status_debounce_ms = 50;         // from a status frame to the /queue it causes
  std::int64_t busy_stats_ms = 2'000;           // /system_stats while something runs
  std::int64_t idle_stats_ms = 10'000;          // /system_stats, and /prompt, while nothing does
  std::int64_t history_retry_ms = 200;          // between two looks for an entry that is not there yet
  std::int64_t history_window_ms = 2'000;       // how long one looks before HistoryMissing
  std::int64_t back_fill_pause_ms = 50;         // between two pages, so that ComfyUI is not held up
  std::int64_t back_fill_entries = 10'000;      // what ComfyUI keeps at most
  std::int64_t page_entries = 64;               // of a page of /history
  std::int64_t idle_entries = 16;               // looked at when the queue has run empty, or so many have ended
  std::int64_t failed_polls_to_disconnect = 3;  // /queue timing out that often in a row: the worker does not answer

  std::int64_t stall_floor_ms = 60'000;                 // never stalled before this
  double stall_factor = 3;                              // times the longest duration known
  std::int64_t stall_without_history_ms = 15 * 60'000;  // for work never seen before
};

}  // namespace comfytrace::collect
