#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {

// Which works the scenes of runs are, by the work of the run, as far as it was learned: of full chunks, whose rows
// never change. Most runs that share a setting with a scene have none like it, and need not be looked into.
struct SceneWorks {
  // Beyond so many pairs no more is learned: where works hardly repeat, they tell nothing.
  static constexpr std::size_t kMost = 65'536;

  // Work of a run of several scenes, work of one of these that succeeded. Ascending, each once.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  std::vector<std::uint8_t> chunks;  // by number: 1, every run in it has its pairs here
  bool is_full = false;

  [[nodiscard]] bool knows(std::size_t chunk) const { return chunk < chunks.size() && chunks[chunk] != 0; }
  // The same with what a chunk has, whose pairs may be in any order and repeat.
  [[nodiscard]] SceneWorks with(std::size_t chunk, std::vector<std::pair<std::uint32_t, std::uint32_t>> more) const;
};

}  // namespace comfytrace::history::columns
