#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "history/columns/interner.h"
#include "history/columns/measure_scan.h"
#include "history/columns/shared_facts.h"
#include "history/columns/stable_vector.h"

namespace comfytrace::history::columns {

// What the outcomes of one chunk count.
class OutcomeTable {
 public:
  // The frames of an outcome are told by two numbers: what is below this, and how many times this.
  static constexpr std::int64_t kFramesAtOnce = OutcomeRow::kMost + 1;

  void clear() {
    rows_.assign(1 + OutcomeRow::kCommon, {}), outcomes_.clear(), ended_.clear(), fits_ = all_ended_ = true;
  }
  void add(const Outcome& outcome);
  // Those of a chunk alone, by their numbers.
  void take(const StableVector<std::uint32_t>& locals, const Interner<Outcome>& outcomes);
  // Whether their numbers are small enough for rows(). Else they must be counted one by one.
  [[nodiscard]] bool fits() const { return fits_; }
  [[nodiscard]] const OutcomeRow* rows() const { return rows_.data(); }
  [[nodiscard]] const Outcome& at(std::uint16_t local) const { return *outcomes_[local]; }
  [[nodiscard]] std::size_t size() const { return outcomes_.size(); }
  // 1: it has ended.
  [[nodiscard]] std::span<const std::uint8_t> ended() const { return ended_; }
  [[nodiscard]] bool all_ended() const { return all_ended_; }

 private:
  std::vector<OutcomeRow> rows_ = std::vector<OutcomeRow>(1 + OutcomeRow::kCommon);
  std::vector<const Outcome*> outcomes_;
  std::vector<std::uint8_t> ended_;
  bool fits_ = true;
  bool all_ended_ = true;
};

struct Chunk;
struct SharedFacts;
// Never null. That of a chunk which is known to be full is kept with it.
[[nodiscard]] std::shared_ptr<const OutcomeTable> outcomes_of(const Chunk& chunk, const SharedFacts& shared);

}  // namespace comfytrace::history::columns
