#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "history/columns/interner.h"
#include "history/columns/scene_works.h"
#include "history/columns/setting_book.h"
#include "history/like_runs.h"

namespace comfytrace::history::columns {

// A set of levels of likeness, one bit each.
using LevelBits = std::uint8_t;
inline constexpr std::size_t kLikeLevels = 5;
[[nodiscard]] inline LevelBits bit_of(LikeLevel level) {
  return static_cast<LevelBits>(1u << static_cast<unsigned>(level));
}

// By the number of a shared fact: which of the keys asked about it may be like, and at which levels.
class LikeTable {
 public:
  struct Like {
    std::uint32_t key = 0;  // position among those asked about
    LevelBits levels = 0;
  };
  // Of keys: exactly so.
  [[nodiscard]] static LikeTable of_works(const Interner<Work>& works, std::span<const WorkKey> keys);
  // What the scenes of runs with such settings may be like, as far as settings tell.
  [[nodiscard]] static LikeTable of_settings(const SettingBook& settings, std::span<const WorkKey> keys);
  // By the work of a run, what its scenes may be like: of several scenes as `known` tells, of one what `scenes`, which
  // is by their works, says of the same work. `several`: by number.
  [[nodiscard]] static LikeTable of_runs(const LikeTable& scenes, std::span<const std::uint8_t> several,
                                         const SceneWorks& known);

  // How many numbers there are.
  [[nodiscard]] std::size_t size() const { return begin_.size() - 1; }
  // Of numbers that came later: none.
  [[nodiscard]] std::span<const Like> of(std::uint32_t number) const {
    if (number + std::size_t{1} >= begin_.size()) return {};
    return std::span(likes_).subspan(begin_[number], begin_[number + 1] - begin_[number]);
  }
  // By number: 1 where any of these levels is `open`, which is by key.
  [[nodiscard]] std::vector<std::uint8_t> passing(std::span<const LevelBits> open) const;
  // By key: at which levels anything is like it.
  [[nodiscard]] std::vector<LevelBits> levels(std::size_t keys) const;

 private:
  // To the number at hand, which ends then.
  void add(const Like& like) { likes_.push_back(like); }
  void end_number() {
    if (likes_.size() > begin_.back()) numbers_.push_back(static_cast<std::uint32_t>(size()));
    begin_.push_back(static_cast<std::uint32_t>(likes_.size()));
  }

  std::vector<std::uint32_t> begin_{0};  // by number, and the end
  std::vector<Like> likes_;
  std::vector<std::uint32_t> numbers_;  // that have any
};

}  // namespace comfytrace::history::columns
