#pragma once

#include <map>
#include <string>
#include <vector>

#include "collect/recorder.h"

namespace comfytrace::collect::testing {

// Keeps all that a recorder found.
class GatheringSink : public RecorderSink {
 public:
  void run_changed(const model::Run& run) override { runs[run.run_id] = run; }
  void scene_changed(const model::LiveScene& scene) override { scenes.push_back(scene); }
  void worker_changed(const model::WorkerState& worker) override { workers[worker.worker.worker_id] = worker; }
  void preview(const LivePreview& preview) override { previews.push_back(preview); }
  bool wants_previews() override { return wants; }
  void worker_seen(const model::Worker& worker) override { seen.push_back(worker); }
  void samples(const history::SampleSeries& of_attempt) override { series.push_back(of_attempt); }

  // Of the scenes of this run, without repetitions.
  [[nodiscard]] std::vector<model::Status> statuses_of(const std::string& run_id) const {
    std::vector<model::Status> statuses;
    for (const model::LiveScene& scene : scenes) {
      if (scene.run_id == run_id && (statuses.empty() || statuses.back() != scene.status)) {
        statuses.push_back(scene.status);
      }
    }
    return statuses;
  }

  bool wants = true;
  std::map<std::string, model::Run> runs;
  std::vector<model::LiveScene> scenes;
  std::map<std::string, model::WorkerState> workers;
  std::vector<LivePreview> previews;
  std::vector<model::Worker> seen;
  std::vector<history::SampleSeries> series;
};

}  // namespace comfytrace::collect::testing
