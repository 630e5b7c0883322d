#include "generate/run_maker.h"

#include "base/enum_names.h"
#include "generate/random.h"

namespace comfytrace::generate {
namespace {

using model::Attempt;
using model::ExitReason;
using model::NodeExecution;
using model::NodeState;
using model::TimeSource;

constexpr const char* kSubjects[] = {"a fox in the snow",     "an old lighthouse",     "a market at dawn",
                                     "a ceramic teapot",      "two dancers",           "a cabin by the lake",
                                     "a city in the rain",    "an astronaut's garden", "a red vintage car",
                                     "a portrait of a baker", "a forest shrine",       "a glass of lemonade"};
constexpr const char* kStyles[] = {
    "watercolour",  "35mm film, shallow depth of field",  "studio light", "flat illustration", "volumetric haze",
    "ink and wash", "soft morning light, highly detailed"};

template <std::size_t N>
const char* one_of(const char* const (&list)[N], std::uint64_t number) {
  return list[number % N];
}

std::string prompt_text(const PlannedRun& plan, std::uint64_t prompt) {
  const std::uint64_t number = mixed(prompt, 7);
  return std::string(one_of(kSubjects, number)) + ", " + one_of(kStyles, number >> 16) + ", take " +
         std::to_string(prompt / 8) + (plan.grouped ? ", shot " + std::to_string(prompt % 8 + 1) : "");
}

model::Parameters parameters_of(const PlannedRun& plan, const PlannedScene& scene) {
  model::Parameters p = plan.workflow->parameters;
  p.checkpoints = checkpoints_of(plan);
  if (!p.steps) return p;
  p.width = plan.frame_size().width;
  p.height = plan.frame_size().height;
  p.seed = std::to_string(scene.seed);
  p.positive_prompt = prompt_text(plan, scene.prompt);
  if (p.cfg > 1.0) p.negative_prompt = "blurry, watermark, extra fingers";
  return p;
}

NodeState state_of(ExitReason reason) {
  switch (reason) {
    case ExitReason::executionError:
    case ExitReason::outOfMemory:
      return NodeState::failed;
    case ExitReason::interrupted:
      return NodeState::interrupted;
    case ExitReason::workerLost:
      return NodeState::abandoned;
    default:
      return NodeState::finished;
  }
}

NodeExecution node_of(const NodePlan& plan) {
  NodeExecution node;
  node.node_id = plan.node_id;
  node.display_node_id = plan.node_id;
  node.class_type = plan.class_type;
  node.title = plan.title;
  return node;
}

void add_nodes(const PlannedRun& plan, const PlannedAttempt& planned, Attempt& attempt) {
  const auto& nodes = plan.workflow->nodes;
  attempt.node_count = static_cast<std::int64_t>(nodes.size());
  if (!planned.started_at_ms) return;
  attempt.cached_known = true;
  attempt.node_times_known = plan.worker->tells_nodes && !plan.backfilled;
  attempt.nodes.reserve(nodes.size());
  std::int64_t offset = kFirstOffsetMs;
  for (std::size_t i = 0; i < planned.nodes_begun && attempt.node_times_known; ++i) {
    if (was_cached(*plan.workflow, i, planned.cached)) continue;
    NodeExecution node = node_of(nodes[i]);
    node.start_offset_ms = offset;
    node.duration_ms = planned.node_ms[i];
    const bool last = i + 1 == planned.nodes_begun;
    node.state = last ? state_of(planned.exit_reason) : NodeState::finished;
    if (nodes[i].work == Work::sample) {
      node.progress_max = static_cast<double>(nodes[i].steps);
      node.progress_value = node.state == NodeState::finished ? *node.progress_max : 0;
    }
    offset += planned.node_ms[i] + kPauseMs;
    attempt.nodes.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!was_cached(*plan.workflow, i, planned.cached)) continue;
    attempt.cached_node_ids.push_back(nodes[i].node_id);
    attempt.nodes.push_back(node_of(nodes[i]));
    attempt.nodes.back().state = NodeState::cached;
  }
}

void add_outcome(const PlannedRun& plan, const PlannedAttempt& planned, Attempt& attempt) {
  const auto& nodes = plan.workflow->nodes;
  switch (planned.exit_reason) {
    case ExitReason::success: {
      const std::string suffix = plan.workflow->kind == model::MediaKind::video ? "_.mp4" : "_.png";
      attempt.artifacts.push_back({nodes.back().node_id,
                                   "ComfyUI_" + std::to_string(planned.prompt_id.low >> 40) + suffix,
                                   plan.workflow->kind == model::MediaKind::video ? "video" : "", "output",
                                   plan.workflow->kind, std::nullopt, false});
      break;
    }
    case ExitReason::executionError:
    case ExitReason::outOfMemory: {
      const NodePlan& node = nodes[planned.nodes_begun - 1];
      const bool memory = planned.exit_reason == ExitReason::outOfMemory;
      attempt.failure = model::Failure{
          node.node_id,
          node.class_type,
          memory                    ? "torch.OutOfMemoryError"
          : node.work == Work::load ? "FileNotFoundError"
                                    : "RuntimeError",
          memory                    ? "Allocation on device would exceed allowed memory. (out of memory)"
          : node.work == Work::load ? "[Errno 2] No such file or directory: '" + plan.workflow->name + ".safetensors'"
                                    : "mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)",
          {"  File \"/opt/comfyui/execution.py\", line 496, in execute\n",
           "  File \"/opt/comfyui/execution.py\", line 315, in get_output_data\n"}};
      break;
    }
    case ExitReason::validationError:
      attempt.validation_errors.push_back({nodes.front().node_id, nodes.front().class_type, "value_not_in_list",
                                           "Value not in list", "a model file that is not there"});
      break;
    default:
      break;
  }
}

Attempt attempt_of(const PlannedRun& plan, const PlannedAttempt& planned) {
  Attempt a;
  a.prompt_id = uuid_of(planned.prompt_id.high, planned.prompt_id.low);
  a.worker_id = plan.worker->worker.worker_id;
  a.exit_reason = planned.exit_reason;
  a.status = status_of(planned.exit_reason);
  a.origin = plan.driven       ? model::Origin::submitted
             : plan.backfilled ? model::Origin::backfilled
                               : model::Origin::observed;
  a.queued_at_ms = planned.queued_at_ms;
  a.queued_at_source = plan.backfilled ? TimeSource::server : TimeSource::receipt;
  a.finished_at_ms = planned.finished_at_ms;
  a.finished_at_source = planned.exit_reason == ExitReason::workerLost ? TimeSource::poll : TimeSource::server;
  if (planned.exit_reason != ExitReason::validationError) a.queue_number = static_cast<double>(planned.queue_number);
  if (planned.started_at_ms) {
    a.started_at_ms = planned.started_at_ms;
    a.started_at_source = TimeSource::server;
    a.duration_ms = planned.finished_at_ms - *planned.started_at_ms;
    a.queue_wait_ms = *planned.started_at_ms - planned.queued_at_ms;
  }
  add_nodes(plan, planned, a);
  add_outcome(plan, planned, a);
  a.vram_free_before_bytes = planned.vram_free_before_bytes;
  a.vram_free_after_bytes = planned.vram_free_after_bytes;
  a.vram_peak_bytes = planned.vram_peak_bytes;
  if (a.vram_free_before_bytes) a.vram_delta_bytes = *a.vram_free_after_bytes - *a.vram_free_before_bytes;
  a.environment = *plan.environment;
  if (plan.on_cpu) a.fallback_notes.push_back("The worker ran on its CPU: it found no GPU");
  a.explanations = {{planned.queued_at_ms, "queued", "made up by `comfytrace generate`"},
                    {planned.finished_at_ms, "ended as " + std::string(base::enum_name(planned.exit_reason)),
                     "made up by `comfytrace generate`"}};
  return a;
}

}  // namespace

