#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collect/collector_timings.h"
#include "collect/recent_keys.h"
#include "collect/worker_requests.h"
#include "comfyui/body.h"
#include "net/timer.h"

namespace comfytrace::collect {

// Takes in what a worker's history remembers, one request at a time: single prompts that are wanted, the newest
// entries after each connect and at idle moments, and page by page everything when there may be a gap.
class HistoryReader {
 public:
  struct Handlers {
    std::function<void(std::vector<comfyui::HistoryEntry>)> entries;
    std::function<void(const std::string& prompt_id)> missing;
  };

  HistoryReader(net::asio::io_context& io, const base::Clock& clock, WorkerRequests& requests,
                const CollectorTimings& timings, Handlers handlers);

  // The worker has become reachable: reads the newest page, and all the rest unless it ends in what is known.
  void start();
  // After WorkerRequests::cancel_all(). What is wanted stays wanted.
  void stop();
  void want(const std::string& prompt_id);
  // The queue has run empty: prompts too short to be seen in it are in the history now.
  void look_for_short_prompts();

 private:
  struct Wanted {
    bool asked = false;                         // by itself, or by a read of the newest entries
    std::int64_t next_look_ms = 0;              // steady
    std::optional<std::int64_t> first_look_ms;  // steady; of the first answer without it
  };
  // Reading everything, oldest first: the only way the worker offers.
  struct BackFill {
    // Not left to the compiler: clang 14 would look for the initialisers before it has read them.
    BackFill() {}
    std::int64_t offset = 0;
    std::int64_t page = 0;
    std::int64_t failures = 0;
    std::int64_t next_page_ms = 0;  // steady
    std::string first_of_last_page;
  };

  void pump();
  void get(const std::string& target, std::function<void(base::Result<std::vector<comfyui::HistoryEntry>>)> done);
  void ask_newest();
  void ask_wanted(const std::string& prompt_id);
  void ask_page();
  void take_newest(std::int64_t asked, base::Result<std::vector<comfyui::HistoryEntry>> entries);
  void take_wanted(const std::string& prompt_id, base::Result<std::vector<comfyui::HistoryEntry>> entries);
  void take_page(base::Result<std::vector<comfyui::HistoryEntry>> entries);
  // Hands over those of `entries` that have not been handed over before; returns how many.
  std::size_t hand_over(std::vector<comfyui::HistoryEntry> entries, bool even_if_known);
  void begin_back_fill();

  const base::Clock& clock_;
  WorkerRequests& requests_;
  const CollectorTimings& timings_;
  Handlers handlers_;
  net::Timer timer_;
  RecentKeys seen_;
  std::map<std::string, Wanted> wanted_;
  std::int64_t newest_ = 0;                // so many of the newest entries are to be read; 0: none
  std::int64_t newest_not_before_ms_ = 0;  // steady
  bool connecting_ = false;                // the next read of the newest is the first of this connection
  bool complete_ = false;                  // everything the worker remembered has been read once
  std::optional<BackFill> back_fill_;
  bool running_ = false;
  bool in_flight_ = false;
};

}  // namespace comfytrace::collect
