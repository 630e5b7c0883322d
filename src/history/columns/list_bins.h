#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "history/run_filter.h"

namespace comfytrace::history::columns {

// How many runs of a list stand where, roughly: what is needed to find the runs at a position without putting all of
// them in order. Bins follow each other in the order of the list; one holds at most 1/64 of an octave of the value, or,
// in orders of time, of the age.
class ListBins {
 public:
  // `newest_ms`: no run is newer, or the ages of those that are count as none.
  ListBins(RunSort sort, std::int64_t newest_ms);

  // Runs that stand earlier in the list never have a greater bin. Absent values come last.
  [[nodiscard]] std::size_t bin_of(const std::optional<std::int64_t>& value) const;
  // Its bin.
  std::size_t count(const std::optional<std::int64_t>& value) {
    const std::size_t bin = bin_of(value);
    ++runs_[bin];
    return bin;
  }

  // Takes over the counts of another, of the same list.
  void add(const ListBins& other) {
    for (std::size_t bin = 0; bin < runs_.size(); ++bin) runs_[bin] += other.runs_[bin];
  }

  // The bins that hold the runs from position `offset` on, `limit` of them, as far as there are so many.
  struct Stretch {
    std::size_t first = 0;
    std::size_t last = 0;
    std::int64_t before = 0;  // runs in the bins before `first`
    std::int64_t runs = 0;    // in these; 0: the list ends before
  };
  [[nodiscard]] Stretch stretch(std::int64_t offset, std::int64_t limit) const;

 private:
  RunSort sort_;
  std::int64_t newest_ms_;
  std::vector<std::uint32_t> runs_;
};

}  // namespace comfytrace::history::columns
