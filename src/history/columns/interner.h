#pragma once

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/columns/stable_vector.h"

namespace comfytrace::history::columns {

// A hash over the described members of a struct, and about what they take beside it.
struct Weigher {
  std::size_t hash = 0;
  std::size_t bytes = 0;

  void mix(std::size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29); }
  void add(const std::string& text) {
    mix(std::hash<std::string>()(text));
    if (text.size() > 15) bytes += text.size() + 17;
  }
  template <class T>
  void add(const std::vector<T>& items) {
    mix(items.size());
    bytes += items.size() * sizeof(T) + 16;
    for (const T& item : items) add(item);
  }
  template <class T>
  void add(const std::optional<T>& value) {
    mix(value.has_value());
    if (value) add(*value);
  }
  template <class T>
  void add(const T& value) {
    if constexpr (std::is_class_v<T>) {
      add_as<T>(value);
    } else {
      mix(static_cast<std::size_t>(value));
    }
  }
  // By the members that T has from it or itself.
  template <class T, class Like>
  void add_as(const Like& value) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { add(value.*member.pointer); });
  }
};

// Values that many runs share, each kept once and named by a number from 0. One thread interns; readers look up numbers
// that were published to them.
template <class T>
class Interner {
 public:
  using Value = T;
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] const T& operator[](std::size_t id) const { return values_[id]; }

  // The writer alone. `Like`: T, or the base that has all of it.
  template <class Like = T>
  std::uint32_t id_of(const Like& value) {
    Weigher weigher;
    weigher.add_as<T>(value);
    const auto [begin, end] = ids_.equal_range(weigher.hash);
    for (auto at = begin; at != end; ++at) {
      if (value == values_[at->second]) return at->second;
    }
    const auto id = static_cast<std::uint32_t>(values_.size());
    values_.push_back(T{value});
    ids_.emplace(weigher.hash, id);
    bytes_ += sizeof(T) + weigher.bytes + 48;
    return id;
  }
  // About what the values take.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  StableVector<T> values_;
  std::unordered_multimap<std::size_t, std::uint32_t> ids_;
  std::size_t bytes_ = 0;
};

}  // namespace comfytrace::history::columns
