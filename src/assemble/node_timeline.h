#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assemble/graph_index.h"
#include "comfyui/event.h"
#include "model/run.h"

// What the events tell about the nodes of one attempt. `graph` may be nullptr: names are filled in once it is known.
// `at_ms` is our clock at receipt, epoch ms.
namespace comfytrace::assemble {

struct NodeChange {
  bool kept = false;  // a start, an end or a state: worth saving
  bool live = false;  // progress: worth showing
  bool late = false;  // told after the attempt had ended
};

NodeChange note_progress_state(model::Attempt& attempt, const comfyui::ProgressState& event, std::int64_t at_ms,
                               const GraphIndex* graph);

// A node runs. Without `at_ms` it is not known since when.
NodeChange note_executing(model::Attempt& attempt, const std::string& node_id, const std::string& display_node_id,
                          std::optional<std::int64_t> at_ms, const GraphIndex* graph);

NodeChange note_progress(model::Attempt& attempt, const std::string& node_id, double value, double max);

// A notice that the node was blocked by one before it. The prompt goes on.
bool note_blocked(model::Attempt& attempt, const std::string& node_id, const GraphIndex* graph);

// Sets the cached set and files its nodes behind the executed ones, unless they truly ran.
bool set_cached(model::Attempt& attempt, std::vector<std::string> node_ids, const GraphIndex* graph);

// Closes what still runs at the attempt's end, which is set already. The node that an error or an interrupt named
// gets `named_state`; the others are abandoned, or finished after an unknown time where the attempt succeeded.
void close_nodes(model::Attempt& attempt, const std::string& named_node_id, model::NodeState named_state,
                 const GraphIndex* graph);

// Class types and titles from the graph, and the cached set in its order.
bool name_nodes(model::Attempt& attempt, const GraphIndex& graph);

// Graph nodes that are finished or cached.
[[nodiscard]] std::int64_t nodes_done(const model::Attempt& attempt);

}  // namespace comfytrace::assemble
