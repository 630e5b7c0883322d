#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/columns/column_store.h"
#include "history/columns/sealed_bytes.h"

namespace comfytrace::history::columns {

// A store as bytes for keeping: the shared facts once, then each chunk by itself. Every part has the version of its
// form and a checksum. For the writer's thread, or a store that nobody reads yet.
class ChunkCodec {
 public:
  [[nodiscard]] static std::string pack_shared(const ColumnStore& store);
  [[nodiscard]] static std::string pack_chunk(const ColumnStore& store, std::size_t chunk);
  // Which rows of the chunk are dead: one bit a row.
  [[nodiscard]] static std::string pack_dead(const ColumnStore& store, std::size_t chunk);

  struct Unpacked {
    std::unique_ptr<Chunk> chunk;
    std::uint32_t rows = 0;
    std::uint32_t form = kForm;  // that the bytes had
  };
  // Into an empty store: first the shared facts, and the form that they had; absent: the bytes are damaged, of a
  // version that is not known, or do not fit to what came before, and the store is then of no use.
  [[nodiscard]] static std::optional<std::uint32_t> unpack_shared(ColumnStore& store, std::string_view bytes);
  // Then each chunk with its dead, absent likewise. Any number of threads at once, each with an unsealer of its own.
  [[nodiscard]] static std::optional<Unpacked> unpack_chunk(const ColumnStore& store, std::string_view bytes,
                                                            std::string_view dead, Unsealer& unsealer);
  // At last all of them, in order. False: they do not follow one another.
  [[nodiscard]] static bool adopt(ColumnStore& store, std::vector<Unpacked> chunks);
  // The living runs that are odd: they are not in the bytes, and must be appended again.
  [[nodiscard]] static std::vector<std::int64_t> odd_rids(const ColumnStore& store);
};

}  // namespace comfytrace::history::columns