std::string workflow_name_of(const PlannedRun& plan) {
  return plan.workflow->name;
}

std::string story_id_of(const PlannedRun& plan) {
  return plan.story ? "story-" + std::to_string(*plan.story) : "";
}

std::string story_title_of(const PlannedRun& plan) {
  return plan.story ? plan.workflow->name + " " + std::to_string(*plan.story) : "";
}

std::vector<std::string> tags_of(const PlannedRun& plan) {
  if (!plan.tagged) return {};
  return {plan.workflow->user, plan.number % 3 == 0 ? "keep" : "draft"};
}

std::vector<std::string> checkpoints_of(const PlannedRun& plan) {
  std::vector<std::string> files = plan.workflow->parameters.checkpoints;
  if (plan.model_changed && !files.empty()) files.front() = plan.workflow->changed_model;
  return files;
}

std::string scene_id_of(std::size_t scene) {
  const std::string number = std::to_string(scene + 1);
  return "scene-" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
}

model::Run run_of(const PlannedRun& plan) {
  model::Run run;
  run.run_id = uuid_of(plan.run_id.high, plan.run_id.low);
  run.grouped = plan.grouped;
  run.created_at_ms = plan.created_at_ms;
  run.workflow_name = workflow_name_of(plan);
  run.title = plan.story ? story_title_of(plan) : *run.workflow_name;
  if (plan.story) {
    run.story_id = story_id_of(plan);
    run.story_title = run.title;
  }
  run.tags = tags_of(plan);
  run.archived = plan.archived;
  if (plan.driven) {
    run.policy.emplace();
    run.policy->max_wait_ms = plan.max_wait_ms;
    run.policy->retry_budget = plan.retry_budget;
  }
  run.scenes.reserve(plan.scenes.size());
  for (std::size_t i = 0; i < plan.scenes.size(); ++i) {
    model::Scene& scene = run.scenes.emplace_back();
    scene.scene_id = scene_id_of(i);
    if (plan.grouped) scene.title = "Shot " + std::to_string(i + 1);
    scene.workflow_fingerprint = plan.workflow->fingerprint;
    scene.work_size = plan.workflow->work_size(plan.frame_size());
    scene.parameters = parameters_of(plan, plan.scenes[i]);
    scene.attempts.reserve(plan.scenes[i].attempts.size());
    for (const PlannedAttempt& attempt : plan.scenes[i].attempts) scene.attempts.push_back(attempt_of(plan, attempt));
  }
  model::roll_up(run);
  return run;
}

