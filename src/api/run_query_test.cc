#include "api/run_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kNowMs = 1'763'805'600'000;  // 2025-11-22T10:00:00Z
constexpr std::int64_t kDayMs = 86'400'000;

base::Result<RunQuery> parse(std::vector<KeyValue> pairs) {
  return parse_run_query(pairs, kNowMs);
}

TEST(ParseTime, ReadsEveryWayOfWritingATime) {
  EXPECT_EQ(*parse_time("1763805600000", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("0", kNowMs), 0);
  EXPECT_EQ(*parse_time("now", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("-7d", kNowMs), kNowMs - 7 * kDayMs);
  EXPECT_EQ(*parse_time("-2w", kNowMs), kNowMs - 14 * kDayMs);
  EXPECT_EQ(*parse_time("-12h", kNowMs), kNowMs - kDayMs / 2);
  EXPECT_EQ(*parse_time("-30m", kNowMs), kNowMs - 1'800'000);
  EXPECT_EQ(*parse_time("2025-11-22", kNowMs), kNowMs - 10 * 3'600'000);
  EXPECT_EQ(*parse_time("2025-11-22T10:00Z", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("2025-11-22T10:00:00Z", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("2025-11-22t10:00:00.25z", kNowMs), kNowMs + 250);
  EXPECT_EQ(*parse_time("2025-11-22T10:00:00.123456Z", kNowMs), kNowMs + 123);
  EXPECT_EQ(*parse_time("2025-11-22T11:30:00+01:30", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("2025-11-22T11:30:00 01:30", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("2025-11-22T02:00:00-08:00", kNowMs), kNowMs);
  EXPECT_EQ(*parse_time("2024-02-29", kNowMs), 1'709'164'800'000);
  EXPECT_EQ(*parse_time("-1000000w", kNowMs), 0);
}

TEST(ParseTime, RefusesWhatIsNotATime) {
  for (const auto* text : {"",
                           "-",
                           "-d",
                           "-7",
                           "-7y",
                           "--7d",
                           "-7.5d",
                           "yesterday",
                           "12x",
                           "1e3",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-11-22T",
                           "2025-11-22T10",
                           "2025-11-22T10:00",
                           "2025-11-22T24:00:00Z",
                           "2025-11-22T10:60:00Z",
                           "2025-11-22T10:00:00.Z",
                           "2025-11-22T10:00:00Zx",
                           "2025-1-2",
                           "-99999999999999999999d",
                           "-1",
                           "1969-12-31",
                           "99999999999999999999",
                           "253402300800000",
                           " 1"}) {
    EXPECT_FALSE(parse_time(text, kNowMs)) << text;
  }
}

TEST(RunQuery, WithoutParametersTakesTheFirstFiftyOfAll) {
  const auto query = parse({});
  EXPECT_EQ(query->limit, 50);
  EXPECT_TRUE(query->cursor.empty());
  EXPECT_FALSE(query->filter.from_ms);
  EXPECT_TRUE(query->filter.statuses.empty());
}

TEST(RunQuery, ReadsEveryParameter) {
  const auto query = parse({{"from", "-1d"},
                            {"to", "now"},
                            {"status", "failed,timeout"},
                            {"exitReason", "outOfMemory"},
                            {"worker", "127.0.0.1:8188,w2"},
                            {"workflow", "Flux portrait,abc"},
                            {"model", "sd.safetensors"},
                            {"tag", "keep"},
                            {"story", "Story 1"},
                            {"text", "red fox"},
                            {"archived", "false"},
                            {"limit", "1000"},
                            {"cursor", "xyz"}});
  ASSERT_TRUE(query) << query.error().sentence();
  EXPECT_EQ(query->filter.from_ms, kNowMs - kDayMs);
  EXPECT_EQ(query->filter.to_ms, kNowMs);
  EXPECT_THAT(query->filter.statuses, ElementsAre(model::Status::failed, model::Status::timeout));
  EXPECT_THAT(query->filter.exit_reasons, ElementsAre(model::ExitReason::outOfMemory));
  EXPECT_THAT(query->workers, ElementsAre("127.0.0.1:8188", "w2"));
  EXPECT_THAT(query->filter.workflows, ElementsAre("Flux portrait", "abc"));
  EXPECT_THAT(query->filter.models, ElementsAre("sd.safetensors"));
  EXPECT_THAT(query->filter.tags, ElementsAre("keep"));
  EXPECT_EQ(query->filter.story, "Story 1");
  EXPECT_EQ(query->filter.text, "red fox");
  EXPECT_EQ(query->filter.archived, false);
  EXPECT_EQ(query->limit, 1000);
  EXPECT_EQ(query->cursor, "xyz");
}

TEST(RunQuery, NamesTheFieldAndTheMendOfWhatIsWrong) {
  for (const auto& [key, value] : std::vector<KeyValue>{{"status", "sucess"},
                                                        {"status", ""},
                                                        {"status", ","},
                                                        {"exitReason", "boredom"},
                                                        {"from", "soon"},
                                                        {"to", ""},
                                                        {"limit", "0"},
                                                        {"limit", "1001"},
                                                        {"limit", "ten"},
                                                        {"limit", "5x"},
                                                        {"archived", "yes"},
                                                        {"text", "  "},
                                                        {"worker", ""},
                                                        {"colour", "red"}}) {
    const auto query = parse({{key, value}});
    ASSERT_FALSE(query) << key << "=" << value;
    EXPECT_EQ(query.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(query.error().field, key);
    EXPECT_FALSE(query.error().mend.empty());
  }
  EXPECT_THAT(parse({{"status", "sucess"}}).error().message, HasSubstr("\"sucess\""));
  EXPECT_THAT(parse({{"status", "sucess"}}).error().mend, HasSubstr("success"));
}

TEST(RunQuery, RefusesRepetitionReversalAndExcess) {
  EXPECT_EQ(parse({{"status", "failed"}, {"status", "success"}}).error().field, "status");
  EXPECT_EQ(parse({{"from", "now"}, {"to", "-1d"}}).error().field, "from");
  EXPECT_EQ(parse({{"text", std::string(5000, 'x')}}).error().field, "text");
  EXPECT_EQ(parse({{"text", "\xff"}}).error().field, "text");
  std::string many = "a";
  for (int i = 0; i < 200; ++i) many += ",a";
  EXPECT_EQ(parse({{"worker", many}}).error().field, "worker");
}

TEST(RunQuery, TurnsWorkerNamesIntoIdsAndKeepsWhatItDoesNotKnow) {
  auto query = parse({{"worker", "gpu box,id-2,nobody"}}).value();
  std::vector<model::Worker> workers(3);
  workers[0].worker_id = "id-1";
  workers[0].name = "gpu box";
  workers[1].worker_id = "id-2";
  workers[1].name = "other";
  workers[2] = workers[0];
  resolve_workers(query, workers);
  EXPECT_THAT(query.filter.worker_ids, ElementsAre("id-1", "id-2", "nobody"));
}

}  // namespace
}  // namespace comfytrace::api
