#include "history/columns/chunk.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace comfytrace::history::columns {

std::optional<std::uint32_t> PagedBytes::append(std::string_view bytes) {
  if (bytes.size() > kPageBytes) return std::nullopt;
  const std::uint32_t room = used_ % kPageBytes == 0 ? 0 : kPageBytes - used_ % kPageBytes;
  if (bytes.size() > room) {
    const std::uint32_t next = used_ + room;
    if (next / kPageBytes >= kPages) return std::nullopt;
    pages_[next / kPageBytes] = std::make_unique<unsigned char[]>(kPageBytes);
    used_ = next;
  }
  const std::uint32_t begin = used_;
  std::memcpy(pages_[begin / kPageBytes].get() + begin % kPageBytes, bytes.data(), bytes.size());
  used_ += static_cast<std::uint32_t>(bytes.size());
  return begin;
}

bool PagedBytes::load(std::uint32_t used) {
  if (used > kPages * kPageBytes) return false;
  used_ = used;
  for (std::size_t i = 0; i * kPageBytes < used; ++i)
    pages_[i] = std::make_unique_for_overwrite<unsigned char[]>(kPageBytes);
  return true;
}

// Not set to zero: a chunk takes only the memory that its rows reach.
Chunk::Chunk()
    : created_at_ms(new std::int64_t[kChunkRows]),
      rid(new std::uint32_t[kChunkRows]),
      duration_ms(new std::int32_t[kChunkRows]),
      queue_wait_ms(new std::int32_t[kChunkRows]),
      vram_peak_low(new std::uint32_t[kChunkRows]),
      vram_peak_high(new std::uint8_t[kChunkRows]),
      details_at(new std::uint32_t[kChunkRows]) {
  for (auto& oldest : oldest_ms) oldest.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_relaxed);
  for (auto& newest : newest_ms) newest.store(std::numeric_limits<std::int64_t>::min(), std::memory_order_relaxed);
}

Chunk::~Chunk() {
  delete[] died_.load();
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
  return rows * (std::size_t{37} + (died() ? 4 : 0)) + locals * 4 + details.used() + odd_bytes;
}

}  // namespace comfytrace::history::columns
