#include "history/columns/largest_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "history/sample_facts.h"

namespace comfytrace::history::columns {
namespace {

// Names descend, but for every third.
std::vector<std::string> names_of(std::size_t groups) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < groups; ++i)
    names.push_back(i % 3 == 0 ? "a" + std::to_string(i) : "b" + std::to_string(100'000 - i));
  return names;
}

void expect_sorted(const std::vector<std::uint32_t>& runs, std::size_t most) {
  const auto names = names_of(runs.size());
  std::vector<std::uint32_t> wanted;
  for (std::uint32_t group = 0; group < runs.size(); ++group) {
    if (runs[group] > 0) wanted.push_back(group);
  }
  const LargestGroups largest(runs);
  EXPECT_EQ(largest.filled(), wanted.size());
  EXPECT_EQ(largest.runs(), std::accumulate(runs.begin(), runs.end(), std::uint64_t{0}));
  std::ranges::sort(wanted, [&](std::uint32_t a, std::uint32_t b) {
    return runs[a] != runs[b] ? runs[a] > runs[b] : names[a] < names[b];
  });
  wanted.resize(std::min(wanted.size(), most));
  EXPECT_EQ(largest.find(most, [&](std::uint32_t group) { return std::string_view(names[group]); }), wanted)
      << runs.size() << " groups, " << most;
}

TEST(LargestGroups, AreFoundAmongManyThatHaveFewRuns) {
  SampleFacts sample(3);
  for (const std::size_t groups : {0u, 1u, 63u, 64u, 65u, 1'000u, 20'000u}) {
    for (const std::uint32_t values : {1u, 2u, 5u, 300u}) {
      std::vector<std::uint32_t> runs(groups);
      for (std::uint32_t& of : runs) of = static_cast<std::uint32_t>(sample.pick(values));
      if (groups > 500) runs[500] = 2'000'000'000;
      for (const std::size_t most : {0u, 1u, 2u, 64u, 200u, 10'000u}) expect_sorted(runs, most);
    }
  }
}

TEST(LargestGroups, AreFoundWhereAllStandSideBySide) {
  std::vector<std::uint32_t> runs(10'000, 1);
  for (std::size_t i = 640; i < 704; ++i) runs[i] = 7;
  for (const std::size_t most : {1u, 63u, 64u, 65u, 156u, 157u, 10'000u}) expect_sorted(runs, most);
  expect_sorted(std::vector<std::uint32_t>(1'000), 10);
}

}  // namespace
}  // namespace comfytrace::history::columns
