#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/columns/first_candidates.h"
#include "history/columns/like_table.h"
#include "history/like_runs.h"

namespace comfytrace::history::columns {

// Collects the newest rows of every level of likeness until it is sure which level counts. Rows come in any order; the
// earlier newer ones come, the sooner it is sure. One thread.
class LikeSearch {
 public:
  // What has the same key is asked about once.
  explicit LikeSearch(const LikeQuery& query);

  // By key.
  [[nodiscard]] std::span<const LikeTo> keys() const { return keys_; }
  // `levels`: by key, those at which anything can be like it. Before anything is offered.
  void begin(std::vector<LevelBits> levels);

  // What a row has that is like. Of several of one row, these come right after another.
  void offer(const LikeTable::Like& like, const Candidate& row) {
    if (const auto useful = static_cast<LevelBits>(like.levels & open_[like.key])) take(like.key, useful, row);
  }
  // From now on no row comes that was created later. False: none is needed any more.
  [[nodiscard]] bool goes_on(std::int64_t newest_ms);
  // By key: the levels of which rows are of use. Ever fewer.
  [[nodiscard]] std::span<const LevelBits> open() const { return open_; }
  // Whether those have become fewer since this was asked.
  [[nodiscard]] bool has_narrowed();

  // The level that counts for a position in the question, and its rows in order; at the end.
  struct Found {
    std::optional<LikeLevel> level;
    std::vector<Candidate> rows;
  };
  [[nodiscard]] std::vector<Found> found();
  [[nodiscard]] std::size_t key_of(std::size_t asked) const { return key_of_[asked]; }

 private:
  struct Level {
    explicit Level(std::int64_t limit) : rows(static_cast<std::size_t>(limit)) {}
    FirstCandidates rows;    // before all that ask
    std::int64_t count = 0;  // of what was offered in these
    std::uint32_t last_row = ~0u;
    std::vector<Candidate> newer;  // before some that ask, each as often as it was offered
    // Once it is told of: `newer` is in order, and so are these, which `rows` was.
    bool in_order = false;
    std::vector<Candidate> older;
  };
  void take(std::uint32_t key, LevelBits levels, const Candidate& row);
  [[nodiscard]] Found found_before(std::size_t key, std::int64_t before_ms);

  const LikeQuery& query_;
  std::vector<LikeTo> keys_;             // before the first of its askers
  std::vector<std::int64_t> latest_ms_;  // by key: before the last of them
  std::vector<std::size_t> key_of_;      // by position in the question
  std::vector<LevelBits> open_;
  std::vector<Level> levels_;  // kLikeLevels of each key
  bool narrowed_ = false;
};

}  // namespace comfytrace::history::columns
