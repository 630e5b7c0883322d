#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "history/columns/bounds.h"
#include "history/columns/tally.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// Between what the values of some rows lie, as far as it is known.
struct RowReach {
  Bounds duration_ms;
  Bounds queue_wait_ms;
  Bounds vram_peak_bytes;

  // What lies in both.
  void clip(const RowReach& other) {
    duration_ms.clip(other.duration_ms);
    queue_wait_ms.clip(other.queue_wait_ms);
    vram_peak_bytes.clip(other.vram_peak_bytes);
  }
};

// The tallies of a full chunk for every setting and every end that a run had there: what most filters ask of and most
// groups are made of. Where there are many rows of one kind, those that lie far from the others are a cell of their
// own: so the others lie close together, and bounds of a filter seldom divide them.
struct ChunkCube {
  // Of a measure: between what its values lie, and whether it is missing in some rows.
  struct Reach {
    Bounds bounds;
    bool is_missing = false;
  };
  struct Cell {
    std::uint32_t setting = 0;
    std::uint32_t outcome = 0;  // any of those with the same status, exit reason and archived
    std::uint32_t begin = 0;    // its rows in ChunkCube::rows
    std::uint32_t count = 0;
    Reach duration_ms;
    Reach queue_wait_ms;
    Reach vram_peak_bytes;
    bool has_ended = true;  // all of them have, or none: these have no duration that counts
  };
  std::uint32_t version = 0;         // of the snapshot it was made of
  std::vector<Cell> cells;           // none: there would be too many to save time
  std::vector<PackedTally> tallies;  // of each cell; apart, as every question looks at all cells and adds up few
  std::vector<std::uint16_t> rows;   // in the chunk, those of each cell ascending
  std::vector<RowReach> blocks;      // of each block of the chunk
  // Of each block: 1, its runs were created in the order of its rows.
  std::vector<std::uint8_t> in_order;
  bool has_far = false;  // a cell has a duration or a wait that is far (PackedDistribution)

  [[nodiscard]] std::span<const std::uint16_t> rows_of(const Cell& cell) const {
    return std::span(rows).subspan(cell.begin, cell.count);
  }
  // Of one of its cells.
  [[nodiscard]] const PackedTally& tally_of(const Cell& cell) const {
    return tallies[static_cast<std::size_t>(&cell - cells.data())];
  }
};

// Whether cells can tell which runs a filter means, dates and bounds of numbers aside, and which groups they are in.
[[nodiscard]] bool tell_filter(const RunFilter& filter);
[[nodiscard]] bool tell_groups(GroupBy group_by);
// How many of a cell's rows are within a filter's bounds of numbers.
enum class Within { none, some, all };
[[nodiscard]] Within within(const ChunkCube::Cell& cell, const RunFilter& filter);
[[nodiscard]] bool asks_numbers(const RunFilter& filter);

}  // namespace comfytrace::history::columns
