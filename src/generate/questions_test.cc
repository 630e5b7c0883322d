#include "generate/questions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "generate/facts_table.h"
#include "generate/generator.h"
#include "history/run_rules.h"

namespace comfytrace::generate {
namespace {

TEST(Questions, AreTheSameForTheSameOptions) {
  const Options options{.runs = 300};
  EXPECT_EQ(base::encode_json(questions(options)), base::encode_json(questions(options)));
  Options other = options;
  other.seed = 2;
  EXPECT_NE(base::encode_json(questions(options)), base::encode_json(questions(other)));
}

TEST(Questions, AreOfEveryKind) {
  std::map<std::string, int> names;
  for (const Question& question : questions({.runs = 300}, 4)) ++names[question.name];
  EXPECT_EQ(names, (std::map<std::string, int>{
                       {"Q1", 4}, {"Q2", 4}, {"Q3", 4}, {"Q4", 4}, {"Q5", 4}, {"Q6", 4}, {"Q8", 4}, {"QA", 12}}));
}

TEST(Questions, AboutLikeRunsAreAboutRunsThatExist) {
  const Options options{.runs = 3000};
  std::set<std::string> keys;
  for (const auto& run : facts(options).runs) {
    if (!like_text(run.key).empty()) keys.insert(like_text(run.key));
  }
  for (const Question& question : questions(options)) {
    EXPECT_EQ(keys.contains(question.like_key), question.kind == QuestionKind::like);
  }
}

TEST(RandomFilter, MeetsNoneSomeAndManyRuns) {
  const Options options{.runs = 500};
  const auto runs = history_of(options).runs;
  const FilterValues values = filter_values_of(options);
  Random random(1, "filters");
  int none = 0;
  int some = 0;
  int many = 0;
  for (int i = 0; i < 200; ++i) {
    const history::RunFilter filter = random_filter(random, values);
    EXPECT_NE(filter, history::RunFilter{});
    const auto met = std::ranges::count_if(runs, [&](const auto& run) { return history::matches(filter, run); });
    ++(met == 0 ? none : met < 250 ? some : many);
  }
  EXPECT_GT(none, 0);
  EXPECT_GT(some, 20);
  EXPECT_GT(many, 0);
}

TEST(FactsTable, HasAsManyFieldsInEveryRowAsInItsHeader) {
  const auto fields = [](const std::string& line) { return std::ranges::count(line, ','); };
  const std::string header = facts_table_header();
  for (const auto& run : facts({.runs = 200}).runs) {
    std::string row;
    append_facts_row(row, run);
    EXPECT_EQ(fields(row), fields(header)) << row;
    EXPECT_TRUE(row.starts_with(run.run_id + "," + std::to_string(run.created_at_ms)));
    EXPECT_EQ(row.back(), '\n');
  }
}

TEST(FactsTable, QuotesWhatWouldBreakTheTable) {
  history::RunFacts facts;
  facts.workflow_name = "a \"b\", c";
  std::string row;
  append_facts_row(row, facts);
  EXPECT_NE(row.find(",\"a \"\"b\"\", c\","), std::string::npos);
}

}  // namespace
}  // namespace comfytrace::generate
