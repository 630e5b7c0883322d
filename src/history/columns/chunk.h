#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "history/columns/chunk_cube.h"
#include "history/columns/chunk_rows.h"
#include "history/columns/chunk_summary.h"
#include "history/columns/class_times.h"
#include "history/columns/label_rows.h"
#include "history/columns/outcome_table.h"
#include "history/columns/paged_bytes.h"
#include "history/columns/shared_slot.h"
#include "history/columns/stable_vector.h"
#include "history/run_facts.h"

namespace comfytrace::history::columns {

inline constexpr std::int32_t kMissing = -1;  // in a column of numbers that are never negative

// A column of numbers of interned values. In a chunk at most 65 536 of them occur, so a row needs two bytes.
class LocalColumn {
 public:
  LocalColumn() : rows_(new std::uint16_t[kChunkRows]) {}
  [[nodiscard]] const std::uint16_t* rows() const { return rows_.get(); }
  // The interned numbers that occur in this chunk, by local number.
  [[nodiscard]] const StableVector<std::uint32_t>& locals() const { return locals_; }
  [[nodiscard]] std::uint32_t at(std::uint32_t row) const { return locals_[rows_[row]]; }

  // The writer alone. What was loaded is looked up only where rows are added to it.
  void set(std::uint32_t row, std::uint32_t id) {
    for (std::size_t i = local_of_.size(); i < locals_.size(); ++i)
      local_of_.emplace(locals_[i], static_cast<std::uint16_t>(i));
    const auto [at, is_new] = local_of_.try_emplace(id, static_cast<std::uint16_t>(locals_.size()));
    if (is_new) locals_.push_back(id);
    rows_[row] = at->second;
  }
  void load_local(std::uint32_t id) { locals_.push_back(id); }
  [[nodiscard]] std::uint16_t* raw() { return rows_.get(); }
  void forget_writing() { local_of_ = {}; }

 private:
  std::unique_ptr<std::uint16_t[]> rows_;
  StableVector<std::uint32_t> locals_;
  std::unordered_map<std::uint32_t, std::uint16_t> local_of_;
};

// A run whose numbers do not fit the columns, kept whole.
struct OddRun {
  std::uint32_t row = 0;
  RunFacts facts;
};

// 65 536 rows in order of commit. One thread writes rows beyond what readers were told of; what they were told of never
// changes, but that a row may die.
struct Chunk {
  Chunk();
  Chunk(const Chunk&) = delete;
  ~Chunk();

  std::unique_ptr<std::int64_t[]> created_at_ms;
  std::unique_ptr<std::uint32_t[]> rid;
  std::unique_ptr<std::int32_t[]> duration_ms;    // kMissing
  std::unique_ptr<std::int32_t[]> queue_wait_ms;  // kMissing
  std::unique_ptr<std::uint32_t[]> vram_peak_low;
  std::unique_ptr<std::uint8_t[]> vram_peak_high;  // 255: missing
  std::unique_ptr<std::uint16_t[]> details_at;     // in their page
  LocalColumn outcome;
  LocalColumn setting;
  LocalColumn label;
  LocalColumn work;
  PagedBytes details;
  StableVector<std::uint32_t> details_rows;  // the first row that each page is of
  ClassTimes class_times;
  StableVector<OddRun> odd;
  // While it is full.
  SummaryCache summaries;
  SharedSlot<ChunkCube> cube;
  SharedSlot<OutcomeTable> outcome_table;
  SharedSlot<LabelRows> story_rows;
  SharedSlot<LabelRows> tag_rows;

  // The oldest and the newest creation in each block, of every row ever written to it.
  std::array<std::atomic<std::int64_t>, kBlocks> oldest_ms;
  std::array<std::atomic<std::int64_t>, kBlocks> newest_ms;

  [[nodiscard]] std::int64_t vram_peak(std::uint32_t row) const {
    return vram_peak_high[row] == 255 ? kMissing
                                      : (std::int64_t{vram_peak_high[row]} << 32) | std::int64_t{vram_peak_low[row]};
  }
  // What run_details.h packed of the row, and what stands behind it.
  [[nodiscard]] std::string_view details_of(std::uint32_t row) const;
  // In which version each row died, 0: it lives; null while all do.
  [[nodiscard]] const std::atomic<std::uint32_t>* died() const { return died_.load(std::memory_order_acquire); }
  [[nodiscard]] bool is_live(std::uint32_t row, std::uint32_t version) const {
    const auto* dead = died();
    if (!dead) return true;
    const std::uint32_t at = dead[row].load(std::memory_order_relaxed);
    return at == 0 || at > version;
  }
  // The last version in which a row died; 0: none did.
  [[nodiscard]] std::uint32_t last_death() const { return last_death_.load(std::memory_order_relaxed); }
  // The writer alone. add_details: false, there is no room; cover: takes up what was loaded into its first `rows`;
  // kill: true, it lived until now.
  [[nodiscard]] bool add_details(std::uint32_t row, std::string_view details);
  void cover(std::uint32_t rows);
  bool kill(std::uint32_t row, std::uint32_t version);
  // About what its first `rows` take.
  [[nodiscard]] std::size_t bytes(std::uint32_t rows) const;

 private:
  std::atomic<std::atomic<std::uint32_t>*> died_ = nullptr;  // owned
  std::atomic<std::uint32_t> last_death_ = 0;
};

}  // namespace comfytrace::history::columns
