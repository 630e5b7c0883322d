#include "history/columns/scene_works.h"

#include <algorithm>
#include <iterator>

namespace comfytrace::history::columns {

SceneWorks SceneWorks::with(std::size_t chunk, std::vector<std::pair<std::uint32_t, std::uint32_t>> more) const {
  std::ranges::sort(more);
  more.erase(std::unique(more.begin(), more.end()), more.end());
  SceneWorks all;
  all.pairs.reserve(pairs.size() + more.size());
  std::ranges::set_union(pairs, more, std::back_inserter(all.pairs));
  if (all.pairs.size() > kMost) {
    all = *this;
    all.is_full = true;
    return all;
  }
  all.pairs.shrink_to_fit();
  all.chunks = chunks;
  all.chunks.resize(std::max(chunks.size(), chunk + 1));
  all.chunks[chunk] = 1;
  return all;
}

}  // namespace comfytrace::history::columns
