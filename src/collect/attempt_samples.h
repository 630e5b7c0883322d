#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history/run_history.h"
#include "model/live.h"
#include "model/worker.h"

namespace comfytrace::collect {

// Gathers the device readings of each attempt that executes. Of very long attempts every second one is left out, again
// and again, so that a series stays bounded.
class AttemptSamples {
 public:
  // Returns the series when the attempt has ended, if there were readings.
  [[nodiscard]] std::optional<history::SampleSeries> note(const model::LiveScene& scene);
  void add(const std::string& worker_id, const std::vector<model::DeviceSample>& samples);

 private:
  struct Open {
    history::SampleSeries series;
    std::size_t keep_every = 1;  // rounds
    std::size_t round = 0;
  };
  using Key = std::pair<std::string, std::string>;  // worker, prompt

  std::map<Key, Open> open_;
  std::map<std::string, std::vector<model::DeviceSample>> last_;  // a worker's last round, from before the attempt
};

}  // namespace comfytrace::collect
