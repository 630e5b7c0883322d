#include "generate/effects.h"

#include <cmath>

namespace comfytrace::generate {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

// What a scenario is like: whom it touches, and how large it is where nobody says.
struct Nature {
  Scenario scenario;
  bool whole_worker;
  bool changes_times;  // so that another scenario on the same runs would blur both truths
  double least;
  double most;
  const char* unit;
  const char* what;
};

constexpr Nature kNatures[] = {
    {Scenario::drift, false, true, 0.25, 0.6, "ratio", "its durations grow steadily, by this much at the end"},
    {Scenario::step, false, true, 0.05, 0.5, "ratio", "its durations are longer by this much from here on"},
    {Scenario::outliers, false, true, 2, 5, "ratio", "one run in forty takes longer by this much"},
    {Scenario::failures, false, true, 8, 15, "runs", "so many runs on end fail, out of memory"},
    {Scenario::slowNode, false, true, 0.2, 0.8, "ratio", "this class of node takes longer by this much from here on"},
    {Scenario::modelChange, false, true, 0.1, 0.4, "ratio", "its model file is another, and it takes longer"},
    {Scenario::leak, true, false, 30, 120, "bytes", "every run leaves this much VRAM in use, until a restart"},
    {Scenario::update, true, true, 0.08, 0.3, "ratio", "ComfyUI and PyTorch are updated, and all takes longer"},
    {Scenario::quietUpdate, true, false, 0, 0, "ratio", "ComfyUI and PyTorch are updated, and nothing changes"},
    {Scenario::idleGaps, true, false, 8'000, 30'000, "ms", "it does nothing for so long though work waits"},
    {Scenario::cpuFallback, true, true, 6, 10, "runs", "so many runs on end run on the CPU"},
    {Scenario::clockJump, true, false, 1'200'000, 3'000'000, "ms", "its clock goes back by so much, for a while"},
};

const Nature& nature_of(Scenario scenario) {
  for (const Nature& nature : kNatures) {
    if (nature.scenario == scenario) return nature;
  }
  return kNatures[0];
}

bool by_count(Scenario scenario) {
  return scenario == Scenario::failures || scenario == Scenario::cpuFallback;
}

// Whether its truth names each run.
bool names_runs(Scenario scenario) {
  return by_count(scenario) || scenario == Scenario::outliers || scenario == Scenario::clockJump;
}

}  // namespace

Effects::Effects(const Options& options, const std::vector<Workflow>& workflows, const std::vector<WorkerPlan>& workers,
                 std::int64_t from_ms)
    : workflows_(workflows),
      workers_(workers),
      end_ms_(options.end_ms),
      random_(options.seed, "scenarios"),
      pair_taken_(workflows.size(), false),
      worker_taken_(workers.size(), false) {
  for (const ScenarioOrder& order : options.scenarios) place(order, from_ms, options.end_ms);
}

// Each workflow is looked at where it is at home, so that there are many runs to see it by. Scenarios of one workflow
// begin with the most used one, those of a whole worker with the last one; they share only when there is no other.
void Effects::choose_target(Placed& placed) {
  const Nature& nature = nature_of(placed.scenario);
  const std::size_t kinds = std::min<std::size_t>(workers_.size(), kGpuCount);
  placed.any_workflow = nature.whole_worker;
  if (nature.whole_worker) {
    const std::size_t homes = std::min(kinds, workflows_.size());
    placed.worker = homes - 1;
    for (std::size_t i = homes; i-- > 0;) {
      if (worker_taken_[i]) continue;
      bool free = true;
      for (std::size_t w = i; w < workflows_.size(); w += kinds) free = free && !pair_taken_[w];
      if (!free && nature.changes_times) continue;
      placed.worker = i;
      break;
    }
    if (nature.changes_times) worker_taken_[placed.worker] = true;
    return;
  }
  for (std::size_t i = 0; i < workflows_.size(); ++i) {
    if (pair_taken_[i] || worker_taken_[i % kinds]) continue;
    placed.workflow = i;
    break;
  }
  pair_taken_[placed.workflow] = true;
  placed.worker = placed.workflow % kinds;
}

