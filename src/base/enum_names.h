#pragma once

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

// The words of an enum listed with BOOST_DESCRIBE_ENUM: its enumerators' names.
namespace comfytrace::base {

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

// The enumerator's name. Every described enum's names are its JSON words.
template <DescribedEnum E>
[[nodiscard]] std::string_view enum_name(E value) {
  std::string_view name = "unknown";
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (d.value == value) name = d.name;
  });
  return name;
}

template <DescribedEnum E>
[[nodiscard]] std::optional<E> enum_from_name(std::string_view name) {
  std::optional<E> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (name == d.name) found = d.value;
  });
  return found;
}

// "queued, executing, success": for messages.
template <DescribedEnum E>
[[nodiscard]] std::string enum_names() {
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (!names.empty()) names += ", ";
    names += d.name;
  });
  return names;
}

}  // namespace comfytrace::base
