#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "history/columns/interner.h"
#include "history/columns/shared_facts.h"

namespace comfytrace::history::columns {

// All kinds of shared facts of one store.
struct SharedFacts {
  Interner<Outcome> outcomes;
  Interner<Setting> settings;
  Interner<Label> labels;
  Interner<Work> works;
  Interner<NodeShape> shapes;
  Interner<SceneNames> scene_names;

  [[nodiscard]] std::size_t bytes() const {
    return outcomes.bytes() + settings.bytes() + labels.bytes() + works.bytes() + shapes.bytes() + scene_names.bytes();
  }
};

// What no filter looks at: what the classes of node took, other times, the scenes. Numbers of the interners stand in
// it. The node classes come first: statistics by class read no further.
//
// Appends to `bytes`. False: something in `facts` does not fit this form; `bytes` is then in part written.
[[nodiscard]] bool pack_details(const RunFacts& facts, SharedFacts& shared, std::string& bytes);

// Fills in what pack_details took; run_id, created_at_ms must be set. False: the bytes are damaged.
[[nodiscard]] bool unpack_details(std::string_view bytes, const SharedFacts& shared, RunFacts& facts);

// Whether `wants` is true of a scene: of its status and the number of its key. Reads no more than it must.
[[nodiscard]] bool has_scene(std::string_view bytes, const SharedFacts& shared,
                             const std::function<bool(model::Status, std::uint32_t work)>& wants);

// Reads the node classes alone.
class NodeTimes {
 public:
  // At most `readable` bytes stand there.
  NodeTimes(const unsigned char* bytes, std::size_t readable) : at_(bytes), end_(bytes + readable), shape_(next()) {}
  [[nodiscard]] std::uint32_t shape() const { return static_cast<std::uint32_t>(shape_); }
  // Once for each class of the shape, in its order.
  [[nodiscard]] std::int64_t next_ms() {
    const std::uint64_t value = next();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

 private:
  // Eight bytes at once and without a branch by length, as far as they go.
  std::uint64_t next() {
    std::uint64_t word = 0;
    if (end_ - at_ < 8) return next_by_byte();
    std::memcpy(&word, at_, 8);
    const std::uint64_t ends = ~word & 0x8080'8080'8080'8080u;
    if (ends == 0) return next_by_byte();
    const auto bits = static_cast<unsigned>(std::countr_zero(ends)) + 1;
    at_ += bits / 8;
    word &= ~std::uint64_t{0} >> (64 - bits);
    word = (word & 0x007F'007F'007F'007Fu) | ((word & 0x7F00'7F00'7F00'7F00u) >> 1);
    word = (word & 0x0000'3FFF'0000'3FFFu) | ((word & 0x3FFF'0000'3FFF'0000u) >> 2);
    return (word & 0x0FFF'FFFFu) | ((word & 0x0FFF'FFFF'0000'0000u) >> 4);
  }
  std::uint64_t next_by_byte() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint64_t byte = *at_++;
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  const unsigned char* at_;
  const unsigned char* end_;
  std::uint64_t shape_;
};

}  // namespace comfytrace::history::columns