std::vector<model::DeviceSample> samples_of(const PlannedRun& plan, const PlannedAttempt& attempt) {
  std::vector<model::DeviceSample> samples;
  const auto total = plan.environment->vram_total_bytes;
  if (!attempt.started_at_ms || !total) return samples;
  Random random(attempt.prompt_id.high, "samples");
  const std::int64_t took = std::max<std::int64_t>(1, attempt.finished_at_ms - *attempt.started_at_ms);
  const std::int64_t before = *total - *attempt.vram_free_before_bytes;
  double celsius = 48 + 4 * random.uniform();
  for (std::int64_t at = 0; at <= took; at += 500) {
    model::DeviceSample& sample = samples.emplace_back();
    const double done = static_cast<double>(at) / static_cast<double>(took);
    // Up to the peak in the first fifth, down again in the last twentieth.
    const double full = done < 0.2 ? done * 5 : done > 0.95 ? (1 - done) * 20 : 1;
    sample.at_ms = *attempt.started_at_ms + at;
    sample.vram_used_bytes =
        before + static_cast<std::int64_t>(static_cast<double>(*attempt.vram_peak_bytes - before) * full);
    sample.vram_free_bytes = *total - *sample.vram_used_bytes;
    sample.utilization_ratio = static_cast<double>(full > 0.9 ? 92 + random.below(9) : random.below(60)) / 100;
    celsius += (full > 0.9 ? 78 - celsius : 45 - celsius) * 0.04 + random.uniform() - 0.5;
    sample.temperature_celsius = static_cast<double>(static_cast<std::int64_t>(celsius));
    sample.power_watts = static_cast<double>(800 + random.below(200) + (full > 0.9 ? 2200 : 0)) / 10;
  }
  return samples;
}

}  // namespace comfytrace::generate
