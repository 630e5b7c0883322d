#include "insight/node_times.h"

#include <algorithm>

#include "base/saturate.h"
#include "insight/node_sums.h"

namespace comfytrace::insight {

std::vector<NodeTime> node_times(const model::Scene& scene, const model::Attempt& attempt) {
  history::NodeRecorder recorder;
  recorder.begin_run();
  recorder.add(scene, attempt);
  const history::NodeRecords& records = recorder.records();
  std::vector<NodeTime> times;
  for (const NodeSum& sum : NodeSums(records).of(records.scenes.front())) {
    times.push_back({records.texts[sum.structure], records.texts[sum.node_id], records.texts[sum.class_type],
                     records.texts[sum.title], sum.executions, sum.cached, sum.duration_ms});
  }
  return times;
}

std::vector<NodeTime> class_times(const std::vector<NodeTime>& nodes) {
  std::vector<NodeTime> classes;
  for (const NodeTime& node : nodes) {
    if (node.class_type.empty()) continue;
    auto at = std::ranges::find(classes, node.class_type, &NodeTime::class_type);
    if (at == classes.end()) at = classes.insert(at, NodeTime{"", "", node.class_type, "", 0, 0, 0});
    at->executions += node.executions;
    at->cached += node.cached;
    at->duration_ms = base::saturating_add(at->duration_ms, node.duration_ms);
  }
  return classes;
}

}  // namespace comfytrace::insight
