#include "api/run_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/memory/memory_history.h"

namespace comfytrace::api {
namespace {

using history::KeyValue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kNowMs = 1'763'805'600'000;
constexpr std::int64_t kDayMs = 86'400'000;

base::Result<RunQuery> parse(std::vector<KeyValue> pairs) {
  return parse_run_query(pairs);
}

TEST(RunQuery, WithoutParametersTakesTheFirstFiftyOfAllNewestFirst) {
  const auto query = parse({});
  EXPECT_EQ(query->limit, 50);
  EXPECT_EQ(query->sort, history::RunSort::newest);
  EXPECT_TRUE(query->cursor.empty());
  EXPECT_TRUE(query->filter.empty());
}

TEST(RunQuery, TakesWhatBelongsToAListFromTheFilter) {
  const auto query = parse({{"status", "failed"}, {"limit", "1000"}, {"sort", "longest"}, {"preset", "mine"}});
  ASSERT_TRUE(query) << query.error().sentence();
  EXPECT_EQ(query->limit, 1000);
  EXPECT_EQ(query->sort, history::RunSort::longest);
  EXPECT_EQ(query->filter.preset, "mine");
  EXPECT_THAT(query->filter.pairs, ElementsAre(KeyValue("status", "failed")));
  EXPECT_EQ(query->filter.to_query_string(), "status=failed&preset=mine");
}

TEST(RunQuery, FollowsTheOrderOfTheCursorUnlessToldOtherwise) {
  EXPECT_EQ(parse({{"cursor", "shortest.none.5"}})->sort, history::RunSort::shortest);
  EXPECT_EQ(parse({{"cursor", "12.5"}})->sort, history::RunSort::newest);
  EXPECT_EQ(parse({{"cursor", "nonsense"}})->sort, history::RunSort::newest);
  EXPECT_EQ(parse({{"cursor", "shortest.none.5"}, {"sort", "vram"}})->sort, history::RunSort::vram);
}

TEST(RunQuery, NamesTheFieldAndTheMendOfWhatIsWrong) {
  for (const auto& [key, value] : std::vector<KeyValue>{{"status", "sucess"},
                                                        {"limit", "0"},
                                                        {"limit", "1001"},
                                                        {"limit", "ten"},
                                                        {"limit", "5x"},
                                                        {"sort", "upwards"},
                                                        {"sort", ""},
                                                        {"cursor", std::string(500, '1')},
                                                        {"colour", "red"}}) {
    const auto query = parse({{key, value}});
    ASSERT_FALSE(query) << key << "=" << value;
    EXPECT_EQ(query.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(query.error().field, key);
    EXPECT_FALSE(query.error().mend.empty());
  }
  EXPECT_THAT(parse({{"colour", "red"}}).error().mend, HasSubstr("archived, preset, sort, limit, cursor, offset"));
  EXPECT_EQ(parse({{"offset", "1.5"}}).error().field, "offset");
  EXPECT_EQ(parse({{"offset", "500000"}})->cursor, "+500000");
  const auto further = parse({{"cursor", "shortest.none.5"}, {"offset", "3"}});
  EXPECT_EQ(further->cursor, "shortest.none.5+3");
  EXPECT_EQ(further->sort, history::RunSort::shortest);
  EXPECT_EQ(parse({{"limit", "1"}, {"limit", "2"}}).error().field, "limit");
  EXPECT_EQ(parse({{"preset", "a"}, {"preset", "b"}}).error().field, "preset");
  EXPECT_EQ(parse({{"preset", ""}}).error().field, "preset");
  EXPECT_EQ(parse({{"preset", std::string(101, 'a')}}).error().field, "preset");
}

class ResolveFilter : public ::testing::Test {
 protected:
  base::Result<history::RunFilter> resolve(std::vector<KeyValue> pairs) const {
    return resolve_filter(parse_filter_request(pairs).value(), history_, watched_, kNowMs);
  }
  history::MemoryHistory history_;
  std::vector<model::Worker> watched_;
};

TEST_F(ResolveFilter, TakesFromThePresetWhatIsNotGiven) {
  ASSERT_TRUE(history_.save_preset({"slow", "from=-7d&status=success&durationMinMs=60000", 1}));
  const auto filter = resolve({{"preset", "slow"}, {"status", "failed"}});
  ASSERT_TRUE(filter) << filter.error().sentence();
  EXPECT_EQ(filter->from_ms, kNowMs - 7 * kDayMs);
  EXPECT_THAT(filter->statuses, ElementsAre(model::Status::failed));
  EXPECT_EQ(filter->duration_min_ms, 60'000);
  const auto impossible = resolve({{"preset", "slow"}, {"durationMaxMs", "5s"}});
  ASSERT_FALSE(impossible);
  EXPECT_EQ(impossible.error().field, "durationMinMs");
}

TEST_F(ResolveFilter, SaysThatThereIsNoSuchPreset) {
  const auto unknown = resolve({{"preset", "nobody's"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::ErrorCode::invalid);
  EXPECT_EQ(unknown.error().field, "preset");
  EXPECT_THAT(unknown.error().mend, HasSubstr("filter-presets"));
}

TEST_F(ResolveFilter, KnowsTheWorkersOfTheHistoryAndThoseThatAreWatched) {
  model::Worker kept;
  kept.worker_id = "id-1";
  kept.name = "gpu box";
  ASSERT_TRUE(history_.save_worker(kept));
  watched_.emplace_back();
  watched_.back().worker_id = "id-2";
  watched_.back().name = "new box";
  EXPECT_THAT(resolve({{"worker", "gpu box,new box,nobody"}})->worker_ids, ElementsAre("id-1", "id-2", "nobody"));
}

TEST(PresetQuery, IsKeptCanonicalAndBounded) {
  EXPECT_EQ(*canonical_preset_query("?text=a+b&from=-1w"), "from=-7d&text=a%20b");
  EXPECT_EQ(*canonical_preset_query(""), "");
  EXPECT_EQ(canonical_preset_query("preset=other").error().field, "preset");
  std::string long_text;
  for (int i = 0; i < 4000; ++i) long_text += "%25";
  EXPECT_EQ(canonical_preset_query("text=" + long_text).error().code, base::ErrorCode::too_large);
}

}  // namespace
}  // namespace comfytrace::api
