#pragma once

#include <cstddef>
#include <memory>

#include "history/columns/column_store.h"

namespace comfytrace::history::columns {

// The cube of a full chunk for this snapshot, if it was made. Null: there is none, or rows died since. Any thread.
[[nodiscard]] std::shared_ptr<const ChunkCube> find_cube(const ColumnStore::Snapshot& snapshot, std::size_t chunk);
// Makes it and leaves it with the chunk, which is full. Any thread; takes some milliseconds.
void make_cube(const ColumnStore::Snapshot& snapshot, std::size_t chunk);

}  // namespace comfytrace::history::columns
