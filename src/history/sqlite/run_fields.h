#pragma once

#include <boost/mp11/list.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/codec.h"
#include "history/sqlite/parameter_fields.h"

// The fields of what run_codec.h packs, in the order in which they stand. Whoever calls `fields` with an Io of theirs
// has these beside it, of which a scene's nodes are the ones that differ:
//   nodes_field(Io&, attempt, SharedTexts&, Before<Io>&, version)
//   environment_field(Io&, environment, Before<Io>&)
namespace comfytrace::history::sqlite {

// 1: without attempts' environments and nodes' vram_peak_bytes. 2: every scene, artifact and node by itself.
// 3: what is as in the scene, artifact or node before is left out.
inline constexpr std::uint8_t kVersion = 3;
inline constexpr std::uint8_t kOldestVersion = 1;

// A model struct that gains or loses a member fails here: teach the codec below about it, under a new version.
template <class T>
constexpr std::size_t kMembers =
    boost::mp11::mp_size<boost::describe::describe_members<T, boost::describe::mod_any_access>>::value;
static_assert(kMembers<model::Run> == 18 && kMembers<model::Scene> == 8 && kMembers<model::Attempt> == 29 &&
              kMembers<model::AttemptEnvironment> == 8 && kMembers<model::NodeExecution> == 11 &&
              kMembers<model::Artifact> == 7 && kMembers<model::Parameters> == 17 && kMembers<model::Lora> == 3 &&
              kMembers<model::Failure> == 5 && kMembers<model::ValidationError> == 5 &&
              kMembers<model::Explanation> == 3 && kMembers<model::QueuePolicy> == 6);
// Enumerators are stored by number: new ones go to the end.
static_assert(static_cast<int>(model::Status::partial) == 7 && static_cast<int>(model::ExitReason::unknown) == 10 &&
              static_cast<int>(model::Origin::imported) == 3 && static_cast<int>(model::TimeSource::poll) == 2 &&
              static_cast<int>(model::NodeState::blocked) == 6 && static_cast<int>(model::MediaKind::other) == 4);

template <class Io>
void origin(Io& io, Of<Io, model::Artifact>& artifact) {
  io.name(artifact.node_id);
  io.name(artifact.subfolder);
  io.name(artifact.type);
  io.word(artifact.kind);
  io.text(artifact.text);
  io.boolean(artifact.cached);
}

inline void copy_origin(const model::Artifact& from, model::Artifact& to) {
  std::string filename = std::move(to.filename);
  to = from;
  to.filename = std::move(filename);
}

template <class Io>
void fields(Io& io, Of<Io, model::Artifact>& artifact, Before<Io>& before, std::uint8_t version) {
  if (version < 3) {
    io.name(artifact.node_id);
    io.text(artifact.filename);
    io.name(artifact.subfolder);
    io.name(artifact.type);
    io.word(artifact.kind);
    io.text(artifact.text);
    return io.boolean(artifact.cached);
  }
  text_after(io, artifact.filename, before.filename, version);
  unless_alike(
      io, artifact, before.artifact, [&](auto& one) { origin(io, one); }, copy_origin);
}

template <class Io>
void fields(Io& io, Of<Io, model::Failure>& failure) {
  io.name(failure.node_id);
  io.name(failure.node_type);
  io.name(failure.exception_type);
  io.text(failure.message);
  io.list(failure.traceback, [&](auto& line) { io.text(line); });
}

template <class Io>
void fields(Io& io, Of<Io, model::ValidationError>& error) {
  io.name(error.node_id);
  io.name(error.class_type);
  io.name(error.type);
  io.sentence(error.message);
  io.text(error.details);
}

template <class Io>
void fields(Io& io, Of<Io, model::QueuePolicy>& policy) {
  io.integer(policy.max_wait_ms);
  io.integer(policy.poll_interval_ms);
  io.integer(policy.attempt_limit);
  io.integer(policy.post_execution_timeout_ms);
  io.integer(policy.retry_budget);
  io.integer(policy.frame_floor);
}

template <class Io>
void structure_field(Io& io, Of<Io, std::string>& fingerprint) {
  io.name(fingerprint);
}

inline std::optional<std::int64_t> between(const std::optional<std::int64_t>& from,
                                           const std::optional<std::int64_t>& to) {
  return from && to ? std::optional(wrapping_sub(*to, *from)) : std::nullopt;
}

template <class Io>
void fields(Io& io, Of<Io, model::Attempt>& a, SharedTexts& texts, Before<Io>& before, std::uint8_t version) {
  io.id(a.prompt_id);
  io.name(a.worker_id);
  io.word(a.status);
  io.word(a.exit_reason);
  io.word(a.origin);
  io.number(a.queue_number);
  io.time(a.queued_at_ms);
  io.word(a.queued_at_source);
  io.time(a.started_at_ms);
  io.word(a.started_at_source);
  io.time(a.finished_at_ms);
  io.word(a.finished_at_source);
  io.near(a.duration_ms, between(a.started_at_ms, a.finished_at_ms));
  io.near(a.queue_wait_ms, between(a.queued_at_ms, a.started_at_ms));
  io.integer(a.node_count);
  io.boolean(a.cached_known);
  io.boolean(a.node_times_known);
  nodes_field(io, a, texts, before, version);
  io.list(a.artifacts, [&](auto& artifact) { fields(io, artifact, before, version); });
  io.maybe(a.failure, [&](auto& failure) { fields(io, failure); });
  io.list(a.validation_errors, [&](auto& error) { fields(io, error); });
  memory(io, a.vram_free_before_bytes, 0, version);
  memory(io, a.vram_free_after_bytes, a.vram_free_before_bytes, version);
  memory(io, a.vram_delta_bytes, between(a.vram_free_before_bytes, a.vram_free_after_bytes), version);
  memory(io, a.vram_peak_bytes, 0, version);
  io.list(a.fallback_notes, [&](auto& note) { io.sentence(note); });
  io.list(a.explanations, [&](auto& explanation) {
    io.time(explanation.at_ms);
    io.sentence(explanation.what);
    io.sentence(explanation.because);
  });
  if (version >= 2) environment_field(io, a.environment, before);
}

template <class Io>
void fields(Io& io, Of<Io, model::Scene>& scene, SharedTexts& texts, Before<Io>& before, std::uint8_t version) {
  io.id(scene.scene_id);
  text_after(io, scene.title, before.title, version);
  io.word(scene.status);
  io.word(scene.exit_reason);
  structure_field(io, scene.workflow_fingerprint);
  io.integer(scene.work_size);
  fields(io, scene.parameters, before, version);
  io.list(scene.attempts, [&](auto& attempt) { fields(io, attempt, texts, before, version); });
}

}  // namespace comfytrace::history::sqlite
