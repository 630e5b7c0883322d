#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "history/columns/chunk.h"
#include "history/columns/run_details.h"
#include "history/run_facts.h"

namespace comfytrace::history::columns {

// The facts of every run of a history, column by column. Runs are named by their rid, the order of first save.
// One thread changes it: append and remove, then publish() shows all changes since the last one at once. Any number of
// threads read meanwhile what their Snapshot shows, and take no lock.
class ColumnStore {
 public:
  // What was published at one moment. Valid as long as the store.
  struct Snapshot {
    const ColumnStore* store = nullptr;
    std::uint32_t rows = 0;
    std::uint32_t version = 0;

    [[nodiscard]] std::size_t chunks() const { return (rows + kChunkRows - 1) / kChunkRows; }
    [[nodiscard]] const Chunk& chunk(std::size_t i) const { return *store->chunks_[i]; }
    [[nodiscard]] std::uint32_t rows_of(std::size_t i) const {
      return std::min(rows - static_cast<std::uint32_t>(i) * kChunkRows, kChunkRows);
    }
    [[nodiscard]] const SharedFacts& shared() const { return store->shared_; }
  };
  [[nodiscard]] Snapshot snapshot() const;

  // The facts in a row of a snapshot. `run_id` is not kept here: it is given. Absent: the row is damaged (a fault of
  // ours or of a file).
  [[nodiscard]] static std::optional<RunFacts> facts_at(const Snapshot& snapshot, std::uint32_t row,
                                                        std::string run_id);
  // What the classes of node took in a row, appended; returns its shape, which has them in the same order.
  static std::uint32_t class_times_at(const Snapshot& snapshot, std::uint32_t row, std::vector<std::int64_t>& ms);
  // RunFacts::devices of a row, without unpacking the rest.
  [[nodiscard]] static std::vector<std::string> devices_at(const Snapshot& snapshot, std::uint32_t row);

  // Below: the writer alone.
  // Puts the run in, in place of what the rid had. False: the store is full, or the rid out of its range.
  [[nodiscard]] bool append(std::int64_t rid, const RunFacts& facts);
  void remove(std::int64_t rid);
  void publish();

  // The same runs without the dead rows, of those created at or after `from_ms`. Nothing is published in it yet.
  [[nodiscard]] std::shared_ptr<ColumnStore> compacted(std::int64_t from_ms) const;

  [[nodiscard]] std::uint32_t rows() const { return written_; }
  [[nodiscard]] std::uint32_t live() const { return live_; }
  // Of the living runs, in no particular order.
  [[nodiscard]] std::vector<std::uint32_t> rids() const;
  // About what all of it takes in memory.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class ChunkCodec;
  static constexpr std::size_t kChunks = 1'024;  // 67 million rows

  [[nodiscard]] Chunk& chunk_for_row(std::uint32_t row);
  void write_row(Chunk& chunk, std::uint32_t row, std::uint32_t rid, const RunFacts& facts);
  [[nodiscard]] std::uint32_t shape_id_of(const RunFacts& facts);
  void name_row(std::uint32_t rid, std::uint32_t row);
  // Takes up a chunk that was read behind those that are there, all full. `last_rid`: none of those that come is
  // larger.
  void adopt(std::unique_ptr<Chunk> chunk, std::uint32_t rows, std::uint32_t last_rid);

  std::array<std::unique_ptr<Chunk>, kChunks> chunks_;
  SharedFacts shared_;
  std::atomic<std::uint64_t> published_ = 0;  // version << 32 | rows
  // The writer's.
  std::uint32_t written_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t live_ = 0;
  std::uint32_t last_shape_ = 0;
  struct Row {
    Setting setting;
    std::string details;
    std::string times;
  };
  Row room_;                               // what the row that is written takes, in the room of the one before
  std::vector<std::uint32_t> row_of_rid_;  // row + 1; 0: none. Position 0 is rid `first_rid_`
  std::uint32_t first_rid_ = 0;
};

}  // namespace comfytrace::history::columns
