#include "history/columns/cube_total.h"

namespace comfytrace::history::columns {

bool CubeTotal::add(std::size_t chunk) {
  const Chunk& of = snapshot_.chunk(chunk);
  bool is_entered = false;
  const bool is_taken = walk_.each(
      chunk, [&](const ChunkCube::Cell& cell) { total_.tally.merge(cell.tally, budget_); },
      [&](const ChunkCube::Cell&, std::span<const std::uint16_t> rows) {
        if (!is_entered) {
          outcomes_.take(of.outcome.locals(), snapshot_.shared().outcomes);
          total_.enter(of, outcomes_);
          is_entered = true;
        }
        total_.add(rows, budget_);
      });
  if (is_entered) total_.settle(budget_);
  return is_taken;
}

}  // namespace comfytrace::history::columns
