#include "history/columns/scene_learner.h"

#include <memory>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {
namespace {

// Pairs by where they fall, the last of each place: most of those that repeat are found there.
constexpr std::size_t kPlaces = 4'096;

}  // namespace

void learn_scene_works(const ColumnStore::Snapshot& snapshot, std::size_t chunk) {
  const SharedFacts& shared = snapshot.shared();
  const auto known = shared.scene_works.get();
  if (snapshot.rows_of(chunk) != kChunkRows || (known && (known->is_full || known->knows(chunk)))) return;
  const Chunk& of = snapshot.chunk(chunk);
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  std::vector<Pair> last(kPlaces, Pair{~0u, ~0u});
  std::vector<Pair> pairs;
  for (std::uint32_t row = 0; row < kChunkRows; ++row) {
    const std::uint32_t run = of.work.at(row);
    // An odd run is looked at whole.
    if (shared.works[run].scene_count == 1 || shared.outcomes[of.outcome.at(row)].is_odd) continue;
    PackedScenes scenes(of.details_of(row));
    while (scenes.next()) {
      if (scenes.status() != model::Status::success) continue;
      const Pair pair{run, scenes.work()};
      Pair& place = last[(pair.first * 61 + pair.second) % kPlaces];
      if (place == pair) continue;
      pairs.push_back(place = pair);
    }
  }
  shared.scene_works.put(
      std::make_shared<const SceneWorks>((known ? *known : SceneWorks{}).with(chunk, std::move(pairs))));
}

}  // namespace comfytrace::history::columns
