#include "history/sample_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/codec.h"
#include "base/uuid.h"

namespace comfytrace::history {
namespace {

using model::ExitReason;
using model::Status;

constexpr std::int64_t kFirst_ms = 1'700'000'000'000;
constexpr std::array kGpus{"NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 4090", "AMD Radeon RX 7900 XTX", "NVIDIA L4",
                           "NVIDIA A100-SXM4-80GB"};
constexpr std::array kClasses{
    "CLIPTextEncode", "CheckpointLoaderSimple", "EmptyLatentImage", "ImageScale", "KSampler", "LoraLoader", "SaveImage",
    "VAEDecode",      "VHS_VideoCombine",       "ControlNetApply"};
constexpr std::array kVersions{"0.3.64", "0.4.0", "0.7.1", "0.8.0"};

}  // namespace

std::int64_t sample_time_ms(std::uint64_t number) {
  return kFirst_ms + static_cast<std::int64_t>(number) * 60'000;
}

void SampleFacts::add_scene(RunFacts& facts, std::int64_t workflow, std::int64_t gpu, double pace) {
  SceneFacts scene;
  scene.scene_id = fmt::format("scene-{:03}", facts.scenes.size() + 1);
  scene.attempt_count = chance(5) ? 2 : 1;
  scene.status = chance(92) ? Status::success : chance(70) ? Status::failed : Status::timeout;
  scene.exit_reason = scene.status == Status::success   ? ExitReason::success
                      : scene.status == Status::timeout ? ExitReason::maxWait
                      : chance(40)                      ? ExitReason::outOfMemory
                                                        : ExitReason::executionError;
  scene.duration_ms = static_cast<std::int64_t>(pace * static_cast<double>(3'000 + pick(6'000)));
  scene.key.structure = fmt::format("graph-{}", workflow);
  scene.key.models = fmt::format("models-{}", workflow % 8);
  if (!chance(3)) scene.key.work_size = (1 + workflow % 4) * 1024 * 1024 * 20;
  scene.key.device = kGpus[static_cast<std::size_t>(gpu)];
  scene.key.executed = fmt::format("executed-{}", pick(3));
  scene.key.is_cold = chance(20);
  facts.attempt_count += scene.attempt_count;
  facts.scenes_succeeded += scene.status == Status::success;
  facts.attempts_out_of_memory += scene.exit_reason == ExitReason::outOfMemory;
  facts.attempts_timed_out += scene.status == Status::timeout;
  facts.duration_ms = facts.duration_ms.value_or(0) + *scene.duration_ms;
  if (scene.status == Status::success) facts.frames = facts.frames.value_or(0) + 1;
  facts.scenes.push_back(std::move(scene));
}

