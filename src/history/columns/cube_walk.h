#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/columns/cube_maker.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// Finds what matches in full chunks by the cells of their cubes. One object a question and thread.
class CubeWalk {
 public:
  // The filter is told by cells (tell_filter). It, and the snapshot's store, must outlive this.
  CubeWalk(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan);

  // Every cell that matches as a whole; of those that the filter's bounds of numbers divide the rows that match,
  // ascending, valid until the next. Of a full chunk that the dates cover. False: it has no cube of use, and nothing
  // was called.
  template <class EachCell, class EachRows>
  bool each(std::size_t chunk, const EachCell& each_cell, const EachRows& each_rows) {
    const auto cube = find_cube(snapshot_, chunk);
    if (!cube || cube->cells.empty()) return false;
    for (const ChunkCube::Cell& cell : cube->cells) {
      const Within of_cell = matching(cell);
      if (of_cell == Within::all) each_cell(cell, cube->tally_of(cell));
      if (of_cell != Within::some) continue;
      const auto rows = divide(snapshot_.chunk(chunk), cube->rows_of(cell)).matching;
      if (!rows.empty()) each_rows(cell, rows);
    }
    return true;
  }

  // What the filter's bounds of numbers take in.
  [[nodiscard]] const RowReach& reach() const { return reach_; }
  // How many rows of the cell match.
  [[nodiscard]] Within matching(const ChunkCube::Cell& cell) const {
    return scan_.passes(cell.setting, cell.outcome) ? within(cell, filter_) : Within::none;
  }
  // Rows of a cell by whether the filter's bounds of numbers take them in; both in the order they came. Valid until the
  // next call.
  struct Divided {
    std::span<const std::uint16_t> matching;
    std::span<const std::uint16_t> others;
  };
  [[nodiscard]] Divided divide(const Chunk& chunk, std::span<const std::uint16_t> rows);
  // The same where it is known of each row of the chunk whether it matches.
  [[nodiscard]] Divided divide(const std::uint8_t* keep, std::span<const std::uint16_t> rows);

 private:
  void make_room(std::size_t rows);

  const ColumnStore::Snapshot& snapshot_;
  const RunFilter& filter_;
  MeasureBounds bounds_;
  RowReach reach_;
  const RowScan scan_;
  std::vector<std::uint16_t> matching_;
  std::vector<std::uint16_t> others_;
};

}  // namespace comfytrace::history::columns
