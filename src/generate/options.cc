#include "generate/options.h"

#include <algorithm>
#include <cmath>

#include "generate/calendar.h"
#include "generate/catalogue.h"

namespace comfytrace::generate {
namespace {

using base::Error;
using base::ErrorCode;

constexpr double kMeanStoryScenes = 4;

// Milliseconds of work of the busiest worker, warm.
double busiest_ms(const Options& options) {
  const auto flows = workflows(options.workflows);
  const auto machines = workers(options.workers, 0);
  double busiest = 0;
  for (std::size_t m = 0; m < machines.size(); ++m) {
    double work = 0;
    for (std::size_t w = 0; w < flows.size(); ++w) {
      double scene = 0;
      for (const NodePlan& node : flows[w].nodes) {
        // A model is loaded about once in six scenes.
        scene += duration_ms(flows[w], node, flows[w].sizes[0], machines[m]) / (node.work == Work::load ? 6 : 1);
      }
      const double scenes =
          options.scenes ? static_cast<double>(*options.scenes) : 1 + flows[w].story_share * (kMeanStoryScenes - 1);
      work += share_of(flows, w, m, machines.size()) * scenes * scene;
    }
    busiest = std::max(busiest, work);
  }
  return busiest * static_cast<double>(options.runs);
}

Error out_of(const char* option, const std::string& bounds) {
  return {ErrorCode::invalid, "must be " + bounds, option, ""};
}

bool within(double value, double least, double most) {
  return value >= least && value <= most;  // false for NaN
}

}  // namespace

double days_of(const Options& options) {
  if (options.days) return *options.days;
  return std::max(30.0, std::ceil(busiest_ms(options) * 3 / 86'400'000));
}

base::Result<void> check(const Options& options) {
  if (options.runs < 1 || options.runs > 100'000'000) return out_of("--runs", "1 to 100000000");
  if (options.workflows < 1 || options.workflows > kWorkflows)
    return out_of("--workflows", "1 to " + std::to_string(kWorkflows));
  if (options.workers < 1 || options.workers > kMaxWorkers)
    return out_of("--workers", "1 to " + std::to_string(kMaxWorkers));
  if (options.scenes && (*options.scenes < 1 || *options.scenes > 100)) return out_of("--scenes", "1 to 100");
  if (!within(options.cv, 0, 2)) return out_of("--cv", "0 to 2");
  if (!within(options.failure_share, 0, 1)) return out_of("--failures", "0 to 1");
  if (!within(options.heavy_tail_share, 0, 1) || !within(options.prompt_change_share, 0, 1))
    return Error{ErrorCode::invalid, "a share must be 0 to 1"};
  if (options.days && !within(*options.days, 1.0 / 24, 36'500)) return out_of("--days", "an hour to 100 years");
  if (!within(static_cast<double>(options.end_ms), days_of(options) * 86'400'000, 1e13))
    return out_of("--end-ms", "so late that the first run is after 1970, and before the year 2286");
  const double needed = busiest_ms(options) / 0.7 / 86'400'000;
  if (days_of(options) < needed) {
    return Error{
        ErrorCode::invalid, "so many runs do not fit into so few days", "--days",
        "give at least " + std::to_string(static_cast<std::int64_t>(std::ceil(needed))) + ", or more --workers"};
  }
  return {};
}

}  // namespace comfytrace::generate
