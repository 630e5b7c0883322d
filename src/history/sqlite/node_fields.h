#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "history/sqlite/field_io.h"
#include "model/attempt.h"

// The nodes of an attempt as run_codec.h packs them.
namespace comfytrace::history::sqlite {

inline constexpr std::uint8_t kNextAlike = 7;  // no state: the next number, and the same head as the node before
enum NodeHas : std::uint8_t { kStart = 8, kDuration = 16, kValue = 32, kMax = 64, kPeak = 128 };

// Fills in what a node is; false: damaged.
[[nodiscard]] bool set_identity(std::string_view identity, model::NodeExecution& node);

// Reads so many of them: put(id) gives where the node with that shared text goes, without anything it did, or null if
// there is no such text; done(node) comes when it is read.
template <class Put, class Done>
void read_nodes(FieldReader& io, std::size_t count, std::uint8_t version, const Put& put, const Done& done) {
  ByteReader& in = io.bytes();
  std::int64_t id = 0;
  std::uint8_t head = 0;
  std::int64_t expected_start = 0;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    if (version < 3) id = wrapping_add(id, in.i64());
    const std::uint8_t first = in.byte();
    const bool alike = version >= 3 && first == kNextAlike;
    if (!alike) head = first;
    if (version >= 3) id = wrapping_add(id, alike ? 1 : in.i64());
    model::NodeExecution* node = put(id);
    if (node == nullptr) return in.fail();
    node->state = static_cast<model::NodeState>(head & 7);
    if (head & kStart) node->start_offset_ms = expected_start = wrapping_add(expected_start, in.i64());
    if (head & kDuration) {
      node->duration_ms = in.i64();
      expected_start = wrapping_add(expected_start, *node->duration_ms);
    }
    if (head & kValue) io.number(node->progress_value);
    if (head & kMax) io.number(node->progress_max);
    if (head & kPeak) node->vram_peak_bytes = in.i64();
    done(*node);
  }
}

}  // namespace comfytrace::history::sqlite
