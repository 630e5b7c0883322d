#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "insight/eta.h"
#include "model/run.h"

namespace comfytrace::insight {

struct SceneEta {
  std::string scene_id;
  std::string prompt_id;
  std::string worker_id;
  Eta eta;                                   // until it is done
  std::optional<std::int64_t> starts_at_ms;  // of one that waits, where everything before it can be told
};
BOOST_DESCRIBE_STRUCT(SceneEta, (), (scene_id, prompt_id, worker_id, eta, starts_at_ms))

struct RunEta {
  std::string run_id;
  Eta eta;                       // until its last scene is done; the queue before it included
  std::vector<SceneEta> scenes;  // open ones
};
BOOST_DESCRIBE_STRUCT(RunEta, (), (run_id, eta, scenes))

struct QueueEta {
  std::string worker_id;
  Eta eta;  // until the queue is empty
  std::int64_t scenes = 0;
  std::int64_t scenes_unknown = 0;  // without a claim: if any, there is none on the whole
};
BOOST_DESCRIBE_STRUCT(QueueEta, (), (worker_id, eta, scenes, scenes_unknown))

struct EtaReport {
  std::vector<RunEta> runs;
  std::vector<QueueEta> queues;
  EtaScore score;
};
BOOST_DESCRIBE_STRUCT(EtaReport, (), (runs, queues, score))

// The open runs and when they will be done. One thread: the I/O thread. Never reads itself: `load` is called with a key
// and hands what load_eta_past gave to `done`, on this thread, now or later or (after the book is gone) never.
class EtaBook {
 public:
  using Done = std::function<void(base::Result<EtaPast>)>;
  using Load = std::function<void(const history::WorkKey& key, Done done)>;
  struct Options {
    std::size_t max_pasts = 256;       // kinds of work whose past is held; the longest unused goes first
    std::int64_t retry_ms = 30'000;    // after an error of `load`
    std::int64_t refresh_ms = 10'000;  // a past is read again at most so often
  };

  explicit EtaBook(Load load);
  EtaBook(Load load, Options options);
  ~EtaBook();
  EtaBook(const EtaBook&) = delete;

  // Every change of a run, as the recorder tells it. A run without open scenes is forgotten, its predictions scored and
  // the past of its kind of work read anew when next asked for. O(nodes).
  void run_changed(const model::Run& run, std::int64_t now_ms);
  void run_deleted(std::string_view run_id);

  // nullopt: this scene is not open, or unknown.
  [[nodiscard]] std::optional<Eta> scene(std::string_view run_id, std::string_view scene_id, std::int64_t now_ms);
  [[nodiscard]] std::optional<RunEta> run(std::string_view run_id, std::int64_t now_ms);
  [[nodiscard]] EtaReport report(std::int64_t now_ms);
  [[nodiscard]] EtaScore score() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace comfytrace::insight
