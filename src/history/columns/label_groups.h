#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/columns/group_keys.h"

namespace comfytrace::history::columns {

// The groups that labels are in, by story or by tag. Those that are alike in that are one kind, and have the same
// groups; by story each kind is the group of its number.
class LabelGroups {
 public:
  LabelGroups(GroupBy group_by, const SharedFacts& shared);

  static constexpr std::uint32_t kNone = ~0u;
  // kNone: the label came later than this.
  [[nodiscard]] std::uint32_t kind_of(std::uint32_t label) const {
    return label < kinds_.labels() ? kinds_.kind_of(label) : kNone;
  }
  template <class Each>
  void each_of(std::uint32_t kind, Each&& each) const {
    if (kind == kNone) return;
    if (!by_tag_) return each(kind);
    for (std::uint32_t i = begin_[kind]; i < begin_[kind + 1]; ++i) each(groups_[i]);
  }
  // Whether each kind is one group, that of its number.
  [[nodiscard]] bool are_kinds() const { return !by_tag_; }
  [[nodiscard]] std::size_t kinds() const { return kinds_.kinds(); }
  [[nodiscard]] std::size_t size() const { return of_labels() + odd_.size(); }
  [[nodiscard]] std::string_view name(std::uint32_t group) const {
    if (group >= of_labels()) return odd_[group - of_labels()];
    return by_tag_ ? std::string_view(names_.names()[group]) : kinds_.part(group);
  }

  // Gives numbers to groups that odd runs are in, which have no label: those of each name. Called once.
  [[nodiscard]] std::map<std::string, std::uint32_t, std::less<>> number(
      std::map<std::string, std::uint32_t, std::less<>> names);

 private:
  [[nodiscard]] std::size_t of_labels() const { return by_tag_ ? names_.names().size() : kinds_.kinds(); }

  const bool by_tag_;
  const LabelKinds::View kinds_;
  GroupNames names_;              // of tags
  std::vector<std::string> odd_;  // of odd runs alone
  std::vector<std::uint32_t> begin_{0};
  std::vector<std::uint32_t> groups_;
};

}  // namespace comfytrace::history::columns
