#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "history/columns/interner.h"
#include "history/columns/label_book.h"
#include "history/columns/label_kinds.h"
#include "history/columns/shared_facts.h"

namespace comfytrace::history::columns {

// All kinds of shared facts of one store.
struct SharedFacts {
  Interner<Outcome> outcomes;
  Interner<Setting> settings;
  LabelBook labels;
  Interner<Work> works;
  Interner<NodeShape> shapes;
  Interner<SceneNames> scene_names;
  // Of the labels.
  LabelKinds stories{story_of};
  LabelKinds tag_lists{[](const LabelView& label) { return label.tags_as_bytes(); }};

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

// Whether `wants` is true of a scene: of its status and the number of its key. Reads no more than it must.
[[nodiscard]] bool has_scene(std::string_view bytes, const SharedFacts& shared,
                             const std::function<bool(model::Status, std::uint32_t work)>& wants);

}  // namespace comfytrace::history::columns
