#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/columns/stable_vector.h"
#include "history/text_pieces.h"

namespace comfytrace::history::columns {

// A hash over the described members of a struct, and about what they take beside it.
struct Weigher {
  std::size_t hash = 0;
  std::size_t bytes = 0;

  void mix(std::size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29); }
  void add(const std::string& text) {
    mix(text.size());
    each_piece(text, [&](std::uint64_t piece) { mix(piece); });
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
    // Mostly that of the value before, which is told sooner than a hash is made.
    if (last_ < values_.size() && value == values_[last_]) return last_;
    return last_ = found_or_put(value);
  }
  // About what it takes.
  [[nodiscard]] std::size_t bytes() const { return bytes_ + slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t tag = 0;     // of the hash
    std::uint32_t number = 0;  // of the value, plus one; 0: free
  };
  static constexpr std::size_t kLeastSlots = 16;

  template <class Like>
  std::uint32_t found_or_put(const Like& value) {
    Weigher weigher;
    weigher.add_as<T>(value);
    // At most half of them are taken.
    if (slots_.size() < 2 * (values_.size() + 1)) widen();
    const auto tag = static_cast<std::uint32_t>(weigher.hash >> 32);  // where it is mixed best
    std::size_t at = place_of(tag);
    for (; slots_[at].number != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag == tag && value == values_[slots_[at].number - 1]) return slots_[at].number - 1;
    }
    values_.push_back(T{value});
    slots_[at] = {tag, static_cast<std::uint32_t>(values_.size())};
    bytes_ += sizeof(T) + weigher.bytes;
    return slots_[at].number - 1;
  }
  [[nodiscard]] std::size_t place_of(std::uint32_t tag) const { return tag & (slots_.size() - 1); }
  void widen() {
    const std::vector<Slot> taken = std::exchange(slots_, std::vector<Slot>(std::max(kLeastSlots, 2 * slots_.size())));
    for (const Slot& slot : taken) {
      if (slot.number == 0) continue;
      std::size_t at = place_of(slot.tag);
      while (slots_[at].number != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  StableVector<T> values_;
  std::vector<Slot> slots_;  // a power of two; where the tag leads to, or one of the next
  std::size_t bytes_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace comfytrace::history::columns
