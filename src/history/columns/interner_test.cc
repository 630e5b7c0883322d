#include "history/columns/interner.h"

#include <gtest/gtest.h>

#include "history/columns/shared_facts.h"

namespace comfytrace::history::columns {
namespace {

// Alike for many numbers in most of what it has.
Work work(int number) {
  Work work;
  work.structure = std::string(static_cast<std::size_t>(number % 41), 'g') + std::to_string(number / 7);
  work.models = std::to_string(number % 7);
  work.scene_count = number % 3;
  if (number % 2 == 0) work.work_size = std::int64_t{number} << 32;
  return work;
}

TEST(Interner, NumbersEachValueOnceInWhateverOrderTheyCome) {
  Interner<Work> works;
  std::size_t bytes = 0;
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(works.id_of(work(i)), static_cast<std::uint32_t>(i));
    ASSERT_EQ(works.id_of(work(i)), static_cast<std::uint32_t>(i)) << "the one before";
    ASSERT_EQ(works.id_of(work(i / 2)), static_cast<std::uint32_t>(i / 2)) << "one of long ago";
    ASSERT_GT(works.bytes(), bytes);
    bytes = works.bytes();
  }
  ASSERT_EQ(works.size(), 5'000u);
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(works[static_cast<std::size_t>(i)], work(i));
}

TEST(Weigher, TellsApartTextsThatDifferInOneLetter) {
  const auto hash_of = [](const std::string& text) {
    Weigher weigher;
    weigher.add(text);
    return weigher.hash;
  };
  for (std::size_t size = 1; size < 40; ++size) {
    const std::string text(size, 'a');
    EXPECT_NE(hash_of(text), hash_of(text + 'a'));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = 'b';
      EXPECT_NE(hash_of(text), hash_of(other)) << size << ", " << at;
    }
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
