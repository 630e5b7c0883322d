#include "collect/recorder.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <utility>
#include <variant>

#include "collect/attempt_samples.h"
#include "collect/duration_memory.h"
#include "net/http.h"

namespace comfytrace::collect {

struct Recorder::Impl {
  using Prompt = std::pair<std::string, std::string>;  // worker, prompt

  Impl(net::asio::io_context& context, const base::Clock& clock_in, assemble::RunAssembler::Lookup lookup,
       RecorderSink& sink_in, CollectorTimings timings_in)
      : io(context), clock(clock_in), assembler(std::move(lookup)), sink(sink_in), timings(std::move(timings_in)) {}

  void apply(assemble::Fact fact);
  void take_changes();
  void take_scene(const model::LiveScene& scene);
  void show(const std::string& worker_id, comfyui::PreviewImage image);
  [[nodiscard]] std::int64_t news_limit_ms(const model::LiveScene& scene) const;
  [[nodiscard]] const model::LiveScene* executing_on(const std::string& worker_id) const;

  net::asio::io_context& io;
  const base::Clock& clock;
  assemble::RunAssembler assembler;
  RecorderSink& sink;
  const CollectorTimings timings;
  std::map<std::string, std::unique_ptr<TelemetryStreamManager>, std::less<>> streams;
  std::vector<std::string> order;  // of the workers, as they were added
  bool started = false;