void Effects::place(const ScenarioOrder& order, std::int64_t from_ms, std::int64_t end_ms) {
  const Nature& nature = nature_of(order.scenario);
  Placed placed;
  placed.scenario = order.scenario;
  choose_target(placed);
  // Drawn even where it is ordered, so that ordering one scenario's size does not move the others.
  const double drawn_size = nature.least + random_.uniform() * (nature.most - nature.least);
  const double drawn_place = 0.35 + 0.3 * random_.uniform();
  placed.size = order.size.value_or(by_count(order.scenario) ? std::floor(drawn_size) : drawn_size);
  if (order.scenario == Scenario::leak) placed.size = std::floor(placed.size) * (order.size ? 1 : kMiB);
  if (nature.unit == std::string_view("ms")) placed.size = std::floor(placed.size);
  if (by_count(order.scenario)) placed.left = static_cast<std::int64_t>(placed.size);
  const auto span = static_cast<double>(end_ms - from_ms);
  placed.from_ms = from_ms + static_cast<std::int64_t>(order.place.value_or(drawn_place) * span);

  Truth truth;
  truth.scenario = order.scenario;
  truth.what = nature.what;
  if (!placed.any_workflow) {
    truth.workflow_name = workflows_[placed.workflow].name;
    truth.workflow_fingerprint = workflows_[placed.workflow].fingerprint;
  }
  truth.worker_id = workers_[placed.worker].worker.worker_id;
  truth.from_ms = placed.from_ms;
  truth.size = placed.size;
  truth.unit = nature.unit;
  if (order.scenario == Scenario::slowNode) {
    const auto& nodes = workflows_[placed.workflow].nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const bool samples = nodes[i].work == Work::sample;
      if (samples || nodes[i].work == Work::decode) placed.slow_node = i;
      if (samples) break;
    }
    truth.node_class = nodes[placed.slow_node].class_type;
  }
  if (order.scenario == Scenario::clockJump) truth.to_ms = placed.from_ms + static_cast<std::int64_t>(0.05 * span);
  placed_.push_back(placed);
  truths_.push_back(std::move(truth));
}

Influence Effects::on(const std::string& run_id, std::size_t workflow, std::size_t worker, std::int64_t at_ms) {
  Influence influence;
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    const Placed& placed = placed_[i];
    if (placed.worker != worker || at_ms < placed.from_ms) continue;
    if (!placed.any_workflow && placed.workflow != workflow) continue;
    act(i, run_id, at_ms, influence);
  }
  return influence;
}

void Effects::touch(std::size_t index, const std::string& run_id, std::int64_t at_ms, bool name_it) {
  Truth& truth = truths_[index];
  if (truth.runs++ == 0) truth.first_run_id = run_id;
  if (!name_it) return;
  truth.run_ids.push_back(run_id);
  if (by_count(truth.scenario)) truth.to_ms = at_ms + 1;
}

void Effects::act(std::size_t index, const std::string& run_id, std::int64_t at_ms, Influence& influence) {
  Placed& placed = placed_[index];
  switch (placed.scenario) {
    case Scenario::drift:
      influence.slower *=
          1 + placed.size * static_cast<double>(at_ms - placed.from_ms) / static_cast<double>(end_ms_ - placed.from_ms);
      break;
    case Scenario::step:
      influence.slower *= 1 + placed.size;
      break;
    case Scenario::outliers:
      if (!random_.chance(0.025)) return;
      influence.slower *= 1 + placed.size;
      break;
    case Scenario::slowNode:
      influence.slow_node = placed.slow_node;
      influence.node_slower *= 1 + placed.size;
      break;
    case Scenario::modelChange:
      influence.model_changed = true;
      influence.slower *= 1 + placed.size;
      break;
    case Scenario::update:
    case Scenario::quietUpdate:
      influence.updated = true;
      influence.slower *= 1 + placed.size;
      break;
    case Scenario::failures:
    case Scenario::cpuFallback:
      if (placed.left == 0) return;
      --placed.left;
      (placed.scenario == Scenario::failures ? influence.fails : influence.on_cpu) = true;
      break;
    case Scenario::leak:
      return leak(index, run_id, at_ms, influence);
    case Scenario::idleGaps:
      influence.idle_ms = static_cast<std::int64_t>(placed.size);
      break;
    case Scenario::clockJump:
      if (at_ms >= truths_[index].to_ms) return;
      influence.clock_offset_ms -= static_cast<std::int64_t>(placed.size);
      break;
  }
  touch(index, run_id, at_ms, names_runs(placed.scenario));
}

// Somebody starts the worker again before so much is lost that its largest model no longer fits.
void Effects::leak(std::size_t index, const std::string& run_id, std::int64_t at_ms, Influence& influence) {
  Placed& placed = placed_[index];
  const std::int64_t total = workers_[placed.worker].environment.vram_total_bytes.value_or(0);
  if (placed.lost_bytes > total / 4) {
    placed.lost_bytes = 0;
    influence.restarted = true;
    truths_[index].restart_run_ids.push_back(run_id);
  }
  influence.lost_bytes += placed.lost_bytes;
  placed.lost_bytes += static_cast<std::int64_t>(placed.size);
  touch(index, run_id, at_ms, false);
}

}  // namespace comfytrace::generate
