#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "history/columns/tally.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// The tallies of a full chunk for every setting and every end that a run had there: what most filters ask of and most
// groups are made of.
struct ChunkCube {
  struct Cell {
    std::uint32_t setting = 0;
    std::uint32_t outcome = 0;  // any of those with the same status, exit reason and archived
    PackedTally tally;
  };
  std::uint32_t version = 0;  // of the snapshot it was made of
  std::vector<Cell> cells;    // none: there would be too many to save time
};

// Holds the last cube of a chunk. Any thread.
class CubeSlot {
 public:
  [[nodiscard]] std::shared_ptr<const ChunkCube> get() const {
    const std::lock_guard lock(mutex_);
    return cube_;
  }
  void put(std::shared_ptr<const ChunkCube> cube) const {
    const std::lock_guard lock(mutex_);
    cube_ = std::move(cube);
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const ChunkCube> cube_;
};

// Whether cells can tell which runs a filter means, dates aside, and which groups they are in.
[[nodiscard]] bool tell_filter(const RunFilter& filter);
[[nodiscard]] bool tell_groups(GroupBy group_by);

}  // namespace comfytrace::history::columns
