#include "history/columns/like_table.h"

#include <algorithm>
#include <bitset>
#include <string_view>
#include <unordered_map>

namespace comfytrace::history::columns {
namespace {

// Positions in the question, by the structure asked about: only what shares it can be like.
class ByStructure {
 public:
  explicit ByStructure(std::span<const WorkKey> keys) {
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      if (!keys[i].structure.empty()) asked_[keys[i].structure].push_back(i);
    }
  }
  [[nodiscard]] std::span<const std::uint32_t> of(std::string_view structure) const {
    const auto at = asked_.find(structure);
    return at == asked_.end() ? std::span<const std::uint32_t>() : at->second;
  }

 private:
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> asked_;
};

// Of most works these numbers, which stand in them, say that they are like nothing: no text need be looked up.
class ByNumbers {
 public:
  explicit ByNumbers(std::span<const WorkKey> keys) {
    for (const WorkKey& key : keys) asked_.set(place_of(key));
  }
  [[nodiscard]] bool may_have(const WorkKey& work) const { return asked_[place_of(work)]; }

 private:
  static constexpr std::size_t kPlaces = 4'096;
  [[nodiscard]] static std::size_t place_of(const WorkKey& key) {
    const std::uint64_t size = key.work_size ? static_cast<std::uint64_t>(*key.work_size) + 1 : 0;
    const std::uint64_t mixed = (size * 31 + static_cast<std::uint64_t>(key.scene_count)) * 0x9E3779B97F4A7C15u;
    return (mixed >> 32) % kPlaces;
  }
  std::bitset<kPlaces> asked_;
};

// Of a work with the key's structure. Each level but the first two holds what the one behind it does: one that fails
// answers for the stricter ones.
LevelBits levels_of(const WorkKey& key, const Work& work) {
  // Most fail here, where no text is looked at.
  if (key.work_size != work.work_size || key.scene_count != work.scene_count) return 0;
  LevelBits levels = 0;
  for (const LikeLevel level : {LikeLevel::structure, LikeLevel::models, LikeLevel::device}) {
    if (!is_like(key, work, level)) return levels;
    levels |= bit_of(level);
  }
  for (const LikeLevel level : {LikeLevel::warmth, LikeLevel::executed}) {
    if (is_like(key, work, level)) levels |= bit_of(level);
  }
  return levels;
}

}  // namespace

LikeTable LikeTable::of_works(const Interner<Work>& works, std::span<const WorkKey> keys) {
  const ByStructure asked(keys);
  const ByNumbers numbers(keys);
  LikeTable table;
  for (std::size_t number = 0, end = works.size(); number < end; ++number) {
    const Work& work = works[number];
    if (numbers.may_have(work)) {
      for (const std::uint32_t i : asked.of(work.structure)) {
        const LevelBits levels = levels_of(keys[i], work);
        if (levels != 0) table.add({i, levels});
      }
    }
    table.end_number();
  }
  return table;
}

LikeTable LikeTable::of_settings(const SettingBook& settings, std::span<const WorkKey> keys) {
  const ByStructure asked(keys);
  LikeTable table;
  for (std::size_t number = 0, end = settings.size(); number < end; ++number) {
    const std::vector<std::string>& devices = settings.machine_of(number).devices;
    for (const std::string& fingerprint : settings.graphs_of(number).fingerprints) {
      for (const std::uint32_t i : asked.of(fingerprint)) {
        LevelBits levels = bit_of(LikeLevel::structure) | bit_of(LikeLevel::models);
        // A scene's device is one of its run's.
        if (std::ranges::find(devices, keys[i].device) != devices.end())
          levels |= bit_of(LikeLevel::executed) | bit_of(LikeLevel::warmth) | bit_of(LikeLevel::device);
        table.add({i, levels});
      }
    }
    table.end_number();
  }
  return table;
}

LikeTable LikeTable::of_runs(const LikeTable& scenes, std::span<const std::uint8_t> several, const SceneWorks& known) {
  LikeTable table;
  auto pair = known.pairs.begin();
  for (std::uint32_t number = 0; number < scenes.size(); ++number) {
    const std::size_t begin = table.likes_.size();
    if (several[number] == 0) {
      for (const Like& like : scenes.of(number)) table.add(like);
    }
    for (; pair != known.pairs.end() && pair->first == number; ++pair) {
      for (const Like& like : scenes.of(pair->second)) {
        const auto same = std::find_if(table.likes_.begin() + static_cast<std::ptrdiff_t>(begin), table.likes_.end(),
                                       [&](const Like& of) { return of.key == like.key; });
        if (same == table.likes_.end()) {
          table.add(like);
        } else {
          same->levels |= like.levels;
        }
      }
    }
    table.end_number();
  }
  return table;
}

std::vector<std::uint8_t> LikeTable::passing(std::span<const LevelBits> open) const {
  std::vector<std::uint8_t> passing(size());
  for (const std::uint32_t number : numbers_) {
    LevelBits any = 0;
    for (const Like& like : of(number)) any |= like.levels & open[like.key];
    passing[number] = any != 0;
  }
  return passing;
}

std::vector<LevelBits> LikeTable::levels(std::size_t keys) const {
  std::vector<LevelBits> levels(keys);
  for (const Like& like : likes_) levels[like.key] |= like.levels;
  return levels;
}

}  // namespace comfytrace::history::columns
