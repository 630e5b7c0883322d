#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "history/columns/interner.h"
#include "history/columns/label_book.h"
#include "history/columns/label_kinds.h"
#include "history/columns/scene_works.h"
#include "history/columns/setting_book.h"
#include "history/columns/shared_facts.h"
#include "history/columns/shared_slot.h"

namespace comfytrace::history::columns {

// All kinds of shared facts of one store.
struct SharedFacts {
  Interner<Outcome> outcomes;
  SettingBook settings;
  LabelBook labels;
  Interner<Work> works;
  Interner<NodeShape> shapes;
  Interner<SceneNames> scene_names;
  // Of the labels.
  LabelKinds stories{story_of};
  LabelKinds tag_lists{[](const LabelView& label) { return label.tags_as_bytes(); }};
  // Of the works.
  SharedSlot<SceneWorks> scene_works;

  [[nodiscard]] std::size_t bytes() const {
    return outcomes.bytes() + settings.bytes() + labels.bytes() + works.bytes() + shapes.bytes() + scene_names.bytes() +
           stories.bytes() + tag_lists.bytes();
  }
};

// What no filter looks at, but for what the classes of node took: other times, the scenes. Numbers of the interners
// stand in it.
//
// Appends to `bytes`. False: something in `facts` does not fit this form; `bytes` is then in part written.
[[nodiscard]] bool pack_details(const RunFacts& facts, SharedFacts& shared, std::string& bytes);

// Fills in what pack_details took; run_id, created_at_ms must be set. False: the bytes are damaged.
[[nodiscard]] bool unpack_details(std::string_view bytes, const SharedFacts& shared, RunFacts& facts);

// The scenes of what pack_details took, one after another, and no more of it than that takes.
class PackedScenes {
 public:
  explicit PackedScenes(std::string_view bytes);
  // Before the first, and before each other. False: there are no more, or the bytes are damaged.
  [[nodiscard]] bool next();
  [[nodiscard]] model::Status status() const { return status_; }
  // The number of its key.
  [[nodiscard]] std::uint32_t work() const { return static_cast<std::uint32_t>(work_); }
  [[nodiscard]] const std::optional<std::int64_t>& duration_ms() const { return duration_ms_; }

 private:
  std::string_view bytes_;
  std::uint64_t left_ = 0;
  std::uint64_t work_ = ~std::uint64_t{0};
  model::Status status_ = model::Status::queued;
  std::optional<std::int64_t> duration_ms_;
};

}  // namespace comfytrace::history::columns
