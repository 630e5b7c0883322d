#include "assemble/node_timeline.h"

#include <algorithm>
#include <unordered_set>

#include "assemble/attempt_times.h"

namespace comfytrace::assemble {
namespace {

using model::NodeExecution;
using model::NodeState;

// Snapshots list nodes in order of start, as we do: the hint nearly always hits.
NodeExecution* find_node(model::Attempt& attempt, const std::string& node_id, std::size_t hint = 0) {
  if (hint < attempt.nodes.size() && attempt.nodes[hint].node_id == node_id) return &attempt.nodes[hint];
  const auto found = std::ranges::find(attempt.nodes, node_id, &NodeExecution::node_id);
  return found == attempt.nodes.end() ? nullptr : &*found;
}

bool is_cached(const model::Attempt& attempt, const std::string& node_id) {
  return std::ranges::find(attempt.cached_node_ids, node_id) != attempt.cached_node_ids.end();
}

bool name_node(NodeExecution& node, const GraphIndex* graph) {
  if (!graph || node.node_id != node.display_node_id) return false;
  const comfyui::GraphNode* known = graph->find(node.node_id);
  if (!known || (node.class_type == known->class_type && node.title == known->title)) return false;
  node.class_type = known->class_type;
  node.title = known->title;
  return true;
}

std::int64_t offset_of(const model::Attempt& attempt, std::int64_t at_ms) {
  return std::max<std::int64_t>(0, at_ms - attempt.started_at_ms.value_or(at_ms));
}

// Executed nodes in order of start, before the cached ones.
NodeExecution& insert_node(model::Attempt& attempt, NodeExecution node, const GraphIndex* graph) {
  name_node(node, graph);
  auto place = std::ranges::find(attempt.nodes, NodeState::cached, &NodeExecution::state);
  if (node.state == NodeState::cached) place = attempt.nodes.end();
  if (node.start_offset_ms) {
    place = std::find_if(attempt.nodes.begin(), place, [&](const NodeExecution& other) {
      return other.start_offset_ms && *other.start_offset_ms > *node.start_offset_ms;
    });
  }
  return *attempt.nodes.insert(place, std::move(node));
}

NodeState state_after_the_end(const model::Attempt& attempt) {
  return attempt.status == model::Status::success ? NodeState::finished : NodeState::abandoned;
}

bool set_progress(NodeExecution& node, const std::optional<double>& value, const std::optional<double>& max) {
  if (!value || (node.progress_value == value && node.progress_max == max)) return false;
  node.progress_value = value;
  node.progress_max = max;
  return true;
}

void end_node(model::Attempt& attempt, NodeExecution& node, NodeState state, std::int64_t at_ms) {
  node.state = state;
  if (node.start_offset_ms && !node.duration_ms)
    node.duration_ms = std::max<std::int64_t>(0, offset_of(attempt, at_ms) - *node.start_offset_ms);
}

// Whether the worker's own times are those of another execution under the same prompt id.
bool is_of_another_execution(const model::Attempt& attempt, const comfyui::NodeProgress& told) {
  using model::TimeSource;
  if (!told.started_at_ms) return false;
  if (attempt.started_at_source == TimeSource::server && *told.started_at_ms < *attempt.started_at_ms) return true;
  return attempt.finished_at_source == TimeSource::server && *told.started_at_ms > *attempt.finished_at_ms;
}

// What the worker's own clock says of a node replaces what we read on ours; also after the attempt has ended.
bool take_worker_times(model::Attempt& attempt, NodeExecution& node, const comfyui::NodeProgress& told) {
  if (!told.started_at_ms || !attempt.started_at_ms || node.state == NodeState::cached) return false;
  // A poll saw the attempt only after this node had begun.
  if (attempt.started_at_source == model::TimeSource::poll && *told.started_at_ms < *attempt.started_at_ms)
    set_started(attempt, *told.started_at_ms, model::TimeSource::receipt);
  const bool cut_off =
      node.state == NodeState::failed || node.state == NodeState::interrupted || node.state == NodeState::abandoned;
  std::int64_t start = offset_of(attempt, *told.started_at_ms);
  std::optional<std::int64_t> end;
  if (told.finished_at_ms) {
    end = offset_of(attempt, *told.finished_at_ms);
  } else if (node.duration_ms && node.start_offset_ms) {
    end = *node.start_offset_ms + *node.duration_ms;
  } else if (cut_off) {
    end = attempt.duration_ms;
  }
  if (attempt.duration_ms) {
    start = std::min(start, *attempt.duration_ms);
    if (end) end = std::min(*end, *attempt.duration_ms);
  }
  NodeExecution timed = node;
  timed.start_offset_ms = start;
  if (end && node.state != NodeState::running) timed.duration_ms = std::max<std::int64_t>(0, *end - start);
  if (timed == node && attempt.node_times_known) return false;
  attempt.node_times_known = true;
  attempt.nodes.erase(attempt.nodes.begin() + (&node - attempt.nodes.data()));
  insert_node(attempt, std::move(timed), nullptr);
  return true;
}

NodeExecution first_sight(const comfyui::NodeProgress& told) {
  NodeExecution node;
  node.class_type = told.class_type;
  node.node_id = told.node_id;
  node.display_node_id = told.display_node_id.empty() ? told.node_id : told.display_node_id;
  node.parent_node_id = told.parent_node_id;
  node.vram_peak_bytes = told.vram_peak_bytes;
  return node;
}

void note_new(model::Attempt& attempt, const comfyui::NodeProgress& told, std::int64_t at_ms, const GraphIndex* graph,
              NodeChange& change) {
  const bool ended = !model::is_open(attempt.status);
  NodeExecution node = first_sight(told);
  change.kept = change.live = true;
  if (told.finished && is_cached(attempt, told.node_id)) {
    node.state = NodeState::cached;
  } else if (ended) {
    node.state = told.finished ? NodeState::finished : state_after_the_end(attempt);
    if (told.finished) set_progress(node, told.value, told.max);
    change.late = !told.started_at_ms;
  } else if (told.finished) {
    node.state = NodeState::finished;
    set_progress(node, told.value, told.max);
  } else {
    // One that has already got somewhere started while nobody told us.
    if (told.value.value_or(0) == 0) {
      node.start_offset_ms = offset_of(attempt, at_ms);
      attempt.node_times_known = true;
    }
    set_progress(node, told.value, told.max);
  }
  take_worker_times(attempt, insert_node(attempt, std::move(node), graph), told);
}

void note_again(model::Attempt& attempt, NodeExecution& node, const comfyui::NodeProgress& told, std::int64_t at_ms,
                NodeChange& change) {
  if (!node.parent_node_id && told.parent_node_id) {
    node.parent_node_id = told.parent_node_id;
    change.kept = true;
  }
  if (node.class_type.empty() && !told.class_type.empty()) {
    node.class_type = told.class_type;
    change.kept = true;
  }
  if (told.vram_peak_bytes && node.vram_peak_bytes != told.vram_peak_bytes) {
    node.vram_peak_bytes = told.vram_peak_bytes;
    change.kept = change.live = true;
  }
  if (node.state == NodeState::running) {
    if (set_progress(node, told.value, told.max)) change.live = true;
    if (told.finished) {
      end_node(attempt, node, NodeState::finished, at_ms);
      change.kept = change.live = true;
    }
  } else if (node.state == NodeState::blocked && told.finished && node.start_offset_ms && !node.duration_ms &&
             model::is_open(attempt.status)) {
    set_progress(node, told.value, told.max);
    end_node(attempt, node, NodeState::blocked, at_ms);
    change.kept = change.live = true;
  } else if (node.state == NodeState::cached && !told.finished && model::is_open(attempt.status)) {
    // It was held in the cache and runs all the same.
    NodeExecution moved = node;
    const auto place = attempt.nodes.begin() + (&node - attempt.nodes.data());
    attempt.nodes.erase(place);
    moved.state = NodeState::running;
    moved.start_offset_ms = offset_of(attempt, at_ms);
    set_progress(moved, told.value, told.max);
    take_worker_times(attempt, insert_node(attempt, std::move(moved), nullptr), told);
    change.kept = change.live = true;
    return;
  } else if (node.state == NodeState::abandoned && told.finished_at_ms) {
    // It had ended; only the end of the attempt reached us first.
    node.state = NodeState::finished;
    change.kept = change.live = true;
  }
  if (take_worker_times(attempt, node, told)) change.kept = change.live = true;
}

}  // namespace

NodeChange note_progress_state(model::Attempt& attempt, const comfyui::ProgressState& event, std::int64_t at_ms,
                               const GraphIndex* graph) {
  NodeChange change;
  for (std::size_t i = 0; i < event.nodes.size(); ++i) {
    if (is_of_another_execution(attempt, event.nodes[i])) continue;
    NodeExecution* known = find_node(attempt, event.nodes[i].node_id, i);
    if (known) {
      note_again(attempt, *known, event.nodes[i], at_ms, change);
    } else {
      note_new(attempt, event.nodes[i], at_ms, graph, change);
    }
  }
  return change;
}

NodeChange note_executing(model::Attempt& attempt, const std::string& node_id, const std::string& display_node_id,
                          std::optional<std::int64_t> at_ms, const GraphIndex* graph) {
  NodeChange change;
  if (NodeExecution* known = find_node(attempt, node_id)) {
    if (known->state != NodeState::cached || !at_ms || !model::is_open(attempt.status)) return change;
    comfyui::NodeProgress told;
    note_again(attempt, *known, told, *at_ms, change);
    return change;
  }
  NodeExecution node;
  node.node_id = node_id;
  node.display_node_id = display_node_id.empty() ? node_id : display_node_id;
  if (!model::is_open(attempt.status)) {
    node.state = state_after_the_end(attempt);
    change.late = true;
  } else if (at_ms) {
    node.start_offset_ms = offset_of(attempt, *at_ms);
    attempt.node_times_known = true;
  }
  insert_node(attempt, std::move(node), graph);
  change.kept = change.live = true;
  return change;
}

NodeChange note_progress(model::Attempt& attempt, const std::string& node_id, double value, double max) {
  NodeChange change;
  NodeExecution* node = find_node(attempt, node_id);
  if (node && node->state == NodeState::running) change.live = set_progress(*node, value, max);
  return change;
}

bool note_blocked(model::Attempt& attempt, const std::string& node_id, const GraphIndex* graph) {
  NodeExecution* node = find_node(attempt, node_id);
  if (!node) {
    NodeExecution added;
    added.node_id = added.display_node_id = node_id;
    added.state = NodeState::blocked;
    insert_node(attempt, std::move(added), graph);
    return true;
  }
  if (node->state != NodeState::running && node->state != NodeState::finished) return false;
  node->state = NodeState::blocked;
  return true;
}

bool set_cached(model::Attempt& attempt, std::vector<std::string> node_ids, const GraphIndex* graph) {
  if (graph) graph->sort(node_ids);
  const auto before = attempt.nodes;
  const bool same = attempt.cached_known && attempt.cached_node_ids == node_ids;
  attempt.cached_known = true;
  attempt.cached_node_ids = std::move(node_ids);
  // Output nodes held in the cache are told as finished at once, without ever having run.
  std::unordered_set<std::string> ran;
  std::erase_if(attempt.nodes, [&](const NodeExecution& node) {
    if (node.state == NodeState::cached) return true;
    const bool never_ran = node.state == NodeState::finished && !node.start_offset_ms;
    if (never_ran && is_cached(attempt, node.node_id)) return true;
    ran.insert(node.node_id);
    return false;
  });
  for (const std::string& node_id : attempt.cached_node_ids) {
    if (!ran.insert(node_id).second) continue;
    NodeExecution node;
    node.node_id = node.display_node_id = node_id;
    node.state = NodeState::cached;
    for (const NodeExecution& old : before) {
      if (old.node_id != node_id) continue;
      node.class_type = old.class_type;
      node.title = old.title;
    }
    name_node(node, graph);
    attempt.nodes.push_back(std::move(node));
  }
  for (model::Artifact& artifact : attempt.artifacts) artifact.cached = is_cached(attempt, artifact.node_id);
  return !same || attempt.nodes != before;
}

void close_nodes(model::Attempt& attempt, const std::string& named_node_id, NodeState named_state,
                 const GraphIndex* graph) {
  const std::int64_t end_ms = attempt.finished_at_ms.value_or(attempt.started_at_ms.value_or(0));
  const bool success = attempt.status == model::Status::success;
  for (NodeExecution& node : attempt.nodes) {
    if (!named_node_id.empty() && node.node_id == named_node_id) {
      // An error names its node even if that seemed done; an interrupt only stops what runs.
      if (named_state == NodeState::failed || node.state != NodeState::finished)
        end_node(attempt, node, named_state, end_ms);
      continue;
    }
    switch (node.state) {
      case NodeState::running:
        // In a success it must have ended, but not at the end of the attempt: how long it took is not known.
        if (success) {
          node.state = NodeState::finished;
        } else {
          end_node(attempt, node, NodeState::abandoned, end_ms);
        }
        break;
      case NodeState::abandoned:  // closed by an end that was told otherwise since
      case NodeState::failed:
      case NodeState::interrupted:
        node.state = success ? NodeState::finished : NodeState::abandoned;
        break;
      default:
        break;
    }
  }
  if (!named_node_id.empty() && !find_node(attempt, named_node_id)) {
    NodeExecution node;
    node.node_id = node.display_node_id = named_node_id;
    node.state = named_state;
    insert_node(attempt, std::move(node), graph);
  }
  if (attempt.cached_known) set_cached(attempt, attempt.cached_node_ids, graph);
}

bool name_nodes(model::Attempt& attempt, const GraphIndex& graph) {
  bool changed = false;
  for (NodeExecution& node : attempt.nodes) changed |= name_node(node, &graph);
  if (attempt.cached_known) changed |= set_cached(attempt, attempt.cached_node_ids, &graph);
  return changed;
}

std::int64_t nodes_done(const model::Attempt& attempt) {
  return std::ranges::count_if(attempt.nodes, [](const NodeExecution& node) {
    return node.node_id == node.display_node_id &&
           (node.state == NodeState::finished || node.state == NodeState::cached || node.state == NodeState::blocked);
  });
}

}  // namespace comfytrace::assemble
