#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history/columns/column_store.h"

namespace comfytrace::history::columns {

// A store as bytes for keeping: the shared facts once, then each chunk by itself. Every part has the version of its
// form and a checksum. For the writer's thread, or a store that nobody reads yet.
class ChunkCodec {
 public:
  [[nodiscard]] static std::string pack_shared(const ColumnStore& store);
  [[nodiscard]] static std::string pack_chunk(const ColumnStore& store, std::size_t chunk);
  // Which rows of the chunk are dead: one bit a row.
  [[nodiscard]] static std::string pack_dead(const ColumnStore& store, std::size_t chunk);

  // Into an empty store, in order: shared facts, then chunk 0, 1, … with its dead. False: the bytes are damaged, of
  // another version, or do not fit to what came before; the store is then of no use.
  [[nodiscard]] static bool unpack_shared(ColumnStore& store, std::string_view bytes);
  [[nodiscard]] static bool unpack_chunk(ColumnStore& store, std::string_view bytes, std::string_view dead);
  // The living runs that are odd: they are not in the bytes, and must be appended again.
  [[nodiscard]] static std::vector<std::int64_t> odd_rids(const ColumnStore& store);
};

}  // namespace comfytrace::history::columns
