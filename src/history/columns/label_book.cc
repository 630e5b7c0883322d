#include "history/columns/label_book.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include "history/words.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kBlockBytes = 1u << 16;
constexpr std::size_t kLeastSlots = 64;

}  // namespace

bool LabelView::has_any_of(const std::vector<std::string>& tags) const {
  ValueReader reader(tags_);
  for (std::uint64_t count = reader.count(); count > 0; --count) {
    if (std::ranges::find(tags, reader.text()) != tags.end()) return true;
  }
  return false;
}

std::vector<std::string> LabelView::tags() const {
  std::vector<std::string> tags;
  ValueReader(tags_).take(tags);
  return tags;
}

bool meets(const LabelView& label, const RunFilter& filter) {
  if (!filter.tags.empty() && !label.has_any_of(filter.tags)) return false;
  if (!filter.story || (!label.story_id().empty() && label.story_id() == *filter.story)) return true;
  return !label.story_title().empty() && same_folded(label.story_title(), *filter.story);
}

char* LabelBook::room_for(std::size_t size) {
  if (size > room_) {
    const std::size_t block = std::max(size, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    block_bytes_ += block;
    room_ = block;
    free_ = blocks_.back().get();
  }
  room_ -= size;
  return std::exchange(free_, free_ + size);
}

void LabelBook::index() {
  // Between a quarter and half of them are taken.
  slots_.assign(std::max(kLeastSlots, std::bit_ceil(2 * (labels_.size() + 1))), 0);
  for (std::size_t id = 0; id < labels_.size(); ++id)
    slot_of(bytes_at(labels_[id])) = static_cast<std::uint32_t>(id) + 1;
}

// Where it stands, or the free slot where it would.
std::uint32_t& LabelBook::slot_of(std::string_view bytes) {
  for (std::size_t at = std::hash<std::string_view>()(bytes);; ++at) {
    std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot == 0 || bytes_at(labels_[slot - 1]) == bytes) return slot;
  }
}

std::uint32_t LabelBook::id_of(const Label& label) {
  if (slots_.size() < 2 * (labels_.size() + 1)) index();
  std::string bytes;
  put_value(bytes, label);
  std::uint32_t& slot = slot_of(bytes);
  if (slot != 0) return slot - 1;
  std::string entry;
  put_value(entry, bytes);
  char* at = room_for(entry.size());
  std::memcpy(at, entry.data(), entry.size());
  labels_.push_back(at);
  slot = static_cast<std::uint32_t>(labels_.size());
  return slot - 1;
}

std::string LabelBook::packed() const {
  std::string packed;
  for (std::size_t id = 0; id < labels_.size(); ++id) put_value(packed, bytes_at(labels_[id]));
  return packed;
}

bool LabelBook::load(std::string_view packed) {
  if (packed.empty()) return true;
  char* at = room_for(packed.size());
  std::memcpy(at, packed.data(), packed.size());
  ValueReader all({at, packed.size()});
  while (!all.rest().empty()) {
    const char* entry = all.rest().data();
    ValueReader label(all.text());
    (void)label.text();
    (void)label.text();
    for (std::uint64_t tags = label.count(); tags > 0; --tags) (void)label.text();
    if (!label.good() || !label.rest().empty()) return false;
    labels_.push_back(entry);
  }
  return all.good();
}

}  // namespace comfytrace::history::columns
