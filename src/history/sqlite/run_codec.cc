#include "history/sqlite/run_codec.h"

#include <algorithm>
#include <boost/mp11/list.hpp>

#include "base/codec.h"
#include "history/sqlite/deflate.h"
#include "history/sqlite/parameter_fields.h"
#include "history/sqlite/same_text.h"

namespace comfytrace::history::sqlite {
namespace {

// 1: without attempts' environments and nodes' vram_peak_bytes. 2: every scene, artifact and node by itself.
// 3: what is as in the scene, artifact or node before is left out.
constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kOldestVersion = 1;
constexpr std::size_t kWorthDeflating = 512;  // bytes of plain text from which deflate pays

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

void copy_origin(const model::Artifact& from, model::Artifact& to) {
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

// What a node is, apart from what it did: the same in every run of a graph, so kept once as a shared text.
void write_identity(ByteWriter& out, const model::NodeExecution& node) {
  out.clear();
  out.text(node.node_id);
  out.text(node.display_node_id == node.node_id ? std::string_view() : std::string_view(node.display_node_id));
  out.byte(node.display_node_id == node.node_id ? 1 : 0);
  out.byte(node.parent_node_id ? 1 : 0);
  out.text(node.parent_node_id ? std::string_view(*node.parent_node_id) : std::string_view());
  out.text(node.class_type);
  out.text(node.title);
}

bool same_identity(const model::NodeExecution& a, const model::NodeExecution& b) {
  return same_text(a.node_id, b.node_id) && same_text(a.class_type, b.class_type) && same_text(a.title, b.title) &&
         same_text(a.display_node_id, b.display_node_id) && a.parent_node_id == b.parent_node_id;
}

bool set_identity(std::string_view identity, model::NodeExecution& node) {
  ByteReader in(identity);
  node.node_id = in.text();
  node.display_node_id = in.text();
  if (in.byte() != 0) node.display_node_id = node.node_id;
  const bool has_parent = in.byte() != 0;
  const std::string_view parent = in.text();
  if (has_parent) node.parent_node_id = std::string(parent);
  node.class_type = in.text();
  node.title = in.text();
  return !in.failed();
}

constexpr std::uint8_t kNextAlike = 7;  // no state: the next number, and the same head as the node before
enum NodeHas : std::uint8_t { kStart = 8, kDuration = 16, kValue = 32, kMax = 64, kPeak = 128 };

// The most bytes of a node but for its progress: a head, its name, two times and a peak of memory.
constexpr std::size_t kMostNodeBytes = 1 + 4 * ByteWriter::kMostBytes;

void write_nodes(FieldWriter& io, const std::vector<model::NodeExecution>& nodes, SharedTexts& texts,
                 Before<FieldWriter>& before) {
  ByteWriter& out = io.bytes();
  out.u64(nodes.size());
  ByteWriter identity;
  const std::size_t known = before.nodes ? before.nodes->size() : 0;
  auto& names = before.node_names;
  names.resize(std::max(names.size(), nodes.size()));
  std::int64_t last_id = 0;
  int last_head = -1;
  std::int64_t expected_start = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // A graph's nodes got their numbers one after the other when it ran first, so the step is mostly 1.
    const auto& node = nodes[i];
    if (i >= known || !same_identity((*before.nodes)[i], node)) {
      write_identity(identity, node);
      names[i] = texts.name_id(identity.bytes());
    }
    const std::int64_t id = names[i];
    const auto head = static_cast<std::uint8_t>(
        static_cast<int>(node.state) | (node.start_offset_ms ? kStart : 0) | (node.duration_ms ? kDuration : 0) |
        (node.progress_value ? kValue : 0) | (node.progress_max ? kMax : 0) | (node.vram_peak_bytes ? kPeak : 0));
    char* at = out.begin(kMostNodeBytes);
    if (id - last_id == 1 && head == last_head) {
      *at++ = static_cast<char>(kNextAlike);
    } else {
      *at++ = static_cast<char>(head);
      at = put_i64(at, id - last_id);
    }
    last_id = id;
    last_head = head;
    if (head & kStart) {
      at = put_i64(at, wrapping_sub(*node.start_offset_ms, expected_start));
      expected_start = *node.start_offset_ms;
    }
    if (head & kDuration) {
      at = put_i64(at, *node.duration_ms);
      expected_start = wrapping_add(expected_start, *node.duration_ms);
    }
    if (head & (kValue | kMax)) {
      out.end(at);
      if (node.progress_value) io.number(node.progress_value);
      if (node.progress_max) io.number(node.progress_max);
      at = out.begin(ByteWriter::kMostBytes);
    }
    if (head & kPeak) at = put_i64(at, *node.vram_peak_bytes);
    out.end(at);
  }
  before.nodes = &nodes;
}

void read_nodes(FieldReader& io, std::vector<model::NodeExecution>& nodes, SharedTexts& texts, std::uint8_t version) {
  ByteReader& in = io.bytes();
  const std::size_t count = in.count();
  std::int64_t id = 0;
  std::uint8_t head = 0;
  std::int64_t expected_start = 0;
  nodes.reserve(std::min<std::size_t>(count, 1024));
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    auto& node = nodes.emplace_back();
    if (version < 3) id = wrapping_add(id, in.i64());
    const std::uint8_t first = in.byte();
    const bool alike = version >= 3 && first == kNextAlike;
    if (!alike) head = first;
    if (version >= 3) id = wrapping_add(id, alike ? 1 : in.i64());
    const auto identity = texts.name(id);
    if (!identity || !set_identity(*identity, node)) return in.fail();
    node.state = static_cast<model::NodeState>(head & 7);
    if (head & kStart) node.start_offset_ms = expected_start = wrapping_add(expected_start, in.i64());
    if (head & kDuration) {
      node.duration_ms = in.i64();
      expected_start = wrapping_add(expected_start, *node.duration_ms);
    }
    if (head & kValue) io.number(node.progress_value);
    if (head & kMax) io.number(node.progress_max);
    if (head & kPeak) node.vram_peak_bytes = in.i64();
  }
}

void nodes_field(FieldWriter& io, const model::Attempt& attempt, SharedTexts& texts, Before<FieldWriter>& before,
                 std::uint8_t) {
  write_nodes(io, attempt.nodes, texts, before);
  io.list(attempt.cached_node_ids, [&](const std::string& id) {
    const auto node = std::ranges::find(attempt.nodes, id, &model::NodeExecution::node_id);
    io.bytes().u64(node == attempt.nodes.end() ? 0 : static_cast<std::uint64_t>(node - attempt.nodes.begin()) + 1);
    if (node == attempt.nodes.end()) io.name(id);
  });
}

void nodes_field(FieldReader& io, model::Attempt& attempt, SharedTexts& texts, Before<FieldReader>&,
                 std::uint8_t version) {
  read_nodes(io, attempt.nodes, texts, version);
  io.list(attempt.cached_node_ids, [&](std::string& id) {
    const std::uint64_t place = io.bytes().u64();
    if (place == 0) {
      io.name(id);
    } else if (place <= attempt.nodes.size()) {
      id = attempt.nodes[static_cast<std::size_t>(place - 1)].node_id;
    } else {
      io.bytes().fail();
    }
  });
}

// Of a worker's attempts it is always the same, so kept once as a shared text.
std::string text_of(const model::AttemptEnvironment& environment) {
  ByteWriter out;
  for (const std::string* text : {&environment.device_name, &environment.device_type, &environment.comfyui_version,
                                  &environment.python_version, &environment.pytorch_version, &environment.os}) {
    out.text(*text);
  }
  out.i64(environment.device_count);
  out.byte(environment.vram_total_bytes ? 1 : 0);
  out.i64(environment.vram_total_bytes.value_or(0));
  return out.take();
}

bool set_environment(std::string_view text, model::AttemptEnvironment& environment) {
  ByteReader in(text);
  for (std::string* part : {&environment.device_name, &environment.device_type, &environment.comfyui_version,
                            &environment.python_version, &environment.pytorch_version, &environment.os}) {
    *part = std::string(in.text());
  }
  environment.device_count = in.i64();
  const bool has_vram = in.byte() != 0;
  const std::int64_t vram_bytes = in.i64();
  if (has_vram) environment.vram_total_bytes = vram_bytes;
  return !in.failed();
}

void environment_field(FieldWriter& io, const std::optional<model::AttemptEnvironment>& environment,
                       Before<FieldWriter>& before) {
  if (before.environment && *before.environment == environment) return io.bytes().raw(before.environment_bytes);
  const std::size_t from = io.bytes().bytes().size();
  io.boolean(environment.has_value());
  if (environment) io.passing_name(text_of(*environment));
  before.environment = &environment;
  before.environment_bytes = io.bytes().bytes().substr(from);
}

void environment_field(FieldReader& io, std::optional<model::AttemptEnvironment>& environment, Before<FieldReader>&) {
  std::optional<std::string> text;
  io.name(text);
  if (text && !set_environment(*text, environment.emplace())) io.bytes().fail();
}

std::optional<std::int64_t> between(const std::optional<std::int64_t>& from, const std::optional<std::int64_t>& to) {
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
  io.name(scene.workflow_fingerprint);
  io.integer(scene.work_size);
  fields(io, scene.parameters, before, version);
  io.list(scene.attempts, [&](auto& attempt) { fields(io, attempt, texts, before, version); });
}

template <class Io>
void fields(Io& io, Of<Io, model::Run>& run, SharedTexts& texts, std::uint8_t version) {
  io.boolean(run.grouped);
  io.maybe(run.policy, [&](auto& policy) { fields(io, policy); });
  Before<Io> before;
  io.list(run.scenes, [&](auto& scene) { fields(io, scene, texts, before, version); });
}

}  // namespace

std::string pack_details(const model::Run& run, SharedTexts& texts) {
  FieldWriter io(run, texts);
  io.bytes().reserve(1'024);
  io.bytes().raw(plain_form({}));
  const std::size_t head = io.bytes().bytes().size();
  io.bytes().byte(kVersion);
  fields(io, run, texts, kVersion);
  if (io.plain_text_bytes() >= kWorthDeflating) return deflated_if_shorter(io.bytes().bytes().substr(head));
  return io.bytes().take();
}

bool unpack_details(std::string_view bytes, SharedTexts& texts, model::Run& run) {
  const auto plain = plain_bytes(bytes);
  if (!plain) return false;
  FieldReader io(*plain, run, texts);
  const std::uint8_t version = io.bytes().byte();
  if (version < kOldestVersion || version > kVersion) return false;
  fields(io, run, texts, version);
  return !io.bytes().failed() && io.bytes().left() == 0;
}

}  // namespace comfytrace::history::sqlite
