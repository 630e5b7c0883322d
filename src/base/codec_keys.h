#pragma once

// The keys of codec.h: what it knows of a struct's members by their descriptors.

#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/json_numbers.h"

namespace comfytrace::base {

// `vram_free_bytes` -> `vramFreeBytes`.
[[nodiscard]] std::string camel_case(std::string_view snake_case);

namespace codec_detail {

// The JSON key of the member descriptor D, made once.
template <class D>
const std::string& key_of() {
  static const std::string key = camel_case(D::name);
  return key;
}

// The same as it is written: quoted, with its colon, and a comma before it unless it is the first.
template <class D, bool kIsFirst>
const std::string& written_key_of() {
  static const std::string key = (kIsFirst ? "\"" : ",\"") + camel_case(D::name) + "\":";
  return key;
}

template <class T>
struct IsSmallMember {
  template <class D>
  using fn = std::bool_constant<kIsSmall<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>>;
};
// What small members take at most with their keys.
template <class Members>
std::size_t room_of() {
  std::size_t room = 2;
  boost::mp11::mp_for_each<Members>(
      [&](auto d) { room += written_key_of<decltype(d), false>().size() + kJsonNumberRoom; });
  return room;
}

}  // namespace codec_detail
}  // namespace comfytrace::base
