#include "history/columns/cube_maker.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "history/columns/row_buffer.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kMostCells = 1'024;
// A cell keeps so many values of a measure before it counts in buckets.
constexpr std::size_t kValuesOfACell = 32;

// One pass over a chunk that is full.
class CubeMaker {
 public:
  CubeMaker(const ColumnStore::Snapshot& snapshot, const Chunk& chunk) : snapshot_(snapshot), chunk_(chunk) {
    number_outcomes();
    const std::size_t settings = chunk_.setting.locals().size();
    begin_.assign(settings * ends_ + 1, 0);
  }

  [[nodiscard]] ChunkCube make() {
    ChunkCube cube;
    cube.version = snapshot_.version;
    sort();
    const auto filled = std::ranges::count_if(begin_, [](std::uint32_t rows) { return rows > 0; });
    if (static_cast<std::size_t>(filled) > kMostCells) return cube;
    cube.cells.reserve(static_cast<std::size_t>(filled));
    place();
    std::uint32_t begin = 0;
    for (std::size_t cell = 0; cell + 1 < begin_.size(); ++cell) {
      const std::uint32_t end = begin_[cell];
      if (end > begin) cube.cells.push_back(tally(cell, begin, end - begin));
      begin = end;
    }
    return cube;
  }

 private:
  // Outcomes that differ in counts alone are one end. What is odd is in no cell.
  void number_outcomes() {
    using End = std::tuple<model::Status, std::optional<model::ExitReason>, bool>;
    std::map<End, std::uint32_t> numbers;
    const auto& locals = chunk_.outcome.locals();
    for (std::size_t i = 0, count = locals.size(); i < count; ++i) {
      const Outcome& outcome = snapshot_.shared().outcomes[locals[i]];
      outcomes_.add(outcome);
      end_of_.push_back(kNoEnd);
      if (outcome.is_odd) continue;
      const auto [at, is_new] = numbers.try_emplace(End{outcome.status, outcome.exit_reason, outcome.archived},
                                                    static_cast<std::uint32_t>(outcome_of_end_.size()));
      if (is_new) outcome_of_end_.push_back(locals[i]);
      end_of_.back() = at->second;
    }
    ends_ = std::max<std::size_t>(outcome_of_end_.size(), 1);
  }

  [[nodiscard]] std::size_t cell_of(std::uint32_t row) const {
    const std::uint32_t end = end_of_[chunk_.outcome.rows()[row]];
    if (end == kNoEnd || !chunk_.is_live(row, snapshot_.version)) return begin_.size() - 1;
    return chunk_.setting.rows()[row] * ends_ + end;
  }
  // How many rows each cell has; the last is for those that are in none.
  void sort() {
    for (std::uint32_t row = 0; row < kChunkRows; ++row) ++begin_[cell_of(row)];
    begin_.back() = 0;
  }
  // The rows of each cell side by side; begin_ is then where each ends.
  void place() {
    std::uint32_t end = 0;
    for (std::uint32_t& of_cell : begin_) end += std::exchange(of_cell, end);
    rows_.resize(kChunkRows);
    for (std::uint32_t row = 0; row < kChunkRows; ++row)
      rows_[begin_[cell_of(row)]++] = static_cast<std::uint16_t>(row);
  }
  [[nodiscard]] ChunkCube::Cell tally(std::size_t cell, std::uint32_t begin, std::uint32_t count) {
    buffer_.clear();
    buffer_.append(chunk_, std::span(rows_).subspan(begin, count));
    buffer_.add_to(tally_, 0, count, outcomes_, {kValuesOfACell});
    return {chunk_.setting.locals()[cell / ends_], outcome_of_end_[cell % ends_], tally_.take(kValuesOfACell)};
  }

  static constexpr std::uint32_t kNoEnd = ~0u;
  const ColumnStore::Snapshot& snapshot_;
  const Chunk& chunk_;
  OutcomeTable outcomes_;
  std::vector<std::uint32_t> end_of_;          // by local number of the outcome
  std::vector<std::uint32_t> outcome_of_end_;  // the first outcome that ended so
  std::size_t ends_ = 1;
  std::vector<std::uint32_t> begin_;  // by cell: setting, then end
  std::vector<std::uint16_t> rows_;
  RowBuffer buffer_;
  GroupTally tally_;
};

}  // namespace

bool tell_filter(const RunFilter& filter) {
  RunFilter told;
  told.from_ms = filter.from_ms;
  told.to_ms = filter.to_ms;
  told.statuses = filter.statuses;
  told.exit_reasons = filter.exit_reasons;
  told.archived = filter.archived;
  told.worker_ids = filter.worker_ids;
  told.gpus = filter.gpus;
  told.workflows = filter.workflows;
  told.models = filter.models;
  return filter == told;
}

bool tell_groups(GroupBy group_by) {
  constexpr std::array kGroups{GroupBy::none, GroupBy::workflow,       GroupBy::model,  GroupBy::worker,
                               GroupBy::gpu,  GroupBy::comfyuiVersion, GroupBy::status, GroupBy::exitReason};
  return std::ranges::find(kGroups, group_by) != kGroups.end();
}

std::shared_ptr<const ChunkCube> find_cube(const ColumnStore::Snapshot& snapshot, std::size_t chunk) {
  const Chunk& of = snapshot.chunk(chunk);
  auto cube = of.cube.get();
  if (!cube || of.last_death() > std::min(cube->version, snapshot.version)) return nullptr;
  return cube;
}

void make_cube(const ColumnStore::Snapshot& snapshot, std::size_t chunk) {
  const Chunk& of = snapshot.chunk(chunk);
  of.cube.put(std::make_shared<const ChunkCube>(CubeMaker(snapshot, of).make()));
}

}  // namespace comfytrace::history::columns
