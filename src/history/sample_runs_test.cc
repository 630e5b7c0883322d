#include "history/sample_runs.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace comfytrace::history {
namespace {

using namespace model;

const std::vector<std::string> kModels{"sd_xl_base_1.0.safetensors", "flux1-dev.safetensors", "wan2.1_t2v.safetensors",
                                       "v1-5-pruned.ckpt"};
const std::vector<std::string> kWords{"castle",   "Äpfel",   "rainy",    "a",          "猫が",
                                      "portrait", "8k",      "neon-lit", "\"quoted\"", "naïve",
                                      "OR",       "NEAR(x)", "*",        "Ж",          "street"};
const std::vector<std::string> kWorkers{"worker-a", "worker-b", "0f8fad5b-d9cb-469f-a165-70867728950e"};
const std::vector<std::string> kClasses{"CheckpointLoaderSimple",
                                        "CLIPTextEncode",
                                        "CLIPTextEncode",
                                        "EmptyLatentImage",
                                        "KSampler",
                                        "VAEDecode",
                                        "SaveImage",
                                        "LoraLoader",
                                        "ControlNetLoader",
                                        "ControlNetApply",
                                        "ImageScale",
                                        "PreviewImage"};

template <class E>
E word(RandomRuns& random, int count) {
  return static_cast<E>(random.pick(count));
}

std::string sentence(RandomRuns& random, std::int64_t words) {
  std::string text;
  for (std::int64_t i = 0; i < words; ++i) text += (i ? " " : "") + random.one_of(kWords);
  return text;
}

std::optional<std::int64_t> maybe(RandomRuns& random, std::int64_t below) {
  if (random.chance(30)) return std::nullopt;
  if (random.chance(3)) return std::numeric_limits<std::int64_t>::min();
  if (random.chance(3)) return std::numeric_limits<std::int64_t>::max();
  return random.pick(below) - (random.chance(5) ? below : 0);
}

std::optional<double> maybe_number(RandomRuns& random) {
  switch (random.pick(6)) {
    case 0:
      return std::nullopt;
    case 1:
      return 0;
    case 2:
      return static_cast<double>(random.pick(1000));
    case 3:
      return static_cast<double>(random.pick(1000)) / 10;
    case 4:
      return 1.0 / static_cast<double>(random.pick(1000) + 1);
    default:
      return -1e300;
  }
}

}  // namespace

Parameters RandomRuns::parameters() {
  Parameters p;
  for (std::int64_t i = pick(3); i > 0; --i) p.checkpoints.push_back(one_of(kModels));
  if (chance(30)) p.loras.push_back({"detail.safetensors", maybe_number(*this), maybe_number(*this)});
  if (chance(30)) p.vaes.push_back("vae-ft-mse.safetensors");
  if (chance(10)) p.text_encoders.push_back("t5xxl.safetensors");
  if (chance(80)) p.sampler = "euler";
  if (chance(80)) p.scheduler = chance(5) ? "" : "normal";
  p.steps = maybe(*this, 50);
  p.cfg = maybe_number(*this);
  p.denoise = maybe_number(*this);
  p.width = maybe(*this, 2048);
  p.height = maybe(*this, 2048);
  p.batch_size = maybe(*this, 4);
  p.frames = maybe(*this, 81);
  p.fps = maybe_number(*this);
  if (chance(80)) p.seed = chance(10) ? "007" : std::to_string(std::numeric_limits<std::uint64_t>::max() - random_());
  if (chance(80)) p.positive_prompt = sentence(*this, pick(12));
  if (chance(50)) p.negative_prompt = sentence(*this, pick(4));
  return p;
}

