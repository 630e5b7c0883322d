#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "history/run_history.h"
#include "model/live.h"
#include "model/run.h"
#include "model/worker.h"

namespace comfytrace::live {

struct DeletedRun {
  std::string run_id;
};

// One change, shared by all who get it. Its JSON is made when first needed: most intermediate ones are replaced first.
class Update {
 public:
  using What = std::variant<model::LiveScene, model::RunSummary, model::WorkerState, DeletedRun, history::Alert>;
  Update(std::uint64_t seq, std::int64_t at_ms, What what);

  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  // What it is about. A later update of the same subject and phase says everything that this one says.
  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] int phase() const { return phase_; }
  [[nodiscard]] std::size_t approximate_bytes() const { return approximate_bytes_; }
  [[nodiscard]] const std::string& json() const;

 private:
  std::uint64_t seq_;
  std::int64_t at_ms_;
  What what_;
  std::string subject_;
  int phase_ = 0;
  std::size_t approximate_bytes_ = 0;
  mutable std::string json_;
};
using UpdatePtr = std::shared_ptr<const Update>;

// The `kind: "scene"` object of docs/api.md as of `now_ms`.
[[nodiscard]] std::string scene_json(const model::LiveScene& scene, std::int64_t now_ms);

// The identity of a scene's attempt in the stream.
[[nodiscard]] std::string scene_subject(std::string_view run_id, std::string_view scene_id, std::string_view prompt_id);

// Updates that wait to be sent, oldest first. An update takes the place of the last one of its subject if that is of
// the same phase: so intermediate ones do not pile up and every change of phase stays, in order.
class Backlog {
 public:
  // Whether it took another's place.
  bool add(UpdatePtr update);
  [[nodiscard]] const std::vector<UpdatePtr>& updates() const { return updates_; }
  [[nodiscard]] bool empty() const { return updates_.empty(); }
  [[nodiscard]] std::size_t size() const { return updates_.size(); }
  [[nodiscard]] std::vector<UpdatePtr> take();

 private:
  std::vector<UpdatePtr> updates_;
  std::unordered_map<std::string, std::size_t> last_of_;
};

// An "update" frame and how many of the updates it holds.
struct UpdateFrame {
  std::shared_ptr<const std::string> frame;
  std::size_t updates = 0;
};
// Frames of moderate size that hold `updates`. Each frame's seq is such that resuming behind it leaves no gap; the last
// one's is `seq`.
[[nodiscard]] std::vector<UpdateFrame> make_update_frames(const std::vector<UpdatePtr>& updates, std::uint64_t seq,
                                                          std::int64_t now_ms);

}  // namespace comfytrace::live
