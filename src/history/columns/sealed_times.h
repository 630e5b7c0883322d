#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "history/columns/bounds.h"
#include "history/columns/open_times.h"

namespace comfytrace::history::columns {

// Those of a full chunk: the rows of each shape side by side, shapes with the same classes next to each other, and over
// those one column a class, as narrow as its times allow. Nothing of it changes.
class SealedTimes {
 public:
  // The rows of one shape.
  struct Run {
    std::uint32_t shape = 0;
    std::uint32_t begin = 0;  // the first of their places
    std::uint32_t count = 0;
  };
  // The times in one class, by place, from that of the first row that has these classes.
  struct Column {
    std::uint8_t width =
        0;                 // bytes of each: 1, 2, 3 (two, then the third of all), or 8 where any is negative or larger
    std::uint32_t at = 0;  // where they begin
    Bounds bounds;         // of all of them
  };
  // The rows of all shapes with the same classes.
  struct Part {
    std::span<const Run> runs;
    std::span<const Column> columns;
    std::uint32_t begin = 0;
    std::uint32_t count = 0;
  };

  [[nodiscard]] static std::unique_ptr<const SealedTimes> of(const OpenTimes& open, const Interner<NodeShape>& shapes);

  // Where the times of each row stand.
  [[nodiscard]] const std::uint16_t* places() const { return places_.get(); }
  [[nodiscard]] std::span<const Part> parts() const { return parts_; }
  // `index`, `first`: from the begin of the part.
  [[nodiscard]] std::int64_t ms_at(const Column& column, const Part& part, std::uint32_t index) const;
  // False: the column is 8 bytes wide, and each must be looked at.
  [[nodiscard]] bool ms_of(const Column& column, const Part& part, std::uint32_t first, std::uint32_t count,
                           std::int32_t* ms) const;
  // The same of some of them. Has room for all.
  [[nodiscard]] bool ms_of(const Column& column, const Part& part, std::span<const std::uint16_t> indices,
                           std::int32_t* ms) const;
  // Of those that `keep` has 1 for, which begins with the part.
  [[nodiscard]] Bounds bounds_of(const Column& column, const Part& part, const std::uint8_t* keep) const;
  // Where the times of a row stand.
  struct Spot {
    const Part* part = nullptr;
    const Run* run = nullptr;
    std::uint32_t index = 0;  // from the begin of the part
  };
  // `near`: of another row, or none. Those of one shape are found from one another without a search.
  [[nodiscard]] Spot spot_of(std::uint32_t row, const Spot& near) const;
  // Has a time come nearer that will be asked for.
  void fetch(const Column& column, const Part& part, std::uint32_t index) const;
  // Appends what the row took in each class, and returns its shape.
  [[nodiscard]] std::uint32_t read(std::uint32_t row, std::vector<std::int64_t>& ms) const;
  [[nodiscard]] std::size_t bytes() const;

  // For keeping: the shapes of the runs, the run of each row, the widths of all columns and what these hold.
  struct Kept {
    std::vector<std::uint32_t> shapes;
    std::vector<std::uint16_t> run_of_row;
    std::vector<std::uint8_t> widths;
    std::string_view times;
  };
  [[nodiscard]] Kept kept() const;
  // Null: it does not fit together.
  [[nodiscard]] static std::unique_ptr<const SealedTimes> load(const Kept& kept, const Interner<NodeShape>& shapes);

 private:
  SealedTimes() = default;
  // False: a number of a run is too large.
  [[nodiscard]] bool place(std::span<const std::uint32_t> run_shapes, std::span<const std::uint16_t> run_of_row,
                           const Interner<NodeShape>& shapes);
  void place_columns(std::span<const std::uint8_t> widths);
  void bound_columns();

  std::unique_ptr<std::uint16_t[]> places_;
  std::vector<Run> runs_;
  std::vector<Part> parts_;
  std::vector<Column> columns_;
  std::unique_ptr<unsigned char[]> times_;
  std::size_t times_bytes_ = 0;
};

}  // namespace comfytrace::history::columns