Attempt RandomRuns::attempt(std::int64_t at_ms) {
  Attempt a;
  a.prompt_id = chance(80) ? base::named_uuid(std::to_string(random_())) : "prompt " + std::to_string(random_());
  a.worker_id = one_of(kWorkers);
  a.status = word<Status>(*this, 7);
  if (chance(70)) a.exit_reason = word<ExitReason>(*this, 11);
  a.origin = word<Origin>(*this, 4);
  a.queue_number = maybe_number(*this);
  a.queued_at_ms = at_ms;
  if (chance(80)) a.started_at_ms = at_ms + pick(10'000);
  if (chance(60)) a.finished_at_ms = at_ms + pick(100'000);
  if (chance(70)) a.queued_at_source = word<TimeSource>(*this, 3);
  if (chance(70)) a.started_at_source = word<TimeSource>(*this, 3);
  if (chance(70)) a.finished_at_source = word<TimeSource>(*this, 3);
  a.duration_ms = maybe(*this, 100'000);
  a.queue_wait_ms = maybe(*this, 100'000);
  a.node_count = pick(20);
  a.cached_known = chance(50);
  a.node_times_known = chance(50);
  for (std::int64_t i = pick(14); i > 0; --i) {
    NodeExecution node;
    node.node_id = std::to_string(i) + (chance(20) ? ".0.0.1" : "");
    node.display_node_id = chance(90) ? node.node_id : std::to_string(i);
    if (chance(20)) node.parent_node_id = chance(50) ? "" : "5";
    if (chance(80)) node.class_type = one_of(kClasses);
    if (chance(30)) node.title = sentence(*this, 2);
    node.state = word<NodeState>(*this, 7);
    node.start_offset_ms = maybe(*this, 60'000);
    node.duration_ms = maybe(*this, 60'000);
    node.progress_value = maybe_number(*this);
    node.progress_max = maybe_number(*this);
    if (chance(30)) node.vram_peak_bytes = maybe(*this, 1ll << 34);
    if (node.state == NodeState::cached) a.cached_node_ids.push_back(node.node_id);
    a.nodes.push_back(std::move(node));
  }
  if (chance(20)) a.cached_node_ids.push_back("not among the nodes");
  for (std::int64_t i = pick(3); i > 0; --i) {
    a.artifacts.push_back({"9", "ComfyUI_0000" + std::to_string(i) + "_.png", chance(50) ? "" : "video", "output",
                           word<MediaKind>(*this, 5), std::nullopt, chance(20)});
    if (chance(20)) a.artifacts.back().text = sentence(*this, pick(4));
  }
  if (chance(20)) {
    a.failure = Failure{"5", "KSampler", "RuntimeError", "mat1 and mat2 shapes cannot be multiplied\nat line 3", {}};
    for (int i = 0; i < 20; ++i)
      a.failure->traceback.push_back("  File \"/comfy/execution.py\", line " + std::to_string(300 + i) + ", in run");
  }
  if (chance(10))
    a.validation_errors.push_back({"4", "CheckpointLoaderSimple", "value_not_in_list", "Value not in list", "x"});
  a.vram_free_before_bytes = maybe(*this, 1ll << 34);
  a.vram_free_after_bytes = maybe(*this, 1ll << 34);
  a.vram_delta_bytes = maybe(*this, 1ll << 34);
  a.vram_peak_bytes = maybe(*this, 1ll << 34);
  if (chance(60)) {
    auto& environment = a.environment.emplace();
    environment.device_name = one_of<std::string>({"NVIDIA GeForce RTX 3090", "AMD Radeon RX 7900 XTX", "cpu", ""});
    environment.device_type = one_of<std::string>({"cuda", "cpu"});
    environment.device_count = pick(3);
    environment.vram_total_bytes = maybe(*this, 1ll << 35);
    environment.comfyui_version = one_of<std::string>({"0.3.64", "0.8.0", ""});
    environment.pytorch_version = one_of<std::string>({"2.9.1+cu128", "2.8.0"});
  }
  if (chance(20)) a.fallback_notes.push_back("no device probe");
  for (std::int64_t i = pick(4); i > 0; --i)
    a.explanations.push_back({at_ms + pick(1000), "queued", "seen in /queue after " + std::to_string(pick(9)) + " s"});
  return a;
}

Run RandomRuns::run(std::string run_id) {
  Run run;
  run.run_id = std::move(run_id);
  run.grouped = chance(30);
  run.title = sentence(*this, pick(5));
  run.created_at_ms = 1'763'000'000'000 + pick(40) * 1000;  // few of them, so that many are the same
  if (chance(20)) run.story_id = "story-" + std::to_string(pick(3));
  if (chance(20)) run.story_title = "Tale " + std::to_string(pick(3));
  if (chance(60)) run.workflow_name = chance(50) ? "Portrait" : "portrait";
  if (chance(30)) run.tags.push_back(one_of<std::string>({"keep", "draft", "Über"}));
  if (chance(20)) run.notes = sentence(*this, 3);
  run.archived = chance(15);
  if (chance(20)) run.policy = QueuePolicy{.max_wait_ms = pick(1000), .retry_budget = pick(3)};
  for (std::int64_t i = 1 + pick(3); i > 0; --i) {
    Scene scene;
    scene.scene_id = chance(50) ? run.run_id : "scene " + std::to_string(i);
    scene.title = sentence(*this, pick(3));
    if (chance(80)) scene.workflow_fingerprint = one_of<std::string>({"f00d", "beef", "cafe"});
    scene.work_size = maybe(*this, 1ll << 40);
    scene.parameters = parameters();
    for (std::int64_t k = 1 + pick(2); k > 0; --k) scene.attempts.push_back(attempt(run.created_at_ms));
    run.scenes.push_back(std::move(scene));
  }
  roll_up(run);
  return run;
}

std::vector<DeviceSample> RandomRuns::samples(std::size_t count) {
  std::vector<DeviceSample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back({1'763'000'000'000 + pick(1 << 20), pick(2), maybe(*this, 1ll << 34), maybe(*this, 1ll << 34),
                       maybe_number(*this), maybe_number(*this), chance(50) ? std::optional(0.1) : std::nullopt});
  }
  return samples;
}

Run typical_run(std::uint64_t number, int scenes) {
  std::mt19937_64 random(number);
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  Run run;
  run.run_id = base::named_uuid("run " + std::to_string(number));
  run.grouped = scenes > 1;
  run.created_at_ms = 1'763'000'000'000 + static_cast<std::int64_t>(number) * 30'000;
  run.workflow_name = "Story " + std::to_string(pick(20));
  run.title = *run.workflow_name;
  std::int64_t at_ms = run.created_at_ms;
  // A person keeps at a prompt for a while: each one serves for about 25 runs.
  const std::uint64_t theme = number / 25;
  for (int s = 0; s < scenes; ++s) {
    Scene scene;
    scene.scene_id = std::to_string(s + 1);
    scene.title = "Scene " + std::to_string(s + 1);
    scene.workflow_fingerprint = base::named_uuid("graph " + std::to_string(pick(10)));
    scene.work_size = 1024 * 1024 * 20;
    Parameters& p = scene.parameters;
    p.checkpoints = {kModels[pick(kModels.size())]};
    p.sampler = "euler";
    p.scheduler = "normal";
    p.steps = 20;
    p.cfg = 7.5;
    p.denoise = 1;
    p.width = 1024;
    p.height = 1024;
    p.batch_size = 1;
    p.seed = std::to_string(random());
    p.positive_prompt = "a wide shot of place " + std::to_string(theme) + " in scene " + std::to_string(s) +
                        ", volumetric light, highly detailed, cinematic, film grain, 35mm";
    p.negative_prompt = "blurry, low quality, watermark, extra fingers";
    Attempt a;
    a.prompt_id = base::named_uuid("prompt " + std::to_string(number) + " " + std::to_string(s));
    a.worker_id = "127.0.0.1:8188";
    a.status = Status::success;
    a.exit_reason = ExitReason::success;
    a.queue_number = static_cast<double>(number * 4 + static_cast<std::uint64_t>(s));
    a.queued_at_ms = at_ms;
    a.started_at_ms = at_ms + static_cast<std::int64_t>(pick(50));
    a.queued_at_source = a.started_at_source = a.finished_at_source = TimeSource::server;
    a.node_count = static_cast<std::int64_t>(kClasses.size());
    a.cached_known = a.node_times_known = true;
    std::int64_t offset = 0;
    for (std::size_t n = 0; n < kClasses.size(); ++n) {
      const auto took = static_cast<std::int64_t>(n == 4 ? 4000 + pick(3000) : pick(300));
      NodeExecution node{
          std::to_string(n + 1), std::to_string(n + 1), {}, kClasses[n], kClasses[n], {}, offset, took, {}, {}};
      node.state = NodeState::finished;
      if (n == 4) node.progress_value = node.progress_max = 20;
      a.nodes.push_back(std::move(node));
      offset += took + static_cast<std::int64_t>(pick(3));
    }
    a.finished_at_ms = *a.started_at_ms + offset;
    a.duration_ms = offset;
    a.queue_wait_ms = *a.started_at_ms - *a.queued_at_ms;
    std::string serial = std::to_string(number * 4 + static_cast<std::uint64_t>(s));
    a.artifacts.push_back({"7", "ComfyUI_" + serial + "_.png", "", "output", MediaKind::image, std::nullopt, false});
    a.vram_free_before_bytes = static_cast<std::int64_t>(20'000 + pick(2000)) << 20;
    a.vram_free_after_bytes = static_cast<std::int64_t>(10'000 + pick(2000)) << 20;
    a.vram_delta_bytes = *a.vram_free_after_bytes - *a.vram_free_before_bytes;
    a.vram_peak_bytes = static_cast<std::int64_t>(12'000 + pick(2000)) << 20;
    a.environment = model::AttemptEnvironment{
        "NVIDIA GeForce RTX 3090", "cuda", 1, std::int64_t{24} << 30, "0.8.0", "3.12.3", "2.9.1+cu128", "posix"};
    a.explanations = {{*a.queued_at_ms, "queued", "its submission was seen"},
                      {*a.finished_at_ms, "ended as success", "execution_success was received"}};
    at_ms = *a.finished_at_ms + 20;
    scene.attempts.push_back(std::move(a));
    run.scenes.push_back(std::move(scene));
  }
  roll_up(run);
  return run;
}

std::vector<DeviceSample> typical_samples(std::uint64_t number, std::size_t count) {
  std::mt19937_64 random(number);
  constexpr std::int64_t kTotal = 24ll << 30;
  std::vector<DeviceSample> samples;
  std::int64_t at_ms = 1'763'000'000'000 + static_cast<std::int64_t>(number) * 1000;
  std::int64_t used_mib = 9000;
  double celsius = 60;
  for (std::size_t i = 0; i < count; ++i) {
    at_ms += 500 + static_cast<std::int64_t>(random() % 3);
    used_mib += static_cast<std::int64_t>(random() % 65) - 32;
    celsius = std::clamp(celsius + static_cast<double>(random() % 3) - 1, 40.0, 85.0);
    DeviceSample sample;
    sample.at_ms = at_ms;
    sample.vram_used_bytes = used_mib << 20;
    sample.vram_free_bytes = kTotal - *sample.vram_used_bytes;
    sample.utilization_ratio = static_cast<double>(90 + random() % 11) / 100;
    sample.temperature_celsius = celsius;
    sample.power_watts = static_cast<double>(3000 + random() % 100) / 10;
    samples.push_back(sample);
  }
  return samples;
}

Run simple_run(const std::string& run_id, std::int64_t created_at_ms, Status status) {
  Run run;
  run.run_id = run_id;
  run.title = "Run " + run_id;
  run.created_at_ms = created_at_ms;
  Scene scene;
  scene.scene_id = run_id;
  Attempt attempt;
  attempt.prompt_id = run_id;
  attempt.worker_id = "worker-a";
  attempt.status = status;
  if (!is_open(status)) attempt.exit_reason = status == Status::success ? ExitReason::success : ExitReason::unknown;
  scene.attempts.push_back(std::move(attempt));
  run.scenes.push_back(std::move(scene));
  roll_up(run);
  return run;
}

}  // namespace comfytrace::history