RunFacts SampleFacts::run(std::uint64_t number) {
  RunFacts facts;
  facts.run_id = base::named_uuid("sample " + std::to_string(number));
  facts.created_at_ms = sample_time_ms(number) + pick(90'000);
  const std::int64_t workflow = std::min(pick(40), pick(40));
  const std::int64_t gpu = std::min(pick(5), pick(5));
  const double pace = (1.0 + static_cast<double>(workflow) / 8) / (1.0 + static_cast<double>(gpu) / 3);
  facts.workflow_name = chance(3) ? "" : fmt::format("{} {}", workflow % 2 ? "Portrait" : "Film", workflow);
  facts.fingerprint = fmt::format("graph-{}", workflow);
  facts.model = fmt::format("model-{}.safetensors", workflow % 8);
  facts.models = {facts.model};
  if (chance(5)) facts.models.push_back("refiner.safetensors");
  facts.worker_ids = {fmt::format("worker-{}", gpu)};
  if (chance(2)) facts.worker_ids.push_back("worker-5");
  facts.devices = {kGpus[static_cast<std::size_t>(gpu)]};
  const auto version = std::min<std::uint64_t>(number / 200'000, kVersions.size() - 1);
  facts.comfyui_version = kVersions[version];
  facts.pytorch_version = gpu == 2 ? "2.9.1+rocm6.4" : "2.9.1+cu128";
  facts.vram_total_bytes = std::int64_t{24} << 30;
  for (std::int64_t scenes = chance(80) ? 4 : 1 + pick(3); scenes > 0; --scenes) add_scene(facts, workflow, gpu, pace);
  facts.scene_count = static_cast<std::int64_t>(facts.scenes.size());
  facts.key = facts.scenes.front().key;
  facts.key.scene_count = facts.scene_count;
  facts.fallback_count = chance(10);
  facts.status = facts.scenes_succeeded == facts.scene_count ? Status::success
                 : facts.scenes_succeeded > 0                ? Status::partial
                 : facts.attempts_timed_out > 0              ? Status::timeout
                                                             : Status::failed;
  if (chance(2)) facts.status = chance(50) ? Status::cancelled : Status::executing;
  facts.exit_reason = facts.scenes.front().exit_reason;
  if (!chance(4)) {
    facts.started_at_ms = facts.created_at_ms + pick(5'000);
    facts.queue_wait_ms = *facts.started_at_ms - facts.created_at_ms;
    facts.finished_at_ms = *facts.started_at_ms + *facts.duration_ms;
  }
  if (!chance(30)) facts.vram_peak_bytes = (8'000 + pick(14'000)) << 20;
  if (facts.vram_peak_bytes) facts.vram_free_before_bytes = (20'000 + pick(2'000)) << 20;
  if (chance(5)) facts.tags = {chance(50) ? "keep" : "draft"};
  if (chance(1)) facts.tags = {"keep", "draft"};
  if (chance(10)) facts.story_id = fmt::format("story-{}", number / 500);
  if (chance(10)) facts.story_title = fmt::format("Tale {}", number / 1'000);
  facts.archived = chance(4);
  for (std::size_t i = 0; i < 8 && !chance(1); ++i) {
    const std::size_t of_class = i + (workflow % 5 == 0 && i >= 6 ? 2 : 0);
    const std::int64_t took_ms = i == 4 ? *facts.duration_ms * 8 / 10 : pick(300);
    facts.node_classes.push_back({kClasses[of_class], i == 0 ? 8 : 4, took_ms});
  }
  std::ranges::sort(facts.node_classes, {}, &NodeClassFacts::class_type);
  return facts;
}

RunFilter SampleFacts::filter(std::uint64_t runs) {
  RunFilter filter;
  const auto time = [&] { return sample_time_ms(0) + pick(static_cast<std::int64_t>(runs) * 60'000 + 1); };
  const auto some = [&] { return chance(22); };
  if (some()) filter.from_ms = time();
  if (some()) filter.to_ms = time();
  for (std::int64_t i = some() ? 1 + pick(3) : 0; i > 0; --i) filter.statuses.push_back(static_cast<Status>(pick(8)));
  for (std::int64_t i = some() ? 1 + pick(3) : 0; i > 0; --i)
    filter.exit_reasons.push_back(static_cast<ExitReason>(pick(6)));
  if (some()) filter.worker_ids = {fmt::format("worker-{}", pick(7)), fmt::format("worker-{}", pick(7))};
  if (some()) filter.gpus = {chance(50) ? "nvidia geforce rtx 3090" : "NVIDIA L4"};
  if (some()) filter.workflows = {fmt::format("FILM {}", pick(40)), fmt::format("graph-{}", pick(20))};
  if (some()) filter.models = {chance(20) ? "refiner.safetensors" : fmt::format("model-{}.safetensors", pick(9))};
  if (some()) filter.duration_min_ms = pick(60'000);
  if (some()) filter.duration_max_ms = pick(100'000);
  if (some()) filter.attempts_min = pick(7);
  if (some()) filter.attempts_max = pick(7);
  if (some()) filter.vram_peak_min_bytes = pick(std::int64_t{20} << 30);
  if (some()) filter.vram_peak_max_bytes = pick(std::int64_t{24} << 30);
  if (chance(10)) filter.tags = {chance(50) ? "keep" : "draft", "never"};
  if (chance(8)) filter.story = chance(50) ? fmt::format("story-{}", pick(20)) : fmt::format("TALE {}", pick(10));
  if (some()) filter.archived = chance(30);
  return filter;
}

StatisticsQuery SampleFacts::statistics_query(std::uint64_t runs) {
  StatisticsQuery query;
  query.filter = filter(runs);
  query.group_by = static_cast<GroupBy>(pick(15));
  query.utc_offset_ms = chance(50) ? 0 : (pick(27) - 12) * 3'600'000 + (chance(20) ? 1'800'000 : 0);
  query.exact = chance(20);
  if (chance(20)) query.max_groups = 1 + pick(10);
  return query;
}

namespace {

bool is_near(const std::optional<double>& a, const std::optional<double>& b, double ratio) {
  if (a.has_value() != b.has_value()) return false;
  return !a || *a == *b || std::abs(*a - *b) <= ratio * std::max(std::abs(*a), std::abs(*b));
}

std::string difference(const Distribution& told, const Distribution& expected) {
  const double of_percentile = told.exact ? 1e-12 : 0.002;
  // Two ways of summing up squares differ by about n rounding errors of the largest square.
  const double spread = std::max(std::abs(expected.max.value_or(0)), std::abs(expected.min.value_or(0)));
  const bool deviation =
      is_near(told.standard_deviation, expected.standard_deviation, 1e-6) ||
      std::abs(told.standard_deviation.value_or(-1) - expected.standard_deviation.value_or(-9)) < spread * 1e-7;
  // So do two ways of summing up values that cancel each other out.
  const double rounding = spread * static_cast<double>(expected.n) * 1e-15;
  const bool sums = is_near(told.sum, expected.sum, 1e-9) || std::abs(told.sum - expected.sum) <= rounding;
  const bool means = is_near(told.mean, expected.mean, 1e-9) ||
                     std::abs(told.mean.value_or(0) - expected.mean.value_or(0)) <= rounding;
  const bool same = told.n == expected.n && told.min == expected.min && told.max == expected.max && sums && means &&
                    told.mean.has_value() == expected.mean.has_value() && deviation &&
                    is_near(told.median, expected.median, of_percentile) &&
                    is_near(told.p90, expected.p90, of_percentile) && is_near(told.p95, expected.p95, of_percentile) &&
                    is_near(told.p99, expected.p99, of_percentile);
  return same ? "" : base::encode_json(told) + " instead of " + base::encode_json(expected);
}

std::string difference(GroupStatistics told, GroupStatistics expected) {
  for (const auto measure :
       {&GroupStatistics::duration_ms, &GroupStatistics::queue_wait_ms, &GroupStatistics::vram_peak_bytes}) {
    if (const auto of_measure = difference(told.*measure, expected.*measure); !of_measure.empty()) return of_measure;
    told.*measure = expected.*measure = {};
  }
  return told == expected ? "" : base::encode_json(told) + " instead of " + base::encode_json(expected);
}

}  // namespace

std::string difference(const Statistics& told, const Statistics& expected) {
  if (const auto total = difference(told.total, expected.total); !total.empty()) return "total: " + total;
  if (told.groups.size() != expected.groups.size() || told.groups_left_out != expected.groups_left_out)
    return fmt::format("{} groups instead of {}", told.groups.size(), expected.groups.size());
  for (std::size_t i = 0; i < told.groups.size(); ++i) {
    if (const auto group = difference(told.groups[i], expected.groups[i]); !group.empty())
      return fmt::format("group {}: {}", i, group);
  }
  return "";
}

}  // namespace comfytrace::history
