#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace comfytrace::history::columns {

// The groups with the most runs among many, nearly all of which have few.
class LargestGroups {
 public:
  // `runs`: of each group, less than 2^31. They must outlive this.
  explicit LargestGroups(std::span<const std::uint32_t> runs);

  // How many groups have runs.
  [[nodiscard]] std::size_t filled() const { return filled_; }
  // Of all groups together.
  [[nodiscard]] std::uint64_t runs() const { return of_all_; }
  // The largest `most` of the groups that have runs, the largest first, of as many runs by name. Names are looked at
  // only where they decide.
  [[nodiscard]] std::vector<std::uint32_t> find(std::size_t most,
                                                const std::function<std::string_view(std::uint32_t group)>& name) const;

 private:
  static constexpr std::size_t kSpan = 64;  // groups
  [[nodiscard]] std::uint32_t least_of_largest(std::size_t most) const;
  // Calls `each` with every group that has at least so many runs.
  template <class Each>
  void each_from(std::uint32_t least, const Each& each) const;

  const std::span<const std::uint32_t> runs_;
  std::vector<std::uint32_t> most_;  // that a group has, of each span of them
  std::size_t filled_ = 0;
  std::uint64_t of_all_ = 0;
};

}  // namespace comfytrace::history::columns
