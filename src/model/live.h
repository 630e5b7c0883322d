#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/codec.h"
#include "model/run.h"
#include "model/worker.h"

// What a scene is doing right now: the unit of the live stream. Not kept.
namespace comfytrace::model {

struct LiveNode {
  std::string node_id;  // display id
  std::string class_type;
  std::string title;
  std::optional<double> progress_value;
  std::optional<double> progress_max;
  std::optional<std::int64_t> started_at_ms;
  bool operator==(const LiveNode&) const = default;
};
BOOST_DESCRIBE_STRUCT(LiveNode, (), (node_id, class_type, title, progress_value, progress_max, started_at_ms))

struct LiveScene {
  std::string run_id;
  std::string scene_id;
  std::string prompt_id;
  std::string worker_id;
  std::string run_title;
  std::string scene_title;
  Status status = Status::queued;
  std::optional<ExitReason> exit_reason;
  std::int64_t attempts = 1;  // attempts of this scene so far, this one included
  std::int64_t updated_at_ms = 0;
  std::optional<std::int64_t> queued_at_ms;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<double> queue_number;
  std::int64_t node_count = 0;    // nodes of the graph
  std::int64_t nodes_done = 0;    // finished or cached, rolled up to nodes of the graph
  bool node_times_known = false;  // false: this source does not tell nodes
  std::optional<LiveNode> node;   // the node that started last and still runs
  std::optional<std::int64_t> vram_free_bytes;
  std::optional<double> gpu_utilization_ratio;
  // Until it is done, and the interval that holds it in 80 of 100 cases; absent until history supports a claim.
  std::optional<std::int64_t> eta_ms;
  std::optional<std::int64_t> eta_low_ms;
  std::optional<std::int64_t> eta_high_ms;
  std::int64_t eta_scenes = 0;  // like scenes that the claim rests on
  bool operator==(const LiveScene&) const = default;
};
BOOST_DESCRIBE_STRUCT(LiveScene, (),
                      (run_id, scene_id, prompt_id, worker_id, run_title, scene_title, status, exit_reason, attempts,
                       updated_at_ms, queued_at_ms, started_at_ms, finished_at_ms, queue_number, node_count, nodes_done,
                       node_times_known, node, vram_free_bytes, gpu_utilization_ratio, eta_ms, eta_low_ms, eta_high_ms,
                       eta_scenes))

}  // namespace comfytrace::model
