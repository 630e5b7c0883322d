#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/columns/column_store.h"
#include "history/run_questions.h"

namespace comfytrace::history::columns {

// The groups of one question, numbered as they are met.
class GroupNames {
 public:
  std::uint32_t of(const std::string& key) {
    const auto [at, is_new] = numbers_.try_emplace(key, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(key);
    return at->second;
  }
  // Absent: it was not met.
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& key) const {
    const auto at = numbers_.find(key);
    return at == numbers_.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

// Which groups a run counts in, by the number of one of its shared facts.
class GroupKeys {
 public:
  // Not for groups of time and not for node classes.
  GroupKeys(GroupBy group_by, const SharedFacts& shared, GroupNames& names);

  // The column whose numbers decide.
  [[nodiscard]] const LocalColumn& column(const Chunk& chunk) const;
  // None of a label that came later than this.
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t id) const {
    if (kinds_) {
      if (id >= kinds_->labels()) return {};
      id = kinds_->kind_of(id);
    }
    return std::span(groups_).subspan(begin_[id], begin_[id + 1] - begin_[id]);
  }
  // By label: the labels by what they are grouped by; else absent. By story each kind is the group of its number, and
  // is not among the names.
  [[nodiscard]] const std::optional<LabelKinds::View>& kinds() const { return kinds_; }
  // Of what has this setting and this outcome. Not for groups by label.
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t setting, std::uint32_t outcome) const {
    return of(source_ == Source::outcome ? outcome : setting);
  }
  static constexpr std::uint32_t kUntold = ~0u;
  // Gives each group the number that stands at its own; leaves out what has kUntold there.
  void renumber(const std::vector<std::uint32_t>& numbers);
  // Takes one group out of all, and remembers who was in it.
  void set_apart(std::uint32_t group);
  [[nodiscard]] bool is_apart(std::uint32_t id) const {
    if (apart_.empty() || (kinds_ && id >= kinds_->labels())) return false;
    return apart_[kinds_ ? kinds_->kind_of(id) : id] != 0;
  }
  // A run is in exactly one group.
  [[nodiscard]] bool is_partition() const { return is_partition_; }

 private:
  enum class Source { outcome, setting, label };
  Source source_;
  std::optional<LabelKinds::View> kinds_;
  bool is_partition_ = true;
  std::vector<std::uint32_t> begin_{0};
  std::vector<std::uint32_t> groups_;
  std::vector<std::uint8_t> apart_;
};

// The groups of one run, for what is not in columns.
[[nodiscard]] std::vector<std::string> group_keys_of(const Outcome& outcome, const Setting& setting, const Label& label,
                                                     GroupBy group_by);

}  // namespace comfytrace::history::columns
