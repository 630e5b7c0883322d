#include "base/counters.h"

namespace comfytrace::base {
namespace {

struct Description {
  Counter counter;
  std::string_view name;
  Severity severity;
  std::string_view sentence;
};

constexpr std::array kTable{
    Description{Counter::frames_received, "frames_received", Severity::info, "Frames received from workers."},
    Description{
        Counter::frames_malformed, "frames_malformed", Severity::warning,
        "Frames that could not be read and were left out; what they told is taken from the worker's history instead."},
    Description{Counter::frames_unknown, "frames_unknown", Severity::info,
                "Frames of a type that this version does not know."},
    Description{Counter::frames_oversized, "frames_oversized", Severity::warning,
                "Frames over the size bound; the connection was closed and made anew."},
    Description{Counter::bodies_malformed, "bodies_malformed", Severity::warning,
                "Answers of a worker that are not what a ComfyUI answers."},
    Description{Counter::worker_requests_failed, "worker_requests_failed", Severity::warning,
                "Requests to a worker that failed; they are made again."},
    Description{Counter::worker_connects_failed, "worker_connects_failed", Severity::warning,
                "Connection attempts to a worker that failed."},
    Description{Counter::worker_disconnects, "worker_disconnects", Severity::info,
                "Connections to a worker that ended."},
    Description{Counter::worker_stalls, "worker_stalls", Severity::warning,
                "Times a worker gave no news for longer than its own history explains."},
    Description{Counter::attempts_lost, "attempts_lost", Severity::loss,
                "Attempts that vanished when ComfyUI ended before finishing them."},
    Description{Counter::facts_out_of_order, "facts_out_of_order", Severity::info,
                "Facts that came after the end of their attempt; merged where they add something."},
    Description{Counter::history_saves, "history_saves", Severity::info, "Runs written to the history."},
    Description{Counter::history_save_failures, "history_save_failures", Severity::loss,
                "Writes to the history that failed; the runs are kept in memory and written again."},
    Description{Counter::history_queue_full, "history_queue_full", Severity::warning,
                "Times the history writer was behind; the runs waited in memory."},
    Description{Counter::live_clients, "live_clients", Severity::info, "Pages that connected."},
    Description{Counter::live_updates_dropped, "live_updates_dropped", Severity::info,
                "Intermediate updates left out for pages that could not keep up."},
    Description{Counter::live_clients_kicked, "live_clients_kicked", Severity::warning,
                "Pages that were closed because they stopped reading."},
    Description{Counter::api_requests, "api_requests", Severity::info, "HTTP requests served."},
    Description{Counter::api_requests_refused, "api_requests_refused", Severity::warning,
                "HTTP requests refused for their Host, Origin, token or size."},
    Description{Counter::alerts_raised, "alerts_raised", Severity::info, "Alerts that were raised."},
    Description{Counter::alert_tries_failed, "alert_tries_failed", Severity::warning,
                "Tries to send a notice of an alert that failed; most are made again."},
    Description{Counter::alert_notices_lost, "alert_notices_lost", Severity::loss,
                "Notices of alerts that were given up after several tries, or because too many waited; the alerts "
                "themselves are in the history."},
};
static_assert(kTable.size() == static_cast<std::size_t>(Counter::kCount), "every counter has a row");

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].counter) != i) return false;
  }
  return true;
}
static_assert(in_enum_order(), "rows stand in the order of the enum");

}  // namespace

std::vector<CounterRow> Counters::rows() const {
  std::vector<CounterRow> rows;
  rows.reserve(kTable.size());
  for (const auto& row : kTable) rows.push_back({row.name, row.severity, row.sentence, get(row.counter)});
  return rows;
}

void Counters::reset() {
  for (auto& value : values_) value.store(0, std::memory_order_relaxed);
}

Counters& counters() {
  static Counters table;
  return table;
}

}  // namespace comfytrace::base
