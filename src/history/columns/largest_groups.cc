#include "history/columns/largest_groups.h"

#include <algorithm>
#include <tuple>
#include <type_traits>

namespace comfytrace::history::columns {
namespace {

struct Named {
  std::uint32_t runs;
  std::string_view name;
  std::uint32_t group;

  bool operator<(const Named& other) const {
    return std::tie(other.runs, name, group) < std::tie(runs, other.name, other.group);
  }
};

}  // namespace

LargestGroups::LargestGroups(std::span<const std::uint32_t> runs) : runs_(runs) {
  most_.reserve(runs.size() / kSpan + 1);
  const auto take = [this](const std::uint32_t* of, auto count) {
    std::int32_t most = 0;  // compilers know how to find the largest of these many at once
    std::uint32_t filled = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      most = std::max(most, static_cast<std::int32_t>(of[i]));
      filled += of[i] != 0;
      sum += of[i];
    }
    most_.push_back(static_cast<std::uint32_t>(most));
    filled_ += filled;
    of_all_ += sum;
  };
  const std::size_t whole = runs.size() / kSpan * kSpan;
  for (std::size_t i = 0; i < whole; i += kSpan) take(runs.data() + i, std::integral_constant<std::size_t, kSpan>());
  if (whole < runs.size()) take(runs.data() + whole, runs.size() - whole);
}

template <class Each>
void LargestGroups::each_from(std::uint32_t least, const Each& each) const {
  for (std::size_t span = 0; span < most_.size(); ++span) {
    if (most_[span] < least) continue;
    const std::size_t end = std::min((span + 1) * kSpan, runs_.size());
    for (std::size_t group = span * kSpan; group < end; ++group) {
      if (runs_[group] >= least) each(static_cast<std::uint32_t>(group));
    }
  }
}

// Of so many that have runs, of which there are more.
std::uint32_t LargestGroups::least_of_largest(std::size_t most) const {
  const auto nth_largest = [most](std::vector<std::uint32_t>& runs) {
    const auto at = runs.begin() + static_cast<std::ptrdiff_t>(most) - 1;
    std::ranges::nth_element(runs, at, std::greater());
    return *at;
  };
  // Each of so many spans has a group that is as large as this.
  std::uint32_t bound = 1;
  if (most_.size() >= most) {
    auto spans = most_;
    bound = std::max(bound, nth_largest(spans));
  }
  std::vector<std::uint32_t> large;
  each_from(bound, [&](std::uint32_t group) { large.push_back(runs_[group]); });
  return nth_largest(large);
}

std::vector<std::uint32_t> LargestGroups::find(std::size_t most,
                                               const std::function<std::string_view(std::uint32_t group)>& name) const {
  if (most == 0) return {};
  const bool are_more = filled_ > most;
  const std::uint32_t least = are_more ? least_of_largest(most) : 1;
  std::vector<Named> told;
  each_from(least, [&](std::uint32_t group) { told.push_back({runs_[group], name(group), group}); });
  most = std::min(most, told.size());
  if (told.size() > most) {
    // Only among the last of these are names that decide who is told.
    const auto equal = std::partition(told.begin(), told.end(), [&](const Named& group) { return group.runs > least; });
    const auto at = told.begin() + static_cast<std::ptrdiff_t>(most);
    if (at != told.end()) std::nth_element(equal, at, told.end());
    told.resize(most);
  }
  std::ranges::sort(told, [](const Named& a, const Named& b) { return a < b; });
  std::vector<std::uint32_t> groups;
  groups.reserve(told.size());
  for (const Named& group : told) groups.push_back(group.group);
  return groups;
}

}  // namespace comfytrace::history::columns
