#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::api {

// Counts what finished while this program ran, and writes it as Prometheus text. I/O thread only.
class Metrics {
 public:
  // Once for each attempt that ended. Not for those found in a worker's history at first contact.
  void attempt_finished(const model::Attempt& attempt);

  struct Gauges {
    std::vector<model::WorkerState> workers;
    WriterHealth writer;
    Cost cost;
    std::int64_t live_clients = 0;
    std::optional<std::int64_t> history_runs;  // absent: the history does not answer
    std::optional<std::int64_t> history_bytes;
    std::string version;
  };
  // Text format 0.0.4.
  [[nodiscard]] std::string text(const Gauges& gauges) const;

 private:
  // Upper bounds in seconds, to an hour: a video takes minutes.
  static constexpr std::array<double, 14> kBuckets{0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600};
  struct Histogram {
    std::array<std::uint64_t, kBuckets.size()> counts{};  // not cumulative
    std::uint64_t count = 0;
    double sum_s = 0;
    void add(double seconds);
  };
  static void write(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram);

  std::map<model::Status, std::uint64_t> jobs_;
  Histogram durations_;
  std::map<std::string, Histogram> nodes_;  // by class type; beyond a bound, "other"
};

}  // namespace comfytrace::api
