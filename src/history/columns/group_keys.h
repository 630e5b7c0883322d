#pragma once

#include <cstdint>
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
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

// Which groups a run counts in, by the number of one of its shared facts.
class GroupKeys {
 public:
  // Not for groups of time, not by story or tag, and not for node classes.
  GroupKeys(GroupBy group_by, const SharedFacts& shared, GroupNames& names);

  // The column whose numbers decide.
  [[nodiscard]] const LocalColumn& column(const Chunk& chunk) const;
  // None of what came later than this.
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t id) const {
    if (id + 1 >= begin_.size()) return {};
    return std::span(groups_).subspan(begin_[id], begin_[id + 1] - begin_[id]);
  }
  // Of what has this setting and this outcome.
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t setting, std::uint32_t outcome) const {
    return of(by_outcome_ ? outcome : setting);
  }
  // A run is in exactly one group.
  [[nodiscard]] bool is_partition() const { return is_partition_; }

 private:
  const bool by_outcome_;
  const bool is_partition_;
  std::vector<std::uint32_t> begin_{0};
  std::vector<std::uint32_t> groups_;
};

// The groups of one run, for what is not in columns.
[[nodiscard]] std::vector<std::string> group_keys_of(const Outcome& outcome, const Setting& setting, const Label& label,
                                                     GroupBy group_by);

}  // namespace comfytrace::history::columns
