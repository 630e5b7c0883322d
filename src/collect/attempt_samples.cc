#include "collect/attempt_samples.h"

#include <utility>

namespace comfytrace::collect {
namespace {

constexpr std::size_t kMaxSamples = 20'000;

// Keeps every second round; the samples of a round have one time.
void thin(std::vector<model::DeviceSample>& samples) {
  std::vector<model::DeviceSample> kept;
  bool keep = false;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i == 0 || samples[i].at_ms != samples[i - 1].at_ms) keep = !keep;
    if (keep) kept.push_back(samples[i]);
  }
  samples = std::move(kept);
}

}  // namespace

std::optional<history::SampleSeries> AttemptSamples::note(const model::LiveScene& scene) {
  const Key key{scene.worker_id, scene.prompt_id};
  if (scene.status == model::Status::executing) {
    const auto [it, is_new] = open_.try_emplace(key);
    it->second.series.run_id = scene.run_id;
    if (!is_new) return std::nullopt;
    it->second.series.prompt_id = scene.prompt_id;
    if (const auto last = last_.find(scene.worker_id); last != last_.end()) it->second.series.samples = last->second;
    return std::nullopt;
  }
  if (model::is_open(scene.status)) return std::nullopt;
  auto ended = open_.extract(key);
  if (ended.empty() || ended.mapped().series.samples.empty()) return std::nullopt;
  return std::move(ended.mapped().series);
}

void AttemptSamples::add(const std::string& worker_id, const std::vector<model::DeviceSample>& samples) {
  last_[worker_id] = samples;
  for (auto it = open_.lower_bound({worker_id, ""}); it != open_.end() && it->first.first == worker_id; ++it) {
    Open& open = it->second;
    if (open.round++ % open.keep_every != 0) continue;
    auto& series = open.series.samples;
    series.insert(series.end(), samples.begin(), samples.end());
    if (series.size() > kMaxSamples) {
      thin(series);
      open.keep_every *= 2;
    }
  }
}

}  // namespace comfytrace::collect
