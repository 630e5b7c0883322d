#include "history/columns/label_kinds.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kLeastSlots = 64;
// Of eight slots so many may be taken: there are as many parts as stories, and each is looked for once.
constexpr std::size_t kMostTaken = 7;

// Of a slot: the number + 1, and above it some bits of the part's hash. Where these differ the part, which lies in
// another place of memory, need not be looked at.
constexpr std::uint32_t kNumber = (1u << 27) - 1;

std::uint32_t mark_of(std::string_view part) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(part) >> 32) & ~kNumber;
}

}  // namespace

// Where it stands, or the free slot where it would.
std::uint32_t& LabelKinds::slot_of(const LabelBook& book, std::string_view part) const {
  const std::uint32_t mark = mark_of(part);
  for (std::size_t at = std::hash<std::string_view>()(part);; ++at) {
    std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot == 0) return slot;
    if ((slot & ~kNumber) == mark && part_(book[first_[(slot & kNumber) - 1]]) == part) return slot;
  }
}

void LabelKinds::index(const LabelBook& book) const {
  slots_.assign(std::max(kLeastSlots, std::bit_ceil(8 * (first_.size() + 1) / kMostTaken + 1)), 0);
  for (std::size_t kind = 0; kind < first_.size(); ++kind) {
    const std::string_view part = part_(book[first_[kind]]);
    slot_of(book, part) = mark_of(part) | (static_cast<std::uint32_t>(kind) + 1);
  }
}

LabelKinds::View LabelKinds::view(const LabelBook& book, std::size_t labels) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t label = kind_of_.size(); label < labels; ++label) {
    if (kMostTaken * slots_.size() < 8 * (first_.size() + 1)) index(book);
    const std::string_view part = part_(book[label]);
    std::uint32_t& slot = slot_of(book, part);
    if (slot == 0) {
      first_.push_back(static_cast<std::uint32_t>(label));
      slot = mark_of(part) | static_cast<std::uint32_t>(first_.size());
    }
    kind_of_.push_back((slot & kNumber) - 1);
  }
  return {this, &book, labels, first_.size()};
}

}  // namespace comfytrace::history::columns
