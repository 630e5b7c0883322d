#include "history/sqlite/node_unpacker.h"

#include "history/sqlite/deflate.h"
#include "history/sqlite/node_fields.h"
#include "history/sqlite/run_fields.h"

namespace comfytrace::history::sqlite {
namespace {

class NodeReader : public FieldSkipper {
 public:
  NodeReader(std::string_view bytes, const model::Run& room, SharedTexts& texts, NodeUnpacker& of)
      : FieldSkipper(bytes, room, texts), unpacker(of) {}
  NodeUnpacker& unpacker;
  model::NodeExecution node;
};

}  // namespace

// Not in the unnamed namespace, where `fields` would not find them.
static void structure_field(NodeReader& io, std::string&) {
  const std::uint64_t id = io.bytes().u64();
  if (id == 0) return io.unpacker.to().begin_scene(io.unpacker.to().text(io.bytes().text()));
  const auto structure = io.unpacker.structure_of(static_cast<std::int64_t>(id));
  structure ? io.unpacker.to().begin_scene(*structure) : io.bytes().fail();
}

static void nodes_field(NodeReader& io, const model::Attempt& attempt, SharedTexts&, Before<NodeReader>&,
                        std::uint8_t version) {
  NodeRecorder& to = io.unpacker.to();
  to.begin_attempt(attempt.node_times_known);
  std::uint32_t identity = 0;
  const auto put = [&](std::int64_t id) -> model::NodeExecution* {
    const auto known = io.unpacker.identity_of(id);
    if (!known) return nullptr;
    identity = *known;
    io.node.start_offset_ms.reset();
    io.node.duration_ms.reset();
    return &io.node;
  };
  const std::size_t count = io.bytes().count();
  read_nodes(io, count, version, put,
             [&](const model::NodeExecution& node) { to.add_node(identity, node.state, node.duration_ms); });
  const std::size_t cached = io.bytes().count();
  for (std::size_t i = 0; i < cached && !io.bytes().failed(); ++i) {
    const std::uint64_t place = io.bytes().u64();
    if (place == 0) io.name(std::string());
    if (place > count) io.bytes().fail();
  }
}

static void environment_field(NodeReader& io, std::optional<model::AttemptEnvironment>&, Before<NodeReader>&) {
  io.name(std::optional<std::string>());
}

std::optional<std::uint32_t> NodeUnpacker::identity_of(std::int64_t id) {
  if (next_ < known_.size() && known_[next_].id == id) return known_[next_++].identity;
  const auto [place, is_new] = places_.try_emplace(id, known_.size());
  if (is_new) {
    const auto text = texts_.name(id);
    model::NodeExecution node;
    if (!text || !set_identity(*text, node)) {
      places_.erase(place);
      return std::nullopt;
    }
    known_.push_back({id, to_.identity(node)});
  }
  next_ = place->second + 1;
  return known_[place->second].identity;
}

std::optional<std::uint32_t> NodeUnpacker::structure_of(std::int64_t id) {
  const auto at = structures_.find(id);
  if (at != structures_.end()) return at->second;
  const auto text = texts_.name(id);
  if (!text) return std::nullopt;
  return structures_.emplace(id, to_.text(*text)).first->second;
}

bool NodeUnpacker::unpack(std::string_view bytes) {
  const auto inflated = is_plain_form(bytes) ? std::optional<std::string>("") : plain_bytes(bytes);
  if (!inflated) return false;
  NodeReader io(is_plain_form(bytes) ? bytes.substr(1) : *inflated, room_, texts_, *this);
  const std::uint8_t version = io.bytes().byte();
  if (version < kOldestVersion || version > kVersion) return false;
  io.boolean(room_.grouped);
  io.maybe(room_.policy, [&](auto& policy) { fields(io, policy); });
  Before<NodeReader> before;
  io.list(room_.scenes, [&](auto& scene) { fields(io, scene, texts_, before, version); });
  return !io.bytes().failed() && io.bytes().left() == 0;
}

}  // namespace comfytrace::history::sqlite
