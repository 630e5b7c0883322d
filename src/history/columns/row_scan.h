#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "history/columns/block_place.h"
#include "history/columns/column_store.h"
#include "history/columns/measure_scan.h"
#include "history/columns/rid_set.h"
#include "history/run_filter.h"

namespace comfytrace::history::columns {

[[nodiscard]] inline PeakColumn peaks_of(const Chunk& chunk, std::uint32_t begin) {
  return {chunk.vram_peak_low.get() + begin, chunk.vram_peak_high.get() + begin};
}

// A block of rows of which some match.
struct RowBlock {
  const Chunk* chunk = nullptr;
  std::size_t chunk_number = 0;
  std::uint32_t begin = 0;  // its first row, in the chunk
  std::uint32_t count = 0;
  std::uint32_t matching = 0;
  const std::uint8_t* keep = nullptr;  // 1 for a row that matches, else 0

  // Writes down where the matching rows stand in the chunk, ascending; has room for a block.
  std::span<const std::uint16_t> list(std::uint16_t* rows) const { return {rows, list_kept(keep, count, begin, rows)}; }
};

// Finds the rows of a snapshot that meet a filter. One object a question, one thread.
class RowScan {
 public:
  // `filter` without text and regex: `among` stands for those. Both, and the snapshot's store, must outlive this.
  RowScan(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RidSet* among = nullptr);

  // Keeps only rows whose shared facts hold. Called once for each of them.
  void keep_works(const std::function<bool(const Work&)>& holds);
  // Keeps only rows of settings that pass, by number.
  void keep_settings(const std::vector<std::uint8_t>& passing);
  // Instead of all that was said of these before: which pass, by number. Also during a walk.
  void let_works(std::vector<std::uint8_t> passing);
  void let_settings(std::vector<std::uint8_t> passing);

  // Every block that has matching rows, in order of commit. Odd runs are not among them.
  template <class Each>
  void each_block(Each&& each) {
    for (std::size_t i = 0; i < snapshot_.chunks(); ++i) each_block_of(i, each);
  }
  template <class Each>
  void each_block_of(std::size_t chunk, Each&& each) {
    if (!enter(chunk)) return;
    const std::uint32_t rows = snapshot_.rows_of(chunk);
    for (std::uint32_t begin = 0; begin < rows; begin += kBlockRows) {
      const RowBlock block = match(begin, std::min(begin + kBlockRows, rows));
      if (block.matching > 0) each(block);
    }
  }
  // The same as each_block_of(), the last rows first.
  template <class Each>
  void each_block_backwards(std::size_t chunk, Each&& each) {
    if (!enter(chunk)) return;
    for (std::uint32_t end = snapshot_.rows_of(chunk); end > 0;) {
      const std::uint32_t begin = (end - 1) / kBlockRows * kBlockRows;
      const RowBlock block = match(begin, end);
      if (block.matching > 0) each(block);
      end = begin;
    }
  }
  // One block by its place, with its matching rows, of which there may be none.
  [[nodiscard]] RowBlock block_at(std::size_t chunk, std::uint32_t begin);
  // Of every block of the snapshot, newest creations first.
  [[nodiscard]] std::vector<BlockPlace> newest_first() const;
  // Every block in that order, with its matching rows, of which there may be none; until `each` returns false.
  void each_block_newest_first(const std::function<bool(const RowBlock&, std::int64_t newest_ms)>& each);

  // Odd runs that meet the filter, with their row in the snapshot.
  void each_odd(const std::function<void(const RunFacts&, std::uint32_t row)>& each);

  [[nodiscard]] const ColumnStore::Snapshot& snapshot() const { return snapshot_; }
  // Whether the filter lets pass what has these shared facts, whatever else it asks.
  [[nodiscard]] bool passes(std::uint32_t setting, std::uint32_t outcome) const {
    return outcome < outcomes_.size() && outcomes_[outcome] &&
           (settings_.empty() || (setting < settings_.size() && settings_[setting]));
  }
  // Whether the filter's dates leave out no row of the chunk.
  [[nodiscard]] bool covers(std::size_t chunk) const;

 private:
  // One byte a number of an interner: whether it may pass. Empty: all may.
  using Passing = std::vector<std::uint8_t>;
  // The same by the local numbers of the chunk at hand.
  struct LocalPass {
    bool any = true;
    bool all = true;
    std::vector<std::uint8_t> passes;
    std::vector<std::uint16_t> few;  // those that pass, where they are so few that each row is held against all
  };

  // False: no row of the chunk can match.
  bool enter(std::size_t chunk);
  static void localise(const LocalColumn& column, const Passing& passing, LocalPass& local);
  [[nodiscard]] bool may_match() const { return work_.any && outcome_.any && setting_.any && label_.any; }
  RowBlock match(std::uint32_t begin, std::uint32_t end);
  void mask_dates(std::uint32_t begin, std::uint32_t count);
  void mask_numbers(std::uint32_t begin, std::uint32_t count);
  void mask_rest(std::uint32_t begin, std::uint32_t count);

  const ColumnStore::Snapshot snapshot_;
  const RunFilter& filter_;
  const RidSet* among_;
  Passing outcomes_;
  Passing settings_;
  Passing labels_;
  Passing works_;
  bool has_odd_ = false;
  // Of the chunk at hand.
  const Chunk* chunk_ = nullptr;
  std::size_t number_ = 0;
  LocalPass outcome_;
  LocalPass setting_;
  LocalPass label_;
  LocalPass work_;
  std::array<std::uint8_t, kBlockRows> mask_;
};

}  // namespace comfytrace::history::columns
