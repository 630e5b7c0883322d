#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assemble/graph_index.h"
#include "comfyui/body.h"
#include "comfyui/event.h"
#include "model/run.h"

// How an attempt ended, and who says so.
namespace comfytrace::assemble {

struct Outcome {
  model::Status status = model::Status::failed;
  model::ExitReason reason = model::ExitReason::unknown;
  std::int64_t finished_at_ms = 0;
  model::TimeSource source = model::TimeSource::receipt;
  std::string node_id;  // that an error or an interrupt named
  std::optional<model::Failure> failure;
  std::string because;  // for the explanation
};

// The outcome an event tells, or nullopt if it does not end a prompt. `at_ms` stands in for a missing stamp.
[[nodiscard]] std::optional<Outcome> outcome_of(const comfyui::Event& event, std::int64_t at_ms);

// What a history entry says beyond its outputs. The last message decides: status_str tells an interrupted prompt and
// a failed one with the same word.
struct HistoryFacts {
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::vector<std::string>> cached_node_ids;
  Outcome outcome;
};
[[nodiscard]] HistoryFacts read_history(const comfyui::HistoryEntry& entry, std::int64_t at_ms);

// The output files of a history entry, by node id.
[[nodiscard]] std::vector<model::Artifact> read_outputs(const comfyui::HistoryEntry& entry,
                                                        const std::vector<std::string>& cached_node_ids);

// Adds the artifacts of one `executed` event that are not there yet. Returns whether there were any.
bool add_artifacts(model::Attempt& attempt, std::vector<model::Artifact> artifacts);

// Whether the recorded end was concluded rather than told, so that anything told may correct it.
[[nodiscard]] bool is_inferred(const model::Attempt& attempt);

// Ends the attempt so, or corrects how it ended.
void apply_outcome(model::Attempt& attempt, const Outcome& outcome, std::int64_t at_ms, const GraphIndex* graph);

}  // namespace comfytrace::assemble
