#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace comfytrace::base {

// A 64-bit hash of what is mixed into it, one after the other, the same in every build and on every start. Fast, and
// no defence against somebody who looks for two texts with one hash. One thread.
class Hash64 {
 public:
  void mix(std::uint64_t value) { state_ = fold(state_ ^ value, kOdd); }
  // With its length, so that "a", "b" is not "ab".
  void mix(std::string_view text) {
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; at += 8, left -= 8) mix(little_endian(at, 8));
    mix(left > 0 ? little_endian(at, left) : 0);
    mix(static_cast<std::uint64_t>(text.size()));
  }
  [[nodiscard]] std::uint64_t value() const { return fold(state_ ^ kOther, kOdd); }
  // Sixteen hexadecimal digits, lower case.
  [[nodiscard]] std::string hex() const {
    std::string digits;
    put_hex(digits);
    return digits;
  }
  // The same into a text that has room maybe.
  void put_hex(std::string& digits) const {
    digits.resize(16);
    const std::uint64_t whole = value();
    put_digits(static_cast<std::uint32_t>(whole >> 32), digits.data());
    put_digits(static_cast<std::uint32_t>(whole), digits.data() + 8);
  }

 private:
  static constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  static constexpr std::uint64_t kOther = 0xD6E8FEB86659FD93u;

  // Both bijections in `value`: what differs stays different.
  static std::uint64_t fold(std::uint64_t value, std::uint64_t odd) {
    value = (value ^ (value >> 32)) * odd;
    value = (value ^ (value >> 29)) * kOther;
    return value ^ (value >> 32);
  }
  // Eight digits, of which each is made in its byte of one number: a table would be asked digit by digit.
  static void put_digits(std::uint32_t half, char* to) {
    std::uint64_t nibbles = half;
    nibbles = (nibbles << 16 | nibbles) & 0x0000FFFF0000FFFFu;
    nibbles = (nibbles << 8 | nibbles) & 0x00FF00FF00FF00FFu;
    nibbles = (nibbles << 4 | nibbles) & 0x0F0F0F0F0F0F0F0Fu;
    const std::uint64_t letters = (nibbles + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    const std::uint64_t digits = nibbles + 0x3030303030303030u + letters * ('a' - '0' - 10);
    const std::uint64_t first_is_lowest =
        std::endian::native == std::endian::little ? __builtin_bswap64(digits) : digits;
    std::memcpy(to, &first_is_lowest, sizeof first_is_lowest);
  }
  static std::uint64_t little_endian(const char* at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    return value;
  }

  std::uint64_t state_ = kOther;
};

}  // namespace comfytrace::base
