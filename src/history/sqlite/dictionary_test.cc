#include "history/sqlite/dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history::sqlite {
namespace {

TEST(RecentTexts, TellTextsOfOneSlotApart) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5'000; ++i)
    texts.push_back("a wide shot of place " + std::to_string(i) + ", cinematic, film grain");
  RecentTexts recent;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(recent.find(texts[i]), std::nullopt);
    recent.put(texts[i], static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(recent.find(texts[i]), static_cast<std::int64_t>(i) + 1);
  }
  int found = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto id = recent.find(texts[i]);
    EXPECT_TRUE(!id || *id == static_cast<std::int64_t>(i) + 1) << i;
    found += id.has_value();
  }
  EXPECT_LT(found, 1'000) << "there are fewer slots than texts: this test tests what it says";
  EXPECT_GT(found, 400) << "texts of one form are spread over the slots";
  recent.forget();
  EXPECT_EQ(recent.find(texts.back()), std::nullopt);
}

TEST(RecentTexts, TellTheEmptyTextFromNone) {
  RecentTexts recent;
  recent.put("something", 1);
  EXPECT_EQ(recent.find(""), std::nullopt);
  recent.put("", 2);
  EXPECT_EQ(recent.find(""), 2);
  EXPECT_EQ(recent.find(std::string_view("\0", 1)), std::nullopt);
}

class DictionaryFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(SqliteHistory::open(path_));
    connection_ = std::make_unique<Connection>(path_, Connection::Mode::write, std::int64_t{1} << 20);
  }
  TestFolder folder_;
  std::filesystem::path path_ = folder_.path() / "history.db";
  std::unique_ptr<Connection> connection_;
};

TEST_F(DictionaryFile, NamesOfOneSlotHaveTheirOwnNumbers) {
  Dictionary texts(*connection_);
  std::map<std::string, std::int64_t> names;
  std::map<std::string, std::int64_t> prompts;
  for (int round = 0; round < 3; ++round) {
    for (int i = 100; i < 200; ++i) {
      const std::string text = "beginning " + std::to_string(i) + " and its end";
      const std::int64_t name = names.emplace(text, texts.name_id(text)).first->second;
      const std::int64_t prompt = prompts.emplace(text, texts.prompt_id(text)).first->second;
      ASSERT_EQ(texts.name_id(text), name);
      ASSERT_EQ(texts.prompt_id(text), prompt);
      ASSERT_EQ(texts.name(name), text);
      ASSERT_EQ(texts.prompt(prompt), text);
    }
  }
}

// So many that what is kept in memory is dropped now and then.
TEST_F(DictionaryFile, AnyTextKeepsItsNumberWhenTheMemoryIsFull) {
  Dictionary texts(*connection_);
  RandomRuns random(4);
  std::map<std::string, std::int64_t> names;
  std::map<std::string, std::int64_t> prompts;
  const Transaction unkept(*connection_, Transaction::Kind::write);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t number = random.chance(50) ? random.pick(20) : random.pick(4'000);
    const std::string text = std::to_string(number) + std::string(static_cast<std::size_t>(number % 400), 'x');
    const std::int64_t name = texts.name_id(text);
    ASSERT_EQ(names.emplace(text, name).first->second, name) << text;
    const std::int64_t prompt = texts.prompt_id(text);
    ASSERT_EQ(prompts.emplace(text, prompt).first->second, prompt) << text;
    if (random.chance(10)) {
      ASSERT_EQ(texts.name(name), text);
    }
  }
}

TEST_F(DictionaryFile, NumbersOfATransactionThatFailedAreForgotten) {
  Dictionary texts(*connection_);
  {
    const Transaction rolled_back(*connection_, Transaction::Kind::write);
    for (int i = 0; i < 3; ++i) {
      (void)texts.name_id("a name that goes");
      (void)texts.prompt_id("a prompt that goes");
    }
  }
  texts.forget();
  const std::int64_t name = texts.name_id("another name");
  const std::int64_t prompt = texts.prompt_id("another prompt");
  EXPECT_NE(texts.name_id("a name that goes"), name);
  EXPECT_NE(texts.prompt_id("a prompt that goes"), prompt);
  EXPECT_EQ(texts.name(name), "another name");
  EXPECT_EQ(texts.prompt(prompt), "another prompt");
}

model::Run run_with_prompt(std::uint64_t number, const std::string& prompt) {
  model::Run run = typical_run(number);
  for (auto& scene : run.scenes) scene.parameters.positive_prompt = scene.parameters.negative_prompt = prompt;
  return run;
}

// Its number is free then, and the next prompt gets it.
TEST_F(DictionaryFile, APromptThatWentWithItsLastRunGetsANumberOfItsOwnAgain) {
  const std::string first = "a castle in the rain, seen from the river " + std::string(60, '1');
  const std::string second = "a castle in the rain, seen from the river " + std::string(60, '2');
  connection_.reset();
  const auto history = std::move(*SqliteHistory::open(path_));
  const auto save = [&](const model::Run& run) { ASSERT_TRUE(history->save(std::span(&run, 1))); };
  for (std::uint64_t i = 0; i < 30; i += 3) {
    save(run_with_prompt(i, first));
    if (i % 2 == 0) {
      ASSERT_TRUE(*history->remove(run_with_prompt(i, first).run_id));
    } else {
      ASSERT_TRUE(history->prune({.keep_newest = 0}, {}));
    }
    for (const model::Run& run : {run_with_prompt(i + 1, second), run_with_prompt(i + 2, first)}) {
      save(run);
      ASSERT_EQ(*history->get(run.run_id), run);
    }
    ASSERT_TRUE(history->prune({.keep_newest = 0}, {}));
  }
}

}  // namespace
}  // namespace comfytrace::history::sqlite
