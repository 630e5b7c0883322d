#include "history/columns/label_groups.h"

#include <utility>

namespace comfytrace::history::columns {

LabelGroups::LabelGroups(GroupBy group_by, const SharedFacts& shared)
    : by_tag_(group_by == GroupBy::tag),
      kinds_((by_tag_ ? shared.tag_lists : shared.stories).view(shared.labels, shared.labels.size())) {
  if (!by_tag_) return;
  const auto kinds = static_cast<std::uint32_t>(kinds_.kinds());
  for (std::uint32_t kind = 0; kind < kinds; ++kind) {
    for (const std::string& tag : group_keys_of({}, {}, shared.labels[kinds_.first(kind)], group_by))
      groups_.push_back(names_.of(tag));
    begin_.push_back(static_cast<std::uint32_t>(groups_.size()));
  }
}

std::map<std::string, std::uint32_t, std::less<>> LabelGroups::number(
    std::map<std::string, std::uint32_t, std::less<>> names) {
  std::size_t left = names.size();
  for (auto& [name, group] : names) group = kNone;
  for (std::uint32_t group = 0; left > 0 && group < of_labels(); ++group) {
    const auto at = names.find(name(group));
    if (at == names.end()) continue;
    at->second = group;
    --left;
  }
  for (auto& [name, group] : names) {
    if (group != kNone) continue;
    group = static_cast<std::uint32_t>(size());
    odd_.push_back(name);
  }
  return names;
}

}  // namespace comfytrace::history::columns
