#include "live/update.h"

#include <algorithm>
#include <boost/describe.hpp>
#include <optional>
#include <utility>

#include "base/codec.h"
#include "net/http_server.h"

namespace comfytrace::live {
namespace {

constexpr std::size_t kFrameBytes = 64u << 10;
constexpr char kSeparator = '\x1f';

// The names that existing programs know, beside ours.
struct SceneUpdate {
  std::string_view kind = "scene";
  std::string_view run_id;
  std::string_view scene_id;
  std::string_view prompt_id;
  std::string_view worker_id;
  std::string_view run_title;
  std::string_view scene_title;
  std::string_view status;
  model::Status outcome = model::Status::queued;
  std::optional<model::ExitReason> exit_reason;
  std::int64_t attempts = 1;
  std::int64_t timestamp = 0;
  std::optional<double> duration;
  std::optional<std::int64_t> elapsed_ms;
  std::optional<std::int64_t> queued_at_ms;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<double> queue_number;
  std::int64_t node_count = 0;
  std::int64_t nodes_done = 0;
  bool node_times_known = false;
  std::optional<model::LiveNode> node;
  std::optional<double> progress;
  std::optional<std::int64_t> gpu_vram_free;
  std::optional<double> gpu_utilization;
  std::optional<std::int64_t> eta;
  std::optional<std::int64_t> eta_low;
  std::optional<std::int64_t> eta_high;
  std::int64_t eta_scenes = 0;
};
BOOST_DESCRIBE_STRUCT(SceneUpdate, (),
                      (kind, run_id, scene_id, prompt_id, worker_id, run_title, scene_title, status, outcome,
                       exit_reason, attempts, timestamp, duration, elapsed_ms, queued_at_ms, started_at_ms,
                       finished_at_ms, queue_number, node_count, nodes_done, node_times_known, node, progress,
                       gpu_vram_free, gpu_utilization, eta, eta_low, eta_high, eta_scenes))

std::string_view live_status(model::Status status) {
  switch (status) {
    case model::Status::queued:
      return "queued";
    case model::Status::executing:
      return "executing";
    case model::Status::success:
      return "completed";
    default:
      return "failed";
  }
}

std::optional<double> progress_of(const model::LiveScene& scene) {
  if (!scene.node_times_known || scene.node_count <= 0) return std::nullopt;
  if (scene.status == model::Status::success) return 1.0;
  auto done = static_cast<double>(scene.nodes_done);
  if (scene.node && scene.node->progress_value && scene.node->progress_max.value_or(0) > 0) {
    done += std::clamp(*scene.node->progress_value / *scene.node->progress_max, 0.0, 1.0);
  }
  return std::clamp(done / static_cast<double>(scene.node_count), 0.0, 1.0);
}

std::optional<std::int64_t> elapsed_of(const model::LiveScene& scene, std::int64_t now_ms) {
  if (!scene.started_at_ms) return std::nullopt;
  std::int64_t end_ms = now_ms;
  if (!model::is_open(scene.status)) end_ms = scene.finished_at_ms.value_or(scene.updated_at_ms);
  return std::max<std::int64_t>(0, end_ms - *scene.started_at_ms);
}

template <class T>
std::string wrap(std::string_view kind, std::string_view key, const T& value) {
  std::string out = "{\"kind\":\"";
  out.append(kind).append("\",\"").append(key).append("\":");
  base::encode(out, value);
  out.push_back('}');
  return out;
}

struct Describe {
  std::string& subject;
  int& phase;
  std::size_t& bytes;

