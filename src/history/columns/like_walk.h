#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "history/columns/like_search.h"
#include "history/columns/row_scan.h"

namespace comfytrace::history::columns {

// A block of rows, and those of it that may be like.
struct LikeBlock {
  const Chunk* chunk = nullptr;
  std::size_t chunk_number = 0;
  std::vector<std::uint16_t> rows;  // last first: these are most often the newest

  // A row of the block on its way into the search.
  [[nodiscard]] Candidate candidate_at(std::uint32_t at) const {
    return candidate(RunSort::newest, chunk->created_at_ms[at], chunk->rid[at],
                     static_cast<std::uint32_t>(chunk_number) * kChunkRows + at);
  }
};

// Walks from the newest block on until the search has what it needs. What is known of a row lies in many places: blocks
// are looked at some ahead of their turn, so that these come nearer while others are looked at. `Rows`:
//   let(levels, chunk)         lets pass what may be like at these levels, which are by key
//   lets_alike(chunk, other)   whether that lets the same pass in both chunks
//   wants(chunk, work)         whether a row of this work is of use now
//   fetch(chunk, row)          has what is known of a row come nearer
//   offer(block)               to the search
template <class Rows>
class LikeWalk {
 public:
  LikeWalk(RowScan& scan, LikeSearch& search, Rows& rows)
      : scan_(scan), search_(search), rows_(rows), places_(scan.newest_first()), passing_(search.keys().size()) {}

  void walk() {
    std::size_t next = 0;  // to be looked at
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (!search_.goes_on(places_[i].newest_ms, places_[i].oldest_ms)) return;
      // What was looked at may lack rows that are of use now.
      if (search_.has_widened()) next = i;
      next = std::max(next, i);
      if (!search_.is_any_open()) continue;
      for (; next < std::min(i + kAhead, places_.size()); ++next) look_at(places_[next], block(next));
      rows_.offer(block(i));
    }
  }

 private:
  static constexpr std::size_t kAhead = 2;       // blocks, the one at hand among them
  static constexpr std::size_t kNarrowEach = 8;  // blocks

  [[nodiscard]] LikeBlock& block(std::size_t i) { return blocks_[i % kAhead]; }

  void look_at(const BlockPlace& place, LikeBlock& to) {
    // More is let in at once, less by and by: it takes time, and what was enough before one time is not before the
    // next.
    const bool narrows = ++looks_ % kNarrowEach == 0 && search_.has_narrowed();
    bool changes = narrows || !last_ || !rows_.lets_alike(place.chunk, *last_);
    for (std::size_t key = 0; key < passing_.size(); ++key) {
      const LevelBits open = search_.open()[key];
      changes |= (open & ~passing_[key]) != 0;
      passing_[key] = narrows ? open : static_cast<LevelBits>(passing_[key] | open);
    }
    if (changes) rows_.let(passing_, place.chunk);
    last_ = place.chunk;
    const RowBlock block = scan_.block_at(place.chunk, place.begin);
    to.chunk = block.chunk;
    to.chunk_number = block.chunk_number;
    to.rows.clear();
    if (block.matching == 0) return;
    const auto kept = block.list(kept_.data());
    for (std::size_t i = kept.size(); i-- > 0;) {
      const std::uint16_t at = kept[i];
      if (!rows_.wants(place.chunk, block.chunk->work.at(at))) continue;
      rows_.fetch(*block.chunk, at);
      to.rows.push_back(at);
    }
  }

  RowScan& scan_;
  LikeSearch& search_;
  Rows& rows_;
  std::vector<BlockPlace> places_;
  std::vector<LevelBits> passing_;  // by key: what is let pass
  std::optional<std::size_t> last_;
  std::size_t looks_ = 0;
  std::array<LikeBlock, kAhead> blocks_;
  std::array<std::uint16_t, kBlockRows> kept_;
};

}  // namespace comfytrace::history::columns
