#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/run_facts.h"
#include "history/run_filter.h"

// The parts of a run's facts that repeat from run to run. Each kind is interned; a run keeps only its number.
namespace comfytrace::history::columns {

// How a run ended, and its counts.
struct Outcome {
  model::Status status = model::Status::queued;
  std::optional<model::ExitReason> exit_reason;
  bool archived = false;
  bool is_odd = false;  // the row's facts stand in Chunk::odd instead
  std::int64_t scene_count = 0;
  std::int64_t scenes_succeeded = 0;
  std::int64_t attempt_count = 0;
  std::int64_t attempts_out_of_memory = 0;
  std::int64_t attempts_timed_out = 0;
  std::int64_t fallback_count = 0;
  std::optional<std::int64_t> frames;
  bool operator==(const Outcome&) const = default;
};
BOOST_DESCRIBE_STRUCT(Outcome, (),
                      (status, exit_reason, archived, is_odd, scene_count, scenes_succeeded, attempt_count,
                       attempts_out_of_memory, attempts_timed_out, fallback_count, frames))

// What a run was and what it ran on, in parts of which each repeats more often than all of them together.
struct Workflow {
  std::string workflow_name;
  bool operator==(const Workflow&) const = default;
};
BOOST_DESCRIBE_STRUCT(Workflow, (), (workflow_name))

struct Graphs {
  std::string fingerprint;
  std::vector<std::string> fingerprints;  // of every scene, sorted, each once
  bool operator==(const Graphs&) const = default;
};
BOOST_DESCRIBE_STRUCT(Graphs, (), (fingerprint, fingerprints))

struct Models {
  std::string model;
  std::vector<std::string> models;
  bool operator==(const Models&) const = default;
};
BOOST_DESCRIBE_STRUCT(Models, (), (model, models))

struct Machine {
  std::vector<std::string> worker_ids;
  std::vector<std::string> devices;
  std::optional<std::int64_t> vram_total_bytes;
  std::string comfyui_version;
  std::string pytorch_version;
  bool operator==(const Machine&) const = default;
};
BOOST_DESCRIBE_STRUCT(Machine, (), (worker_ids, devices, vram_total_bytes, comfyui_version, pytorch_version))

struct Setting : Workflow, Graphs, Models, Machine {
  bool operator==(const Setting&) const = default;
};
BOOST_DESCRIBE_STRUCT(Setting, (),
                      (workflow_name, fingerprint, fingerprints, model, models, worker_ids, devices, vram_total_bytes,
                       comfyui_version, pytorch_version))

// What people call it.
struct Label {
  std::string story_id;
  std::string story_title;
  std::vector<std::string> tags;
  bool operator==(const Label&) const = default;
};
BOOST_DESCRIBE_STRUCT(Label, (), (story_id, story_title, tags))

// The classes of node that have times, sorted, and how often each was executed.
struct NodeShape {
  std::vector<std::string> classes;
  std::vector<std::int64_t> executions;
  bool operator==(const NodeShape&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeShape, (), (classes, executions))

struct SceneNames {
  std::vector<std::string> names;
  bool operator==(const SceneNames&) const = default;
};
BOOST_DESCRIBE_STRUCT(SceneNames, (), (names))

// WorkKey as it is interned and stored.
struct Work : WorkKey {
  bool operator==(const Work&) const = default;
};
BOOST_DESCRIBE_STRUCT(Work, (), (structure, models, work_size, scene_count, device, executed, is_cold))

[[nodiscard]] Outcome outcome_of(const RunFacts& facts);
[[nodiscard]] Setting setting_of(const RunFacts& facts);
// The same into one that was used before: for one run after another.
void put_setting(const RunFacts& facts, Setting& setting);
[[nodiscard]] Label label_of(const RunFacts& facts);
[[nodiscard]] NodeShape shape_of(const RunFacts& facts);
[[nodiscard]] WorkKey key_of(const Work& work);
// Puts back what the three hold.
void restore(RunFacts& facts, const Outcome& outcome, Setting setting, const Label& label);

// The part of a filter that each kind decides alone.
[[nodiscard]] bool asks_outcome(const RunFilter& filter);
[[nodiscard]] bool asks_setting(const RunFilter& filter);
[[nodiscard]] bool asks_label(const RunFilter& filter);
[[nodiscard]] bool meets(const Outcome& outcome, const RunFilter& filter);
// What is asked of workflows is met by either of these.
[[nodiscard]] bool meets(const Workflow& workflow, const RunFilter& filter);
[[nodiscard]] bool meets(const Graphs& graphs, const RunFilter& filter);
[[nodiscard]] bool meets(const Models& models, const RunFilter& filter);
[[nodiscard]] bool meets(const Machine& machine, const RunFilter& filter);

// Every criterion of `filter` but text and regex.
[[nodiscard]] bool meets(const RunFacts& facts, const RunFilter& filter);

}  // namespace comfytrace::history::columns
