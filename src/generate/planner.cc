#include "generate/planner.h"

#include <algorithm>
#include <cmath>

namespace comfytrace::generate {
namespace {

using model::ExitReason;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr double kCpuSlower = 14;          // than the GPU
constexpr double kShareOfNodeNoise = 0.5;  // a node's own noise, of the whole's
constexpr double kErrorsAtLoading = 0.2;   // of execution errors

std::int32_t whole_ms(double ms) {
  return static_cast<std::int32_t>(std::min(ms + 0.5, 2e9));
}

bool runs_on_gpu(ExitReason reason) {
  return reason != ExitReason::validationError && reason != ExitReason::deleted && reason != ExitReason::maxWait;
}

bool is_worth_retrying(ExitReason reason) {
  return reason != ExitReason::success && reason != ExitReason::validationError && reason != ExitReason::interrupted &&
         reason != ExitReason::deleted;
}

model::AttemptEnvironment on_cpu(model::AttemptEnvironment environment) {
  environment.device_name = "cpu";
  environment.device_type = "cpu";
  environment.vram_total_bytes.reset();
  return environment;
}

}  // namespace

Planner::Planner(const Options& options)
    : options_(options),
      workflows_(generate::workflows(options.workflows)),
      workers_(generate::workers(options.workers,
                                 options.end_ms - static_cast<std::int64_t>(days_of(options) * 86'400'000))),
      calendar_(options, workflows_, workers_.size()),
      effects_(options, workflows_, workers_, calendar_.from_ms()),
      ids_(options.seed, "ids"),
      work_(options.seed, "work"),
      fate_(options.seed, "fate"),
      people_(options.seed, "people"),
      sigma_(sigma_of_cv(options.cv)),
      states_(workers_.size()),
      prompts_(workflows_.size() * workers_.size(), 0),
      stories_(workflows_.size(), 0) {
  for (const WorkerPlan& worker : workers_) cpu_environments_.push_back(on_cpu(worker.environment));
}

Id Planner::next_id() {
  Id id;
  id.high = ids_.next();
  id.low = ids_.next();
  return id;
}

const PlannedRun* Planner::next() {
  const auto arrival = calendar_.next();
  if (!arrival) return nullptr;
  start_run(*arrival);
  std::int64_t queued_at_ms = run_.created_at_ms;
  for (PlannedScene& scene : run_.scenes) {
    plan_scene(scene, queued_at_ms);
    // A driver queues the next scene when the last one is done; a person queues them all at once.
    queued_at_ms = run_.driven ? scene.attempts.back().finished_at_ms + 100 + people_.below(1'900) : queued_at_ms + 8;
    if (!run_.driven) continue;
    WorkerState& state = states_[arrival_.worker];
    state.free_at_ms = std::max(state.free_at_ms, queued_at_ms);
  }
  shift_clock();
  return &run_;
}

void Planner::start_run(const Arrival& arrival) {
  arrival_ = arrival;
  const Workflow& workflow = workflows_[arrival.workflow];
  const WorkerPlan& worker = workers_[arrival.worker];
  run_.run_id = next_id();
  influence_ = effects_.on(uuid_of(run_.run_id.high, run_.run_id.low), arrival.workflow, arrival.worker, arrival.at_ms);
  run_.number = count_++;
  run_.workflow = &workflow;
  run_.worker = &worker;
  run_.size = arrival.size;
  run_.environment = influence_.on_cpu    ? &cpu_environments_[arrival.worker]
                     : influence_.updated ? &worker.updated
                                          : &worker.environment;
  run_.on_cpu = influence_.on_cpu;
  run_.model_changed = influence_.model_changed;
  run_.created_at_ms = arrival.at_ms;
  const bool story = options_.scenes ? *options_.scenes > 1 : people_.chance(workflow.story_share);
  const std::int64_t scenes = options_.scenes ? *options_.scenes : (story ? 2 + people_.below(5) : 1);
  run_.grouped = scenes > 1;
  run_.driven = run_.grouped && people_.chance(0.6);
  run_.backfilled = !run_.driven && people_.chance(0.04);
  run_.archived = people_.chance(0.01);
  run_.tagged = people_.chance(0.05);
  run_.retry_budget = run_.driven ? 1 + people_.below(2) : 0;
  run_.max_wait_ms = run_.driven ? 600'000 : 0;
  if (arrival.first) stories_[arrival.workflow] = next_story_++;
  run_.story.reset();
  if (run_.grouped) run_.story = stories_[arrival.workflow];

  // What was queued before with the same words goes on with them, except for the seed.
  std::uint64_t& prompt = prompts_[arrival.workflow * workers_.size() + arrival.worker];
  if (arrival.first || prompt == 0 || people_.chance(options_.prompt_change_share)) prompt = next_prompt_++;
  run_.scenes.resize(static_cast<std::size_t>(scenes));
  for (std::size_t i = 0; i < run_.scenes.size(); ++i) {
    run_.scenes[i].seed = people_.next();
    run_.scenes[i].prompt = prompt * 8 + i % 8;
    run_.scenes[i].attempts.clear();
  }
  WorkerState& state = states_[arrival.worker];
  if (influence_.restarted) {
    state.workflow = ~std::size_t{0};
    state.loaded = false;
    state.queue_number = 0;
  }
}

void Planner::plan_scene(PlannedScene& scene, std::int64_t queued_at_ms) {
  for (std::int64_t tries = 0;; ++tries) {
    PlannedAttempt& attempt = scene.attempts.emplace_back();
    attempt.queued_at_ms = queued_at_ms;
    // What failed once mostly does not fail again.
    plan_attempt(scene, attempt, tries == 0 || fate_.chance(0.3));
    if (tries >= run_.retry_budget || !is_worth_retrying(attempt.exit_reason)) return;
    queued_at_ms = attempt.finished_at_ms + 500 + people_.below(3'000);
    WorkerState& state = states_[arrival_.worker];
    state.free_at_ms = std::max(state.free_at_ms, queued_at_ms);
  }
}

void Planner::plan_attempt(const PlannedScene& scene, PlannedAttempt& attempt, bool may_fail) {
  WorkerState& state = states_[arrival_.worker];
  attempt.prompt_id = run_.grouped ? next_id() : run_.run_id;
  const std::int64_t ready_ms = attempt.queued_at_ms + 2 + people_.below(9);
  const bool waits = state.free_at_ms > ready_ms;
  const std::int64_t start_ms = waits ? state.free_at_ms + 3 + influence_.idle_ms : ready_ms;
  attempt.exit_reason = draw_ending(start_ms - attempt.queued_at_ms, may_fail);
  attempt.queue_number = state.queue_number++;
  attempt.nodes_begun = 0;
  if (!runs_on_gpu(attempt.exit_reason)) {
    attempt.finished_at_ms =
        attempt.queued_at_ms + (attempt.exit_reason == ExitReason::validationError ? 2
                                : attempt.exit_reason == ExitReason::maxWait
                                    ? run_.max_wait_ms
                                    : std::max<std::int64_t>(1, (start_ms - attempt.queued_at_ms) / 2));
    return;
  }
  const bool same_graph = state.workflow == arrival_.workflow && state.size == arrival_.size &&
                          state.model_changed == influence_.model_changed && !influence_.on_cpu;
  attempt.cached = !same_graph ? Cached::nothing : state.prompt != scene.prompt ? Cached::models : Cached::allButSeed;
  attempt.started_at_ms = start_ms;
  attempt.nodes_begun = run_.workflow->nodes.size();
  draw_durations(attempt);
  if (attempt.exit_reason != ExitReason::success && attempt.exit_reason != ExitReason::postExecution)
    stop_early(attempt);
  std::int64_t offset = kFirstOffsetMs;
  for (std::size_t i = 0; i < attempt.nodes_begun; ++i) {
    if (!was_cached(*run_.workflow, i, attempt.cached)) offset += attempt.node_ms[i] + kPauseMs;
  }
  attempt.finished_at_ms = start_ms + offset;
  read_vram(attempt);
  state.free_at_ms = attempt.finished_at_ms;
  state.workflow = arrival_.workflow;
  state.size = arrival_.size;
  state.prompt = scene.prompt;
  state.model_changed = influence_.model_changed;
  state.loaded = true;
  if (attempt.exit_reason == ExitReason::workerLost || influence_.on_cpu) {
    state.workflow = ~std::size_t{0};
    state.loaded = false;
    state.queue_number = 0;
    if (!influence_.on_cpu) state.free_at_ms += 20'000 + fate_.below(60'000);
  }
}

ExitReason Planner::draw_ending(std::int64_t waited_ms, bool may_fail) {
  if (influence_.fails) return ExitReason::outOfMemory;
  if (run_.driven && waited_ms > run_.max_wait_ms) return ExitReason::maxWait;
  if (!may_fail || !fate_.chance(options_.failure_share)) return ExitReason::success;
  const double roll = fate_.uniform();
  if (roll < 0.34) return ExitReason::executionError;
  if (roll < 0.54) return ExitReason::outOfMemory;
  if (roll < 0.66) return ExitReason::validationError;
  if (roll < 0.86) return ExitReason::interrupted;
  if (roll < 0.93) return ExitReason::deleted;
  if (roll < 0.96) return ExitReason::workerLost;
  return run_.driven ? ExitReason::postExecution : ExitReason::interrupted;
}

// Noise of the whole has the coefficient of variation that was asked for; what the nodes add to it only moves time
// between them.
void Planner::draw_durations(PlannedAttempt& attempt) {
  const Workflow& workflow = *run_.workflow;
  std::array<double, kMaxNodes> ms{};
  double expected = 0;
  double drawn = 0;
  for (std::size_t i = 0; i < workflow.nodes.size(); ++i) {
    if (was_cached(workflow, i, attempt.cached)) continue;
    const double base = duration_ms(workflow, workflow.nodes[i], run_.frame_size(), *run_.worker);
    ms[i] = base * work_.lognormal(sigma_ * kShareOfNodeNoise);
    expected += base;
    drawn += ms[i];
  }
  double factor = work_.lognormal(sigma_) * influence_.slower * expected / std::max(drawn, 1e-9);
  // Drawn in any case, so that the noise of the next scene does not depend on this one's.
  const bool heavy = work_.chance(options_.heavy_tail_share);
  const double tail = 1.3 * work_.pareto(2.2);
  if (heavy) factor *= std::min(tail, 30.0);
  if (influence_.on_cpu) factor *= kCpuSlower;
  for (std::size_t i = 0; i < workflow.nodes.size(); ++i) {
    attempt.node_ms[i] = whole_ms(ms[i] * factor * (i == influence_.slow_node ? influence_.node_slower : 1));
  }
}

void Planner::stop_early(PlannedAttempt& attempt) {
  const auto& nodes = run_.workflow->nodes;
  // Mostly in what takes longest; a missing file is missed by a loader that runs at all.
  std::size_t at = nodes.size();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (was_cached(*run_.workflow, i, attempt.cached)) continue;
    if (at == nodes.size() || attempt.node_ms[i] > attempt.node_ms[at]) at = i;
  }
  if (attempt.exit_reason == ExitReason::executionError && fate_.chance(kErrorsAtLoading)) {
    at = 0;
    while (was_cached(*run_.workflow, at, attempt.cached)) ++at;
  }
  attempt.nodes_begun = at + 1;
  attempt.node_ms[at] = whole_ms(attempt.node_ms[at] * fate_.uniform());
}

void Planner::read_vram(PlannedAttempt& attempt) {
  const auto total = run_.environment->vram_total_bytes;
  if (!total) return;
  const WorkerState& state = states_[arrival_.worker];
  const auto noise = [&] { return work_.below(48) * kMiB; };
  const std::int64_t held = run_.worker->idle_bytes + influence_.lost_bytes;
  const std::int64_t before =
      held + noise() +
      (state.loaded && state.workflow < workflows_.size() ? workflows_[state.workflow].model_bytes : 0);
  const FrameSize& size = run_.frame_size();
  const std::int64_t needed = held + run_.workflow->model_bytes +
                              size.width * size.height * run_.workflow->frames() * run_.workflow->pixel_bytes + noise();
  const std::int64_t after = held + run_.workflow->model_bytes + noise();
  const std::int64_t most = *total - 150 * kMiB;  // what does not fit is kept in the machine's memory
  attempt.vram_free_before_bytes = *total - std::min(before, most);
  attempt.vram_free_after_bytes = *total - std::min(after, most);
  attempt.vram_peak_bytes =
      attempt.exit_reason == ExitReason::outOfMemory ? most : std::min(std::max(needed, before), most);
}

void Planner::shift_clock() {
  if (influence_.clock_offset_ms == 0) return;
  run_.created_at_ms += influence_.clock_offset_ms;
  for (PlannedScene& scene : run_.scenes) {
    for (PlannedAttempt& attempt : scene.attempts) {
      attempt.queued_at_ms += influence_.clock_offset_ms;
      attempt.finished_at_ms += influence_.clock_offset_ms;
      if (attempt.started_at_ms) *attempt.started_at_ms += influence_.clock_offset_ms;
    }
  }
}

}  // namespace comfytrace::generate
