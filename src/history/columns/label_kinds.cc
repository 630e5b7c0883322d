#include "history/columns/label_kinds.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kLeastSlots = 64;
// Of eight slots so many may be taken: there are as many parts as stories, and each is looked for once.
constexpr std::size_t kMostTaken = 7;

}  // namespace

// Where it stands, or the free slot where it would.
std::uint32_t& LabelKinds::slot_of(const LabelBook& book, std::string_view part) const {
  for (std::size_t at = std::hash<std::string_view>()(part);; ++at) {
    std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot == 0 || part_(book[first_[slot - 1]]) == part) return slot;
  }
}

void LabelKinds::index(const LabelBook& book) const {
  slots_.assign(std::max(kLeastSlots, std::bit_ceil(8 * (first_.size() + 1) / kMostTaken + 1)), 0);
  for (std::size_t kind = 0; kind < first_.size(); ++kind)
    slot_of(book, part_(book[first_[kind]])) = static_cast<std::uint32_t>(kind) + 1;
}

LabelKinds::View LabelKinds::view(const LabelBook& book, std::size_t labels) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t label = kind_of_.size(); label < labels; ++label) {
    if (kMostTaken * slots_.size() < 8 * (first_.size() + 1)) index(book);
    std::uint32_t& slot = slot_of(book, part_(book[label]));
    if (slot == 0) {
      first_.push_back(static_cast<std::uint32_t>(label));
      slot = static_cast<std::uint32_t>(first_.size());
    }
    kind_of_.push_back(slot - 1);
  }
  return {this, &book, labels, first_.size()};
}

}  // namespace comfytrace::history::columns
