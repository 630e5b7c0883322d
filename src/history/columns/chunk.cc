#include "history/columns/chunk.h"

#include <algorithm>
#include <limits>

namespace comfytrace::history::columns {

// Not set to zero: a chunk takes only the memory that its rows reach.
Chunk::Chunk()
    : created_at_ms(new std::int64_t[kChunkRows]),
      rid(new std::uint32_t[kChunkRows]),
      duration_ms(new std::int32_t[kChunkRows]),
      queue_wait_ms(new std::int32_t[kChunkRows]),
      vram_peak_low(new std::uint32_t[kChunkRows]),
      vram_peak_high(new std::uint8_t[kChunkRows]),
      details_at(new std::uint16_t[kChunkRows]) {
  for (auto& oldest : oldest_ms) oldest.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed);
  for (auto& newest : newest_ms) newest.store(std::numeric_limits<std::int64_t>::min(), std::memory_order_relaxed);
}

Chunk::~Chunk() {
  delete[] died_.load();
}

std::string_view Chunk::details_of(std::uint32_t row) const {
  // Rows come in order, and so do pages.
  std::size_t page = 0;
  for (std::size_t count = details_rows.size(); count > 1;) {
    const std::size_t half = count / 2;
    if (details_rows[page + half] <= row) page += half;
    count -= half;
  }
  const std::uint32_t at = details_at[row];
  return {reinterpret_cast<const char*>(details.page(page) + at), PagedBytes::rest(at)};
}

bool Chunk::add_details(std::uint32_t row, std::string_view bytes) {
  const auto at = details.append(bytes);
  if (!at) return false;
  if (details_rows.size() < details.pages()) details_rows.push_back(row);
  details_at[row] = static_cast<std::uint16_t>(*at % PagedBytes::kPageBytes);
  return true;
}

void Chunk::cover(std::uint32_t rows) {
  for (std::uint32_t begin = 0; begin < rows; begin += kBlockRows) {
    const auto [oldest, newest] =
        std::minmax_element(&created_at_ms[begin], created_at_ms.get() + std::min(begin + kBlockRows, rows));
    oldest_ms[begin / kBlockRows].store(*oldest, std::memory_order_relaxed);
    newest_ms[begin / kBlockRows].store(*newest, std::memory_order_relaxed);
  }
}

bool Chunk::kill(std::uint32_t row, std::uint32_t version) {
  auto* dead = died_.load(std::memory_order_relaxed);
  if (!dead) {
    dead = new std::atomic<std::uint32_t>[kChunkRows]();
    died_.store(dead, std::memory_order_release);
  }
  if (dead[row].load(std::memory_order_relaxed) != 0) return false;
  dead[row].store(version, std::memory_order_relaxed);
  last_death_.store(version, std::memory_order_relaxed);
  return true;
}

std::size_t Chunk::bytes(std::uint32_t rows) const {
  std::size_t odd_bytes = 0;
  // A run kept whole takes about this much beside its scenes.
  for (std::size_t i = 0; i < odd.size(); ++i)
    odd_bytes += 1'000 + odd[i].facts.scenes.size() * 300 + odd[i].facts.node_classes.size() * 80;
  const std::size_t locals =
      outcome.locals().size() + setting.locals().size() + label.locals().size() + work.locals().size();
  return rows * (std::size_t{35} + (died() ? 4 : 0)) + locals * 4 + details.used() + class_times.bytes() + odd_bytes;
}

}  // namespace comfytrace::history::columns
