#include "history/columns/nth_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

namespace comfytrace::history::columns {
namespace {

// Every place alone, and some at once.
void expect_found(const std::vector<std::int64_t>& values) {
  std::vector<std::int64_t> sorted = values;
  std::ranges::sort(sorted);
  const auto size = static_cast<std::int64_t>(values.size());
  const auto expect = [&](const std::vector<std::int64_t>& places) {
    std::vector<std::int64_t> found = values;
    put_nth_values(found, places);
    for (const std::int64_t place : places) {
      const auto at = static_cast<std::size_t>(place);
      ASSERT_EQ(found[at], sorted[at]) << "of " << size << ", place " << place;
    }
    std::ranges::sort(found);
    ASSERT_EQ(found, sorted);
  };
  for (std::int64_t place = 0; place < size; place += std::max<std::int64_t>(size / 97, 1)) expect({place});
  expect({});
  if (size > 0) expect({size / 2, std::min(size / 2 + 1, size - 1), size * 9 / 10, size - 1, size - 1});
}

std::vector<std::int64_t> made(std::size_t count, const std::function<std::int64_t(std::size_t)>& of) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(of(i));
  return values;
}

TEST(NthValues, AreThoseOfTheSortedOrder) {
  std::mt19937_64 random(3);
  for (const std::size_t count : {0, 1, 2, 19, 20, 21, 40, 256, 257, 4'000}) {
    expect_found(made(count, [&](std::size_t) { return static_cast<std::int64_t>(random()); }));
    expect_found(made(count, [&](std::size_t) { return static_cast<std::int64_t>(random() % 5); }));
  }
}

TEST(NthValues, AreFoundWhateverTheOrderWas) {
  for (const std::size_t count : {64, 300, 5'000}) {
    expect_found(made(count, [](std::size_t i) { return static_cast<std::int64_t>(i); }));
    expect_found(made(count, [](std::size_t i) { return -static_cast<std::int64_t>(i); }));
    expect_found(made(count, [](std::size_t) { return 7; }));
    expect_found(made(count, [](std::size_t i) { return i % 8 == 0 ? -1 : static_cast<std::int64_t>(i); }));
    expect_found(made(count, [&](std::size_t i) { return static_cast<std::int64_t>(std::min(i, count - i)); }));
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
