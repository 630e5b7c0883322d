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
// Of so many rows those that are far from the others in a measure, one of so many at either end, stand apart.
constexpr std::size_t kDivided = 256;
constexpr std::size_t kOneOf = 100;
// So many or more are divided further by what they took.
constexpr std::uint32_t kPieceRows = 512;
constexpr std::uint32_t kMostPieces = 8;

// Which values of a measure most rows of a cell have.
struct Close {
  Bounds bounds;
  bool is_missing = false;  // most have none

  explicit Close(std::span<const std::int64_t> values) {
    std::vector<std::int64_t> there;
    there.reserve(values.size());
    for (const std::int64_t value : values) {
      if (value >= 0) there.push_back(value);
    }
    is_missing = there.size() * 2 < values.size();
    if (is_missing) return;
    const auto apart = static_cast<std::ptrdiff_t>(there.size() / kOneOf);
    const auto low = there.begin() + apart;
    const auto high = there.end() - 1 - apart;
    std::nth_element(there.begin(), low, there.end());
    bounds.min = *low;
    std::nth_element(low, high, there.end());
    bounds.max = *high;
  }
  [[nodiscard]] bool has(std::int64_t value) const {
    return is_missing ? value < 0 : value >= bounds.min && value <= bounds.max;
  }
};

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
    for (std::uint32_t block = 0; block < kBlocks; ++block) {
      cube.blocks.push_back(reach_of(block));
      const std::int64_t* created = chunk_.created_at_ms.get() + block * kBlockRows;
      cube.in_order.push_back(std::is_sorted(created, created + kBlockRows));
    }
    sort();
    const auto filled = std::ranges::count_if(begin_, [](std::uint32_t rows) { return rows > 0; });
    if (static_cast<std::size_t>(filled) > kMostCells) return cube;
    cube.cells.reserve(static_cast<std::size_t>(filled));
    cube.tallies.reserve(static_cast<std::size_t>(filled));
    place();
    std::uint32_t begin = 0;
    for (std::size_t cell = 0; cell + 1 < begin_.size(); ++cell) {
      const std::uint32_t end = begin_[cell];
      const auto [close, differ] = put_close_first(begin, end - begin);
      const std::uint32_t pieces = differ ? std::clamp(close / kPieceRows, 1u, kMostPieces) : 1;
      divide(begin, close, pieces);
      for (std::uint32_t i = 0; i < pieces; ++i) {
        const std::uint32_t piece = piece_begin(close, pieces, i);
        const std::uint32_t rows = piece_begin(close, pieces, i + 1) - piece;
        if (rows > 0) add(cube, cell, begin + piece, rows);
      }
      if (end - begin > close) add(cube, cell, begin + close, end - begin - close);
      begin = end;
    }
    cube.rows = std::move(rows_);
    cube.has_far = std::ranges::any_of(cube.tallies, [](const PackedTally& tally) {
      return tally.duration_ms.has_far() || tally.queue_wait_ms.has_far();
    });
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
  // Within a cell. Returns how many of its rows lie close together, and whether these took differently long.
  std::pair<std::uint32_t, bool> put_close_first(std::uint32_t begin, std::uint32_t count) {
    if (count < kDivided) return {count, false};
    const auto rows = std::span(rows_).subspan(begin, count);
    const auto close_in = [&](const auto& value_of) {
      std::vector<std::int64_t> values;
      values.reserve(count);
      for (const std::uint16_t row : rows) values.push_back(value_of(row));
      return Close(values);
    };
    const Close durations = close_in([&](std::uint16_t row) { return std::int64_t{chunk_.duration_ms[row]}; });
    const Close peaks = close_in([&](std::uint16_t row) { return chunk_.vram_peak(row); });
    const auto apart = std::stable_partition(rows.begin(), rows.end(), [&](std::uint16_t row) {
      return durations.has(chunk_.duration_ms[row]) && peaks.has(chunk_.vram_peak(row));
    });
    return {static_cast<std::uint32_t>(apart - rows.begin()), durations.bounds.min < durations.bounds.max};
  }
  static std::uint32_t piece_begin(std::uint32_t count, std::uint32_t pieces, std::uint32_t piece) {
    return count * piece / pieces;
  }
  // Into pieces of about as many rows each, the shortest durations first.
  void divide(std::uint32_t begin, std::uint32_t count, std::uint32_t pieces) {
    const auto first = rows_.begin() + begin;
    const auto is_shorter = [&](std::uint16_t a, std::uint16_t b) {
      return chunk_.duration_ms[a] < chunk_.duration_ms[b];
    };
    for (std::uint32_t i = 1; i < pieces; ++i) {
      const auto from = first + piece_begin(count, pieces, i - 1);
      const auto to = first + piece_begin(count, pieces, i);
      std::nth_element(from, to, first + count, is_shorter);
      std::sort(from, to);
    }
    if (pieces > 1) std::sort(first + piece_begin(count, pieces, pieces - 1), first + count);
  }
  void add(ChunkCube& cube, std::size_t cell, std::uint32_t begin, std::uint32_t count) {
    ChunkCube::Cell of_cell;
    of_cell.setting = chunk_.setting.locals()[cell / ends_];
    of_cell.outcome = outcome_of_end_[cell % ends_];
    of_cell.begin = begin;
    of_cell.count = count;
    const auto rows = std::span(rows_).subspan(begin, count);
    for (const std::uint16_t row : rows) {
      reach(of_cell.duration_ms, chunk_.duration_ms[row]);
      reach(of_cell.queue_wait_ms, chunk_.queue_wait_ms[row]);
      reach(of_cell.vram_peak_bytes, chunk_.vram_peak(row));
    }
    of_cell.has_ended = !model::is_open(snapshot_.shared().outcomes[of_cell.outcome].status);
    buffer_.clear();
    buffer_.append(chunk_, rows);
    buffer_.add_to(tally_, 0, count, outcomes_, {kValuesOfACell});
    cube.cells.push_back(of_cell);
    cube.tallies.push_back(tally_.take(kValuesOfACell));
  }
  // Of all rows, dead ones too.
  [[nodiscard]] RowReach reach_of(std::uint32_t block) const {
    RowReach reach;
    const auto add = [](Bounds& bounds, std::int64_t value) {
      if (value >= 0) bounds.add(value);
    };
    for (std::uint32_t row = block * kBlockRows; row < (block + 1) * kBlockRows; ++row) {
      add(reach.duration_ms, chunk_.duration_ms[row]);
      add(reach.queue_wait_ms, chunk_.queue_wait_ms[row]);
      add(reach.vram_peak_bytes, chunk_.vram_peak(row));
    }
    return reach;
  }
  static void reach(ChunkCube::Reach& reach, std::int64_t value) {
    if (value < 0) {
      reach.is_missing = true;
    } else {
      reach.bounds.add(value);
    }
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
