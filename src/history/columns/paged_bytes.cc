#include "history/columns/paged_bytes.h"

#include <cstring>

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

}  // namespace comfytrace::history::columns
