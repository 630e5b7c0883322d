#pragma once

#include <cstddef>

#include "history/columns/column_store.h"

namespace comfytrace::history::columns {

// Has the store's SceneWorks know of a chunk, if it is full and not known yet: that takes some 10 ms. Any thread.
void learn_scene_works(const ColumnStore::Snapshot& snapshot, std::size_t chunk);

}  // namespace comfytrace::history::columns
