#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "history/columns/chunk_cube.h"
#include "history/columns/chunk_summary.h"
#include "history/columns/stable_vector.h"
#include "history/run_facts.h"

namespace comfytrace::history::columns {

inline constexpr std::uint32_t kChunkRows = 65'536;
inline constexpr std::uint32_t kBlockRows = 2'048;
inline constexpr std::uint32_t kBlocks = kChunkRows / kBlockRows;

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

// Bytes in pages that never move. A text lies whole in one page.
class PagedBytes {
 public:
  static constexpr std::uint32_t kPageBytes = 1u << 16;
  // Where it begins; absent: it does not fit. The writer alone.
  std::optional<std::uint32_t> append(std::string_view bytes);
  [[nodiscard]] const unsigned char* at(std::uint32_t offset) const {
    return pages_[offset >> 16].get() + (offset & (kPageBytes - 1));
  }
  // At most this many bytes stand from `offset` on.
  [[nodiscard]] static std::size_t rest(std::uint32_t offset) { return kPageBytes - (offset & (kPageBytes - 1)); }
  [[nodiscard]] std::uint32_t used() const { return used_; }
  // Makes room for `used` bytes that the caller writes page by page. False: too many.
  [[nodiscard]] bool load(std::uint32_t used);
  [[nodiscard]] unsigned char* page(std::size_t i) { return pages_[i].get(); }
  [[nodiscard]] const unsigned char* page(std::size_t i) const { return pages_[i].get(); }

 private:
  static constexpr std::size_t kPages = 1'024;
  std::array<std::unique_ptr<unsigned char[]>, kPages> pages_;
  std::uint32_t used_ = 0;
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
  std::unique_ptr<std::uint32_t[]> details_at;
  LocalColumn outcome;
  LocalColumn setting;
  LocalColumn label;
  LocalColumn work;
  PagedBytes details;
  StableVector<OddRun> odd;
  // While it is full.
  SummaryCache summaries;
  CubeSlot cube;

  // The oldest and the newest creation in each block, of every row ever written to it.
  std::array<std::atomic<std::int64_t>, kBlocks> oldest_ms;
  std::array<std::atomic<std::int64_t>, kBlocks> newest_ms;

  [[nodiscard]] std::int64_t vram_peak(std::uint32_t row) const {
    return vram_peak_high[row] == 255 ? kMissing
                                      : (std::int64_t{vram_peak_high[row]} << 32) | std::int64_t{vram_peak_low[row]};
  }
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
  // The writer alone. cover: takes up what was loaded into its first `rows`; kill: true, it lived until now.
  void cover(std::uint32_t rows);
  bool kill(std::uint32_t row, std::uint32_t version);
  // About what its first `rows` take.
  [[nodiscard]] std::size_t bytes(std::uint32_t rows) const;

 private:
  std::atomic<std::atomic<std::uint32_t>*> died_ = nullptr;  // owned
  std::atomic<std::uint32_t> last_death_ = 0;
};

}  // namespace comfytrace::history::columns
