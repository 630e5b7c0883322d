#include "history/columns/label_book.h"

#include <gtest/gtest.h>

namespace comfytrace::history::columns {
namespace {

Label label(int number) {
  Label label;
  if (number % 3 != 0) label.story_id = "story-" + std::to_string(number);
  if (number % 3 == 0 || number % 5 != 0)
    label.story_title = std::string(static_cast<std::size_t>(number % 400), 'x') + " Ärger " + std::to_string(number);
  for (int i = 0; i < number % 4; ++i) label.tags.push_back("tag " + std::to_string(number * i));
  return label;
}

void expect_labels(LabelBook& book, int count) {
  ASSERT_EQ(book.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(Label(book[static_cast<std::size_t>(i)]), label(i));
    ASSERT_EQ(book.id_of(label(i)), static_cast<std::uint32_t>(i));
  }
  ASSERT_EQ(book.size(), static_cast<std::size_t>(count)) << "what is there is found";
}

TEST(LabelBook, NumbersEachLabelOnce) {
  LabelBook book;
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(book.id_of(label(i)), static_cast<std::uint32_t>(i));
  expect_labels(book, 3'000);
}

TEST(LabelBook, KeepsALabelThatIsLargerThanAnyBlock) {
  LabelBook book;
  const Label large{std::string(1'000'000, 's'), "", {std::string(200'000, 't')}};
  EXPECT_EQ(book.id_of(label(1)), 0u);
  EXPECT_EQ(book.id_of(large), 1u);
  EXPECT_EQ(book.id_of(label(2)), 2u);
  EXPECT_EQ(Label(book[1]), large);
  EXPECT_EQ(Label(book[2]), label(2));
}

TEST(LabelBook, IsReadAsItWasPackedAndGoesOnFromThere) {
  LabelBook book;
  for (int i = 0; i < 1'000; ++i) (void)book.id_of(label(i));
  LabelBook read;
  ASSERT_TRUE(read.load(book.packed()));
  EXPECT_EQ(read.id_of(label(1'000)), 1'000u);
  expect_labels(read, 1'001);
  LabelBook empty;
  EXPECT_TRUE(empty.load(LabelBook().packed()));
  EXPECT_EQ(empty.size(), 0u);
}

TEST(LabelBook, RefusesBytesThatAreCutOrLonger) {
  LabelBook book;
  (void)book.id_of(label(7));
  const std::string packed = book.packed();
  for (std::size_t size = 1; size < packed.size(); ++size)
    EXPECT_FALSE(LabelBook().load(std::string_view(packed).substr(0, size))) << size;
  EXPECT_FALSE(LabelBook().load(packed + '\x05'));
  std::string more_tags = packed;
  more_tags.front() = static_cast<char>(more_tags.front() + 1);
  EXPECT_FALSE(LabelBook().load(more_tags + 'x')) << "bytes behind the last tag";
}

TEST(LabelBook, ALabelMeetsAFilterByItsStoryOrATag) {
  LabelBook book;
  (void)book.id_of({"s1", "Größe und Licht", {"keep", "night"}});
  const auto met = [&](std::optional<std::string> story, std::vector<std::string> tags) {
    RunFilter filter;
    filter.story = std::move(story);
    filter.tags = std::move(tags);
    return meets(book[0], filter);
  };
  EXPECT_TRUE(met("s1", {}));
  EXPECT_TRUE(met("größe UND licht", {}));
  EXPECT_TRUE(met("GRÖßE und licht", {"night"}));
  EXPECT_FALSE(met("S1", {})) << "an id is exact";
  EXPECT_FALSE(met("größe", {}));
  EXPECT_TRUE(met(std::nullopt, {"day", "keep"}));
  EXPECT_FALSE(met(std::nullopt, {"kee"}));
  EXPECT_FALSE(met("s1", {"day"}));
}

}  // namespace
}  // namespace comfytrace::history::columns
