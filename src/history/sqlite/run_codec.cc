#include "history/sqlite/run_codec.h"

#include <algorithm>

#include "base/codec.h"
#include "history/sqlite/deflate.h"
#include "history/sqlite/node_fields.h"
#include "history/sqlite/run_fields.h"
#include "history/sqlite/same_text.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr std::size_t kWorthDeflating = 512;  // bytes of plain text from which deflate pays

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

}  // namespace

// Not in the unnamed namespace, where `fields` would not find them.
static void nodes_field(FieldWriter& io, const model::Attempt& attempt, SharedTexts& texts, Before<FieldWriter>& before,
                        std::uint8_t) {
  write_nodes(io, attempt.nodes, texts, before);
  io.list(attempt.cached_node_ids, [&](const std::string& id) {
    const auto node = std::ranges::find(attempt.nodes, id, &model::NodeExecution::node_id);
    io.bytes().u64(node == attempt.nodes.end() ? 0 : static_cast<std::uint64_t>(node - attempt.nodes.begin()) + 1);
    if (node == attempt.nodes.end()) io.name(id);
  });
}

static void nodes_field(FieldReader& io, model::Attempt& attempt, SharedTexts& texts, Before<FieldReader>&,
                        std::uint8_t version) {
  const std::size_t count = io.bytes().count();
  attempt.nodes.reserve(std::min<std::size_t>(count, 1024));
  const auto put = [&](std::int64_t id) -> model::NodeExecution* {
    auto& node = attempt.nodes.emplace_back();
    const auto identity = texts.name(id);
    return identity && set_identity(*identity, node) ? &node : nullptr;
  };
  read_nodes(io, count, version, put, [](const model::NodeExecution&) {});
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

static void environment_field(FieldWriter& io, const std::optional<model::AttemptEnvironment>& environment,
                              Before<FieldWriter>& before) {
  if (before.environment && *before.environment == environment) return io.bytes().raw(before.environment_bytes);
  const std::size_t from = io.bytes().bytes().size();
  io.boolean(environment.has_value());
  if (environment) io.passing_name(text_of(*environment));
  before.environment = &environment;
  before.environment_bytes = io.bytes().bytes().substr(from);
}

static void environment_field(FieldReader& io, std::optional<model::AttemptEnvironment>& environment,
                              Before<FieldReader>&) {
  std::optional<std::string> text;
  io.name(text);
  if (text && !set_environment(*text, environment.emplace())) io.bytes().fail();
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

namespace {

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
  const auto inflated = is_plain_form(bytes) ? std::optional<std::string>("") : plain_bytes(bytes);
  if (!inflated) return false;
  FieldReader io(is_plain_form(bytes) ? bytes.substr(1) : *inflated, run, texts);
  const std::uint8_t version = io.bytes().byte();
  if (version < kOldestVersion || version > kVersion) return false;
  fields(io, run, texts, version);
  return !io.bytes().failed() && io.bytes().left() == 0;
}

}  // namespace comfytrace::history::sqlite
