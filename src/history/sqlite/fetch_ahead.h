#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/run.h"

namespace comfytrace::history::sqlite {

template <class T>
void fetch(const std::vector<T>& items) {
  constexpr std::size_t kCacheLineBytes = 64;
  const char* const from = reinterpret_cast<const char*>(items.data());
  for (std::size_t at = 0; at < items.size() * sizeof(T); at += kCacheLineBytes) __builtin_prefetch(from + at);
}

// While `runs[i]` is saved, asks memory for what is read of those behind it: a run lies about in some twenty kilobytes,
// and to wait for them line by line took four microseconds a run. Each run three times, since what one part of it
// points to can be asked for only once that part is here.
inline void fetch_ahead(std::span<const model::Run> runs, std::size_t i) {
  if (i + 3 < runs.size()) fetch(runs[i + 3].scenes);
  if (i + 2 < runs.size()) {
    for (const model::Scene& scene : runs[i + 2].scenes) fetch(scene.attempts);
  }
  if (i + 1 >= runs.size()) return;
  for (const model::Scene& scene : runs[i + 1].scenes) {
    for (const model::Attempt& attempt : scene.attempts) {
      fetch(attempt.nodes);
      fetch(attempt.artifacts);
      fetch(attempt.explanations);
    }
  }
}

}  // namespace comfytrace::history::sqlite
