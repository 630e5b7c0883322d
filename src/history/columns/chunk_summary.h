#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "history/columns/tally.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// What one full chunk tells to one question.
struct ChunkSummary {
  struct Group {
    std::string name;          // "" for groups of time
    std::int64_t from_ms = 0;  // of those
    PackedTally tally;
  };
  std::uint32_t version = 0;  // of the snapshot it was made of
  bool exact = true;          // every value is kept as it was
  PackedTally total;          // empty where it is the sum of the groups
  std::vector<Group> groups;

  [[nodiscard]] std::size_t bytes() const;
  // Whether it has times that nothing can be taken out beside (PackedDistribution).
  [[nodiscard]] bool has_far() const;
  // Sets `exact` by what is there.
  void tell_whether_exact();
};

// A question without its dates: chunks that these cover whole answer it alike.
struct SummaryKey {
  explicit SummaryKey(const StatisticsQuery& query);
  std::string text;
  std::size_t hash = 0;
  bool is_unfiltered = false;
};

// The answers that a full chunk gave last, within some memory. Any thread.
class SummaryCache {
 public:
  struct Found {
    std::shared_ptr<const ChunkSummary> summary;  // null: it is not kept
    bool was_asked = false;                       // lately, so that keeping it may save time
  };
  [[nodiscard]] Found find(const SummaryKey& key) const;
  // Keeps it if it is small, in place of those that nobody asked for the longest.
  void put(const SummaryKey& key, std::shared_ptr<const ChunkSummary> summary) const;

 private:
  struct Entry {
    std::size_t hash;
    std::string key;
    std::shared_ptr<const ChunkSummary> summary;
    std::size_t bytes;
    std::uint64_t last_use;
  };
  static constexpr std::size_t kRemembered = 32;
  mutable std::mutex mutex_;
  mutable std::vector<Entry> entries_;
  mutable std::array<std::size_t, kRemembered> asked_{};  // the hashes of the last questions, in a ring
  mutable std::size_t next_asked_ = 0;
  mutable std::size_t bytes_ = 0;
  mutable std::uint64_t uses_ = 0;
};

}  // namespace comfytrace::history::columns
