#include "history/columns/label_kinds.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace comfytrace::history::columns {
namespace {

Label label(int number) {
  return {"story " + std::to_string(number % 700), "", {"tag " + std::to_string(number)}};
}

void expect_stories(const LabelKinds::View& view, const LabelBook& book) {
  for (std::uint32_t i = 0; i < view.labels(); ++i) {
    ASSERT_LT(view.kind_of(i), view.kinds());
    ASSERT_EQ(view.part(view.kind_of(i)), book[i].story_id()) << i;
    ASSERT_LE(view.first(view.kind_of(i)), i);
  }
}

TEST(LabelKinds, NumberAlikeWhatIsAlikeInThePart) {
  LabelBook book;
  LabelKinds stories(story_of);
  EXPECT_EQ(stories.view(book, 0).kinds(), 0u);
  for (int i = 0; i < 2'000; ++i) (void)book.id_of(label(i));
  const auto some = stories.view(book, 500);
  EXPECT_EQ(some.kinds(), 500u);
  const auto all = stories.view(book, 2'000);
  EXPECT_EQ(all.kinds(), 700u);
  EXPECT_EQ(all.kind_of(1), all.kind_of(701));
  expect_stories(all, book);
  EXPECT_EQ(some.kinds(), 500u) << "what was looked at does not grow";
}

TEST(LabelKinds, AreTheSameForAllWhoAskAtOnce) {
  LabelBook book;
  for (int i = 0; i < 5'000; ++i) (void)book.id_of(label(i));
  LabelKinds stories(story_of);
  std::vector<std::thread> readers;
  for (std::size_t i = 1; i <= 4; ++i)
    readers.emplace_back([&, i] { expect_stories(stories.view(book, i * 1'250), book); });
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(stories.view(book, 5'000).kinds(), 700u);
}

}  // namespace
}  // namespace comfytrace::history::columns