  std::deque<assemble::Fact> facts;
  bool applying = false;
  std::map<Prompt, model::LiveScene> open;
  std::map<Prompt, std::vector<std::function<void(const model::LiveScene&)>>> watchers;
  DurationMemory durations;
  AttemptSamples samples;
};

void Recorder::Impl::apply(assemble::Fact fact) {
  // A sink that answers a change with another fact must not see the two mixed.
  facts.push_back(std::move(fact));
  if (std::exchange(applying, true)) return;
  while (!facts.empty()) {
    const assemble::Fact next = std::move(facts.front());
    facts.pop_front();
    if (const auto* readings = std::get_if<std::vector<model::DeviceSample>>(&next.what)) {
      samples.add(next.worker_id, *readings);
    }
    assembler.apply(next);
    take_changes();
  }
  applying = false;
}

void Recorder::Impl::take_changes() {
  const assemble::Changes changes = assembler.take_changes();
  for (const model::Run& run : changes.runs) {
    durations.learn(run);
    sink.run_changed(run);
  }
  for (const model::LiveScene& scene : changes.scenes) take_scene(scene);
  for (const auto& wanted : changes.wanted_history) {
    if (const auto it = streams.find(wanted.worker_id); it != streams.end()) it->second->want_history(wanted.prompt_id);
  }
}

void Recorder::Impl::take_scene(const model::LiveScene& scene) {
  const Prompt prompt{scene.worker_id, scene.prompt_id};
  if (model::is_open(scene.status)) {
    open.insert_or_assign(prompt, scene);
  } else {
    open.erase(prompt);
  }
  if (scene.status == model::Status::executing) {
    if (const auto it = streams.find(scene.worker_id); it != streams.end()) {
      it->second->expect_news_within(news_limit_ms(scene));
    }
  }
  const auto series = samples.note(scene);
  sink.scene_changed(scene);
  if (series) sink.samples(*series);

  const auto watched = watchers.find(prompt);
  if (watched == watchers.end()) return;
  // A watcher may begin to watch something else.
  const auto calls = watched->second;
  if (!model::is_open(scene.status)) watchers.erase(watched);
  for (const auto& call : calls) call(scene);
}

std::int64_t Recorder::Impl::news_limit_ms(const model::LiveScene& scene) const {
  std::string fingerprint;
  if (const model::Run* run = assembler.find(scene.run_id)) {
    for (const model::Scene& of_run : run->scenes) {
      if (of_run.scene_id == scene.scene_id) fingerprint = of_run.workflow_fingerprint;
    }
  }
  std::optional<std::int64_t> longest_ms;
  if (scene.node) longest_ms = durations.longest_node_ms(fingerprint, scene.node->class_type);
  // Without events of nodes the whole attempt is one silence; so is a node never seen, at worst.
  if (!longest_ms && !fingerprint.empty()) longest_ms = durations.longest_attempt_ms(fingerprint);
  if (!longest_ms) return timings.stall_without_history_ms;
  return std::max(timings.stall_floor_ms,
                  static_cast<std::int64_t>(std::llround(timings.stall_factor * static_cast<double>(*longest_ms))));
}

const model::LiveScene* Recorder::Impl::executing_on(const std::string& worker_id) const {
  for (auto it = open.lower_bound({worker_id, ""}); it != open.end() && it->first.first == worker_id; ++it) {
    if (it->second.status == model::Status::executing) return &it->second;
  }
  return nullptr;
}

void Recorder::Impl::show(const std::string& worker_id, comfyui::PreviewImage image) {
  LivePreview preview;
  preview.worker_id = worker_id;
  const model::LiveScene* scene = nullptr;
  if (image.prompt_id) {
    preview.prompt_id = *image.prompt_id;
    const auto it = open.find({worker_id, *image.prompt_id});
    if (it != open.end()) scene = &it->second;
  } else {
    // Frames without ids are broadcast only for the prompt that executes.
    scene = executing_on(worker_id);
  }
  if (scene) {
    preview.run_id = scene->run_id;
    preview.scene_id = scene->scene_id;
    preview.prompt_id = scene->prompt_id;
    if (scene->node) preview.node_id = scene->node->node_id;
  }
  if (image.node_id) preview.node_id = *image.node_id;
  if (image.display_node_id) preview.node_id = *image.display_node_id;
  preview.format = std::move(image.format);
  preview.image = std::move(image.image);
  sink.preview(preview);
}

Recorder::Recorder(net::asio::io_context& io, const base::Clock& clock, assemble::RunAssembler::Lookup lookup,
                   RecorderSink& sink, CollectorTimings timings)
    : impl_(std::make_unique<Impl>(io, clock, std::move(lookup), sink, std::move(timings))) {}

Recorder::~Recorder() = default;

base::Result<std::string> Recorder::add_worker(std::string_view url, std::string_view name) {
  auto parsed = net::parse_url(url);
  if (!parsed) return parsed.error();
  const std::string worker_id = worker_id_of(*parsed);
  if (impl_->streams.contains(worker_id)) {
    return base::Error{base::ErrorCode::conflict, parsed->text() + " is watched already", std::string(url)};
  }
  StreamHandlers handlers;
  handlers.fact = [impl = impl_.get()](assemble::Fact fact) { impl->apply(std::move(fact)); };
  handlers.preview = [impl = impl_.get(), worker_id](comfyui::PreviewImage image) {
    impl->show(worker_id, std::move(image));
  };
  handlers.previews_wanted = [impl = impl_.get()] { return impl->sink.wants_previews(); };
  handlers.state_changed = [impl = impl_.get()](const model::WorkerState& state) { impl->sink.worker_changed(state); };
  handlers.worker_seen = [impl = impl_.get()](const model::Worker& worker) { impl->sink.worker_seen(worker); };
  auto stream = std::make_unique<TelemetryStreamManager>(impl_->io, impl_->clock, std::move(*parsed), std::string(name),
                                                         impl_->timings, std::move(handlers));
  TelemetryStreamManager& added = *impl_->streams.emplace(worker_id, std::move(stream)).first->second;
  impl_->order.push_back(worker_id);
  if (impl_->started) added.start();
  return worker_id;
}

void Recorder::adopt(std::span<const model::Run> runs) {
  for (const model::Run& run : runs) impl_->assembler.adopt(run);
  for (const model::LiveScene& scene : impl_->assembler.open_scenes()) {
    impl_->open.insert_or_assign({scene.worker_id, scene.prompt_id}, scene);
  }
  impl_->take_changes();
}

void Recorder::start() {
  if (std::exchange(impl_->started, true)) return;
  for (const std::string& worker_id : impl_->order) impl_->streams.at(worker_id)->start();
}

void Recorder::stop() {
  impl_->started = false;
  for (const auto& [worker_id, stream] : impl_->streams) stream->stop();
}

std::vector<model::WorkerState> Recorder::worker_states() const {
  std::vector<model::WorkerState> states;
  for (const std::string& worker_id : impl_->order) states.push_back(impl_->streams.at(worker_id)->state());
  return states;
}

std::vector<model::LiveScene> Recorder::open_scenes() const {
  return impl_->assembler.open_scenes();
}

bool Recorder::connect_now(std::string_view worker_id) {
  TelemetryStreamManager* found = stream(worker_id);
  if (found) found->connect_now();
  return found != nullptr;
}

void Recorder::forget(std::string_view run_id) {
  impl_->assembler.forget(run_id);
  std::erase_if(impl_->open, [&](const auto& entry) { return entry.second.run_id == run_id; });
}

std::optional<std::string> Recorder::find_worker(std::string_view text) const {
  if (text.empty()) return impl_->order.size() == 1 ? std::optional(impl_->order.front()) : std::nullopt;
  if (impl_->streams.contains(text)) return std::string(text);
  for (const std::string& worker_id : impl_->order) {
    if (impl_->streams.at(worker_id)->state().worker.name == text) return worker_id;
  }
  const auto url = net::parse_url(text);
  if (!url || !impl_->streams.contains(worker_id_of(*url))) return std::nullopt;
  return worker_id_of(*url);
}

TelemetryStreamManager* Recorder::stream(std::string_view worker_id) {
  const auto it = impl_->streams.find(worker_id);
  return it == impl_->streams.end() ? nullptr : it->second.get();
}

void Recorder::apply(assemble::Fact fact) {
  impl_->apply(std::move(fact));
}

void Recorder::watch_prompt(const std::string& worker_id, const std::string& prompt_id,
                            std::function<void(const model::LiveScene&)> changed) {
  impl_->watchers[{worker_id, prompt_id}].push_back(std::move(changed));
}

}  // namespace comfytrace::collect
