#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace comfytrace::history::columns {

// Bytes in pages that never move. A text lies whole in one page.
class PagedBytes {
 public:
  static constexpr std::uint32_t kPageBytes = 1u << 16;
  // Where it begins; absent: it does not fit. The writer alone.
  std::optional<std::uint32_t> append(std::string_view bytes);
  [[nodiscard]] const unsigned char* at(std::uint32_t offset) const {
    return pages_[offset / kPageBytes].get() + offset % kPageBytes;
  }
  // At most this many bytes stand from `offset` on.
  [[nodiscard]] static std::size_t rest(std::uint32_t offset) { return kPageBytes - offset % kPageBytes; }
  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] std::size_t pages() const { return (std::size_t{used_} + kPageBytes - 1) / kPageBytes; }
  // Makes room for `used` bytes that the caller writes page by page. False: too many.
  [[nodiscard]] bool load(std::uint32_t used);
  [[nodiscard]] unsigned char* page(std::size_t i) { return pages_[i].get(); }
  [[nodiscard]] const unsigned char* page(std::size_t i) const { return pages_[i].get(); }

 private:
  static constexpr std::size_t kPages = 1'024;
  std::array<std::unique_ptr<unsigned char[]>, kPages> pages_;
  std::uint32_t used_ = 0;
};

}  // namespace comfytrace::history::columns