  void operator()(const model::LiveScene& scene) const {
    subject = scene_subject(scene.run_id, scene.scene_id, scene.prompt_id);
    phase = static_cast<int>(scene.status);
    bytes = sizeof scene + subject.size() * 2 + scene.run_title.size() + scene.scene_title.size() + 512;
  }
  void operator()(const model::RunSummary& run) const {
    subject = std::string("run") + kSeparator + run.run_id;
    phase = static_cast<int>(run.status);
    bytes = sizeof run + run.title.size() + run.error.value_or("").size() + 768;
  }
  void operator()(const model::WorkerState& state) const {
    subject = std::string("worker") + kSeparator + state.worker.worker_id;
    bytes = sizeof state + state.worker.devices.size() * sizeof(model::Device) + 768;
  }
  // Every alert is told, raised and cleared; what changes between is told once.
  void operator()(const history::Alert& alert) const {
    subject = std::string("alert") + kSeparator + alert.id;
    phase = alert.cleared_at_ms ? 1 : 0;
    bytes = sizeof alert + alert.message.size() + alert.evidence.size() * 64 + 512;
  }
  void operator()(const DeletedRun& run) const {
    subject = std::string("run") + kSeparator + run.run_id;
    phase = -1;
    bytes = 256;
  }
};

}  // namespace

std::string scene_json(const model::LiveScene& scene, std::int64_t now_ms) {
  SceneUpdate update;
  update.run_id = scene.run_id;
  update.scene_id = scene.scene_id;
  update.prompt_id = scene.prompt_id;
  update.worker_id = scene.worker_id;
  update.run_title = scene.run_title;
  update.scene_title = scene.scene_title;
  update.status = live_status(scene.status);
  update.outcome = scene.status;
  update.exit_reason = scene.exit_reason;
  update.attempts = scene.attempts;
  update.timestamp = scene.updated_at_ms;
  update.elapsed_ms = elapsed_of(scene, now_ms);
  if (update.elapsed_ms) update.duration = static_cast<double>(*update.elapsed_ms) / 1000;
  update.queued_at_ms = scene.queued_at_ms;
  update.started_at_ms = scene.started_at_ms;
  update.finished_at_ms = scene.finished_at_ms;
  update.queue_number = scene.queue_number;
  update.node_count = scene.node_count;
  update.nodes_done = scene.nodes_done;
  update.node_times_known = scene.node_times_known;
  update.node = scene.node;
  update.progress = progress_of(scene);
  update.gpu_vram_free = scene.vram_free_bytes;
  if (scene.gpu_utilization_ratio) update.gpu_utilization = *scene.gpu_utilization_ratio * 100;
  update.eta = scene.eta_ms;
  update.eta_low = scene.eta_low_ms;
  update.eta_high = scene.eta_high_ms;
  update.eta_scenes = scene.eta_scenes;
  return base::encode_json(update);
}

std::string scene_subject(std::string_view run_id, std::string_view scene_id, std::string_view prompt_id) {
  std::string subject = "scene";
  for (const auto part : {run_id, scene_id, prompt_id}) {
    subject.push_back(kSeparator);
    subject.append(part);
  }
  return subject;
}

Update::Update(std::uint64_t seq, std::int64_t at_ms, What what) : seq_(seq), at_ms_(at_ms), what_(std::move(what)) {
  std::visit(Describe{subject_, phase_, approximate_bytes_}, what_);
}

const std::string& Update::json() const {
  if (!json_.empty()) return json_;
  if (const auto* scene = std::get_if<model::LiveScene>(&what_)) {
    json_ = scene_json(*scene, at_ms_);
  } else if (const auto* run = std::get_if<model::RunSummary>(&what_)) {
    json_ = wrap("run", "run", *run);
  } else if (const auto* state = std::get_if<model::WorkerState>(&what_)) {
    json_ = wrap("worker", "worker", *state);
  } else if (const auto* alert = std::get_if<history::Alert>(&what_)) {
    json_ = wrap("alert", "alert", *alert);
  } else {
    json_ = wrap("runDeleted", "runId", std::get<DeletedRun>(what_).run_id);
  }
  return json_;
}

bool Backlog::add(UpdatePtr update) {
  const auto [place, first] = last_of_.try_emplace(update->subject(), updates_.size());
  if (!first && updates_[place->second]->phase() == update->phase()) {
    updates_[place->second] = std::move(update);
    return true;
  }
  place->second = updates_.size();
  updates_.push_back(std::move(update));
  return false;
}

std::vector<UpdatePtr> Backlog::take() {
  last_of_.clear();
  return std::exchange(updates_, {});
}

std::vector<UpdateFrame> make_update_frames(const std::vector<UpdatePtr>& updates, std::uint64_t seq,
                                            std::int64_t now_ms) {
  // An update that took an older one's place may stand before others with lower numbers.
  std::vector<std::uint64_t> lowest_from(updates.size() + 1, seq + 1);
  for (std::size_t i = updates.size(); i-- > 0;) lowest_from[i] = std::min(lowest_from[i + 1], updates[i]->seq());

  std::vector<UpdateFrame> frames;
  for (std::size_t next = 0; next < updates.size();) {
    std::string list;
    std::size_t taken = 0;
    while (next < updates.size() && (taken == 0 || list.size() + updates[next]->json().size() < kFrameBytes)) {
      if (taken++ > 0) list.push_back(',');
      list += updates[next++]->json();
    }
    std::string text = "{\"type\":\"update\",\"seq\":" + std::to_string(lowest_from[next] - 1) +
                       ",\"serverTimeMs\":" + std::to_string(now_ms) + ",\"updates\":[";
    text += list;
    text += "]}";
    frames.push_back(UpdateFrame{net::make_text_frame(text), taken});
  }
  return frames;
}

}  // namespace comfytrace::live
