#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history/columns/shared_facts.h"
#include "history/columns/stable_vector.h"
#include "history/columns/value_bytes.h"

namespace comfytrace::history::columns {

// A Label where it lies in a LabelBook; valid as long as that.
class LabelView {
 public:
  explicit LabelView(std::string_view bytes) {
    ValueReader reader(bytes);
    story_id_ = reader.text();
    story_title_ = reader.text();
    tags_ = reader.rest();
  }
  [[nodiscard]] std::string_view story_id() const { return story_id_; }
  [[nodiscard]] std::string_view story_title() const { return story_title_; }
  [[nodiscard]] bool has_any_of(const std::vector<std::string>& tags) const;
  [[nodiscard]] std::vector<std::string> tags() const;
  // The same for the same tags in the same order.
  [[nodiscard]] std::string_view tags_as_bytes() const { return tags_; }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one, kept another way.
  operator Label() const { return {std::string(story_id_), std::string(story_title_), tags()}; }

 private:
  std::string_view story_id_;
  std::string_view story_title_;
  std::string_view tags_;
};

// What its story is named by: its id, or its title if it has none.
[[nodiscard]] inline std::string_view story_of(const LabelView& label) {
  return label.story_id().empty() ? label.story_title() : label.story_id();
}

// The part of a filter that a label decides alone.
[[nodiscard]] bool meets(const LabelView& label, const RunFilter& filter);

// An Interner of labels. There can be as many as there are stories, so they lie as bytes in blocks, at a seventh of
// what structs of strings take. One thread interns; readers look up numbers that were published to them.
class LabelBook {
 public:
  using Value = Label;
  [[nodiscard]] std::size_t size() const { return labels_.size(); }
  [[nodiscard]] LabelView operator[](std::size_t id) const { return LabelView(bytes_at(labels_[id])); }
  // About what it takes.
  [[nodiscard]] std::size_t bytes() const { return block_bytes_ + labels_.size() * sizeof(char*) + slots_.size() * 4; }

  // The writer alone.
  std::uint32_t id_of(const Label& label);
  // All labels one after another, for load() into an empty book. False: damaged.
  [[nodiscard]] std::string packed() const;
  [[nodiscard]] bool load(std::string_view packed);

 private:
  // `entry` is a size and so many bytes.
  [[nodiscard]] static std::string_view bytes_at(const char* entry) {
    ValueReader size({entry, 10});
    const std::uint64_t bytes = size.number();
    return {size.rest().data(), bytes};
  }
  char* room_for(std::size_t size);
  void index();
  [[nodiscard]] std::uint32_t& slot_of(std::string_view bytes);

  StableVector<const char*> labels_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_bytes_ = 0;
  char* free_ = nullptr;  // in the last block, with so many bytes of room
  std::size_t room_ = 0;
  // Where a label's hash leads to: its number + 1, or 0; else in one of the next. Filled when first needed: a start
  // need not.
  std::vector<std::uint32_t> slots_;
};

}  // namespace comfytrace::history::columns
