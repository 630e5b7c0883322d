#include "history/columns/list_bins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {
namespace {

constexpr std::int64_t kNow = 1'790'000'000'000;

std::vector<std::int64_t> values() {
  std::vector<std::int64_t> all{0, 1, 127, 128, 129, 255, 256, 1'000, 65'535, 65'536, kNow - 1, kNow};
  for (std::int64_t value = 3; value < kNow; value = value * 5 / 4 + 1) all.push_back(value);
  std::sort(all.begin(), all.end());
  return all;
}

TEST(ListBins, FollowEachOtherInTheOrderOfTheList) {
  for (const auto& [sort, ascending] : std::vector<std::pair<RunSort, bool>>{{RunSort::newest, false},
                                                                             {RunSort::oldest, true},
                                                                             {RunSort::longest, false},
                                                                             {RunSort::shortest, true},
                                                                             {RunSort::vram, false}}) {
    const ListBins bins(sort, kNow);
    std::optional<std::size_t> last;
    for (const std::int64_t value : values()) {
      const std::size_t bin = bins.bin_of(value);
      if (last) {
        EXPECT_TRUE(ascending ? bin >= *last : bin <= *last) << value;
      }
      last = bin;
      EXPECT_LT(bin, bins.bin_of(std::nullopt)) << value;
    }
  }
}

TEST(ListBins, KeepExtremesAtTheEnds) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const ListBins newest(RunSort::newest, kNow);
  EXPECT_GE(newest.bin_of(kLeast), newest.bin_of(0));
  EXPECT_EQ(newest.bin_of(kMost), newest.bin_of(kNow));
  const ListBins longest(RunSort::longest, kNow);
  EXPECT_LE(longest.bin_of(kMost), longest.bin_of(kNow));
}

TEST(ListBins, TellWhereThePositionsOfAListLie) {
  ListBins bins(RunSort::shortest, kNow);
  for (const std::int64_t value : {5, 5, 5, 9, 40, 40}) bins.count(value);
  bins.count(std::nullopt);
  const auto middle = bins.stretch(3, 2);
  EXPECT_EQ(middle.before, 3);
  EXPECT_EQ(middle.runs, 3);
  EXPECT_EQ(middle.first, bins.bin_of(9));
  EXPECT_EQ(middle.last, bins.bin_of(40));
  const auto end = bins.stretch(6, 50);
  EXPECT_EQ(end.before, 6);
  EXPECT_EQ(end.runs, 1);
  EXPECT_EQ(end.first, bins.bin_of(std::nullopt));
  EXPECT_EQ(bins.stretch(7, 1).runs, 0);
}

}  // namespace
}  // namespace comfytrace::history::columns
