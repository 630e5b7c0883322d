#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Variable-length integers: 7 bits a byte, low bits first; signed ones by zigzag, so that small is short.
namespace comfytrace::history::sqlite {

[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}
// Differences wrap, so that every pair of integers has one and it leads back.
[[nodiscard]] constexpr std::int64_t wrapping_sub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
[[nodiscard]] constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// Returns where the next byte goes.
inline char* put_u64(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}
inline char* put_i64(char* at, std::int64_t value) {
  return put_u64(at, zigzag(value));
}

class ByteWriter {
 public:
  static constexpr std::size_t kMostBytes = 10;  // of an integer

  void byte(std::uint8_t value) {
    make_room(1);
    room_[size_++] = static_cast<char>(value);
  }
  void raw(std::string_view bytes) {
    if (bytes.empty()) return;
    make_room(bytes.size());
    std::memcpy(room_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void u64(std::uint64_t value) { end(put_u64(begin(kMostBytes), value)); }
  // For several at once: room for `most` bytes, and where of it the written ones end.
  [[nodiscard]] char* begin(std::size_t most) {
    make_room(most);
    return room_.data() + size_;
  }
  void end(const char* at) { size_ = static_cast<std::size_t>(at - room_.data()); }
  void i64(std::int64_t value) { u64(zigzag(value)); }
  void text(std::string_view text) {
    u64(text.size());
    raw(text);
  }
  void fixed64(std::uint64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    raw({bytes, 8});
  }
  // Valid until more is written.
  [[nodiscard]] std::string_view bytes() const { return std::string_view(room_).substr(0, size_); }
  [[nodiscard]] std::string take() {
    room_.resize(std::exchange(size_, 0));
    return std::move(room_);
  }
  void reserve(std::size_t size) {
    if (size > size_) make_room(size - size_);
  }
  void clear() { size_ = 0; }
  // Takes back what was written from there on.
  void cut(std::size_t size) { size_ = size; }

 private:
  void make_room(std::size_t bytes) {
    if (room_.size() - size_ < bytes) [[unlikely]]
      grow(bytes);
  }
  // Kept apart: what is called for each number is then short enough to stand where it is called.
  [[gnu::noinline]] void grow(std::size_t bytes) {
    room_.resize(std::max({size_ + bytes, 2 * room_.size(), std::size_t{32}}));
  }

  std::string room_;  // written up to size_
  std::size_t size_ = 0;
};

// Reads what a ByteWriter wrote. Past the end, or on nonsense, it fails for good and gives zeros.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t byte() {
    const std::string_view one = raw(1);
    return one.empty() ? 0 : static_cast<std::uint8_t>(one.front());
  }
  std::string_view raw(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::int64_t i64() { return unzigzag(u64()); }
  std::string_view text() { return raw(static_cast<std::size_t>(u64())); }
  std::uint64_t fixed64() {
    const std::string_view bytes = raw(8);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
  }
  // A number of things of which each takes at least one byte.
  std::size_t count() {
    const std::uint64_t value = u64();
    if (value <= rest_.size()) return static_cast<std::size_t>(value);
    fail();
    return 0;
  }
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace comfytrace::history::sqlite
