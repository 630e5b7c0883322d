#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "generate/catalogue.h"
#include "generate/options.h"
#include "generate/random.h"

namespace comfytrace::generate {

// Somebody queues a run.
struct Arrival {
  std::int64_t at_ms = 0;
  std::size_t workflow = 0;
  std::size_t worker = 0;
  std::size_t size = 0;
  std::uint64_t sitting = 0;  // the same for what one person queued in one go
  bool first = false;         // of its sitting
};

// How often one workflow is queued on one worker: a share of all runs.
[[nodiscard]] double share_of(const std::vector<Workflow>& workflows, std::size_t workflow, std::size_t worker,
                              std::size_t workers);

// When people queue runs: by hour and weekday, more on some days than on others, and in bursts. Oldest first, exactly
// `options.runs` of them.
class Calendar {
 public:
  Calendar(const Options& options, const std::vector<Workflow>& workflows, std::size_t workers);
  [[nodiscard]] std::optional<Arrival> next();
  [[nodiscard]] std::int64_t from_ms() const { return from_ms_; }

 private:
  void fill_hour();
  void add_sitting(std::int64_t runs);
  [[nodiscard]] double weight_of(std::int64_t hour);

  const std::vector<Workflow>& workflows_;
  std::size_t workers_;
  std::int64_t runs_;
  std::int64_t from_ms_;
  std::int64_t hours_;
  Random random_;
  std::vector<double> day_factors_;
  double all_weight_ = 0;
  double weight_so_far_ = 0;
  std::int64_t given_ = 0;
  std::int64_t hour_ = 0;
  std::uint64_t sittings_ = 0;
  std::vector<Arrival> waiting_;  // of one hour, latest first
};

}  // namespace comfytrace::generate
