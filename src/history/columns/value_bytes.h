#pragma once

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/enum_names.h"

// Described structs as bytes, member by member. Nothing in the bytes says which member comes next: whoever keeps them
// must know of which version they are. Enumerators stand there by name.
namespace comfytrace::history::columns {

inline void put_number(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

inline void put_value(std::string& bytes, std::string_view text) {
  put_number(bytes, text.size());
  bytes += text;
}
inline void put_value(std::string& bytes, const std::string& text) {
  put_value(bytes, std::string_view(text));
}
template <class T>
void put_value(std::string& bytes, const T& value);
template <class T>
void put_value(std::string& bytes, const std::vector<T>& items) {
  put_number(bytes, items.size());
  for (const T& item : items) put_value(bytes, item);
}
template <class T>
void put_value(std::string& bytes, const std::optional<T>& value) {
  put_number(bytes, value.has_value());
  if (value) put_value(bytes, *value);
}
template <class T>
void put_value(std::string& bytes, const T& value) {
  if constexpr (std::is_class_v<T>) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { put_value(bytes, value.*member.pointer); });
  } else if constexpr (base::DescribedEnum<T>) {
    put_value(bytes, base::enum_name(value));
  } else {
    static_assert(std::integral<T>);
    const auto wide = static_cast<std::int64_t>(value);
    put_number(bytes, (static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
  }
}

// Reads what put_value wrote. Once something does not fit, good() is false and all that comes is empty.
class ValueReader {
 public:
  explicit ValueReader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) fail();
    if (!good_) return {};
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  // How many items follow: no more than there are bytes.
  std::uint64_t count() {
    const std::uint64_t count = number();
    if (count > rest_.size()) fail();
    return good_ ? count : 0;
  }

  void take(std::string& value) { value = text(); }
  template <class T>
  void take(std::vector<T>& items) {
    items.resize(count());
    for (T& item : items) take(item);
  }
  template <class T>
  void take(std::optional<T>& value) {
    value.reset();
    if (number() != 0) take(value.emplace());
  }
  template <class T>
  void take(T& value) {
    if constexpr (std::is_class_v<T>) {
      boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
          [&](auto member) { take(value.*member.pointer); });
    } else if constexpr (base::DescribedEnum<T>) {
      const auto named = base::enum_from_name<T>(text());
      if (!named) fail();
      value = named.value_or(T{});
    } else {
      static_assert(std::integral<T>);
      const std::uint64_t folded = number();
      value = static_cast<T>(static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1));
    }
  }

 private:
  void fail() {
    good_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace comfytrace::history::columns
