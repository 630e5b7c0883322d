#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace comfytrace::history::columns {

// The rows of a full chunk that have a story, or a tag, those of one kind of label (LabelKinds) side by side and
// ascending, kind after kind: few of a chunk, and what is told of them needs no look at the others. Never changes.
class LabelRows {
 public:
  LabelRows() = default;
  // `kinds`: by local number of a label; `is_listed`: 1 for those whose rows are wanted. All rows have local numbers.
  LabelRows(std::span<const std::uint16_t> locals, std::span<const std::uint32_t> kinds,
            std::span<const std::uint8_t> is_listed);

  // At each place either a row, whose kind is the last one's and what it lies above that (the first: above 0), or
  // kNoRow and no row: kinds may lie further apart than a byte tells.
  static constexpr std::uint8_t kNoRow = 255;
  [[nodiscard]] std::span<const std::uint16_t> rows() const { return rows_; }
  [[nodiscard]] std::span<const std::uint8_t> steps() const { return steps_; }
  [[nodiscard]] std::size_t bytes() const { return sizeof *this + rows_.size() * 3; }
  // As it was made without anything: others tell the rows.
  [[nodiscard]] bool is_none() const { return is_none_; }

 private:
  bool is_none_ = true;
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint8_t> steps_;
};

struct Chunk;
class LabelGroups;
// Those of a full chunk that are in other groups than `nameless`, which is the group without a name; made at the first
// call, and kept with the chunk. None: some are in both. Any thread.
[[nodiscard]] std::shared_ptr<const LabelRows> label_rows_of(const Chunk& chunk, const LabelGroups& groups,
                                                             std::uint32_t nameless);

}  // namespace comfytrace::history::columns
