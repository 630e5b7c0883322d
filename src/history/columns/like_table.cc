#include "history/columns/like_table.h"

#include <algorithm>
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
  std::vector<std::int64_t> scene_counts;
  for (const WorkKey& key : keys) {
    if (std::ranges::find(scene_counts, key.scene_count) == scene_counts.end()) scene_counts.push_back(key.scene_count);
  }
  LikeTable table;
  for (std::size_t number = 0, end = works.size(); number < end; ++number) {
    const Work& work = works[number];
    // Of scenes alone, few are left.
    if (std::ranges::find(scene_counts, work.scene_count) != scene_counts.end()) {
      for (const std::uint32_t i : asked.of(work.structure)) {
        const LevelBits levels = levels_of(keys[i], work);
        if (levels != 0) table.add(number, {i, levels});
      }
    }
    table.begin_.push_back(table.likes_.size());
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
        table.add(number, {i, levels});
      }
    }
    table.begin_.push_back(table.likes_.size());
  }
  return table;
}

std::vector<std::uint8_t> LikeTable::passing(std::span<const LevelBits> open) const {
  std::vector<std::uint8_t> passing(size());
  for (std::size_t i = 0; i < likes_.size(); ++i) {
    if ((likes_[i].levels & open[likes_[i].key]) != 0) passing[numbers_[i]] = 1;
  }
  return passing;
}

std::vector<LevelBits> LikeTable::levels(std::size_t keys) const {
  std::vector<LevelBits> levels(keys);
  for (const Like& like : likes_) levels[like.key] |= like.levels;
  return levels;
}

}  // namespace comfytrace::history::columns
