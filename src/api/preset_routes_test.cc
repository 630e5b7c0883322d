#include "api/server_fixture.h"

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class PresetRoutes : public ServerTest {
 protected:
  std::vector<std::string> ids(const std::string& query) {
    const auto answer = get("/api/v1/runs?" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> found;
    const auto body = json_of(answer);
    for (const auto& run : *base::find_array(body, "runs")) found.push_back(*base::find_string(run, "runId"));
    return found;
  }
};

TEST_F(PresetRoutes, KeepsShowsReplacesAndDeletes) {
  start();
  const std::string one = "/api/v1/filter-presets/last%20week%2F%C3%A9";
  expect_problem(get(one), 404, "name");
  const auto put = ask("PUT", one, R"({"query":"?text=red+fox&from=-1w"})");
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(base::find_string(json_of(put), "query"), "from=-7d&text=red%20fox");
  const auto got = get(one);
  EXPECT_EQ(base::find_string(json_of(got), "name"), "last week/é");
  EXPECT_EQ(get(one, {{"If-None-Match", header(got, "ETag")}}).status, 304);
  const auto created = base::find_integer(json_of(got), "createdAtMs");
  EXPECT_EQ(ask("PUT", one, R"({"query":""})").status, 200);
  const auto list = json_of(get("/api/v1/filter-presets"));
  ASSERT_THAT(*base::find_array(list, "presets"), SizeIs(1));
  EXPECT_EQ(base::find_string(base::find_array(list, "presets")->at(0), "query"), "");
  EXPECT_EQ(base::find_integer(base::find_array(list, "presets")->at(0), "createdAtMs"), created);
  EXPECT_EQ(get(one, {{"If-None-Match", header(got, "ETag")}}).status, 200);
  EXPECT_EQ(ask("DELETE", one).status, 204);
  expect_problem(ask("DELETE", one), 404, "name");
}

TEST_F(PresetRoutes, RefusesWhatIsNoPreset) {
  start();
  const std::string one = "/api/v1/filter-presets/x";
  expect_problem(ask("PUT", one, "nonsense"), 400, "$");
  expect_problem(ask("PUT", one, "[]"), 400, "$.query");
  expect_problem(ask("PUT", one, R"({"query":5})"), 400, "$.query");
  expect_problem(ask("PUT", one, R"({"query":"","more":1})"), 400, "$.more");
  expect_problem(ask("PUT", one, R"({"query":"status=sucess"})"), 400, "status");
  expect_problem(ask("PUT", one, R"({"query":"regex=%28"})"), 400, "regex");
  expect_problem(ask("PUT", one, R"({"query":"preset=y"})"), 400, "preset");
  expect_problem(ask("PUT", one, R"({"query":"limit=5"})"), 400, "limit");
  expect_problem(ask("PUT", "/api/v1/filter-presets/" + std::string(101, 'a'), R"({"query":""})"), 413, "name");
  expect_problem(ask("PUT", "/api/v1/filter-presets/a%0Ab", R"({"query":""})"), 400, "name");
  for (std::int64_t i = 0; i < history::kMaxPresets; ++i)
    ASSERT_TRUE(history.save_preset({"p" + std::to_string(i), "", i}));
  expect_problem(ask("PUT", one, R"({"query":""})"), 409, "name");
  EXPECT_EQ(ask("PUT", "/api/v1/filter-presets/p7", R"({"query":"status=failed"})").status, 200);
}

TEST_F(PresetRoutes, FilterListsBehindWhatIsGiven) {
  save(run_of("good"));
  save(run_of("bad", model::Status::failed));
  start();
  ASSERT_EQ(ask("PUT", "/api/v1/filter-presets/mine", R"({"query":"status=failed&from=0"})").status, 200);
  EXPECT_THAT(ids("preset=mine"), ElementsAre("bad"));
  EXPECT_THAT(ids("preset=mine&status=success"), ElementsAre("good"));
  expect_problem(get("/api/v1/runs?preset=theirs"), 400, "preset");
  expect_problem(get("/api/v1/runs?preset=mine&to=0&from=5"), 400, "from");
}

TEST_F(PresetRoutes, ListsInTheOrderAskedFor) {
  for (int i = 0; i < 3; ++i) save(run_of("run-" + std::to_string(i), model::Status::success, 1'000 + i));
  start();
  EXPECT_THAT(ids("sort=oldest"), ElementsAre("run-0", "run-1", "run-2"));
  const auto first = json_of(get("/api/v1/runs?sort=oldest&limit=1"));
  EXPECT_THAT(ids("limit=1&cursor=" + *base::find_string(first, "nextCursor")), ElementsAre("run-1"));
  expect_problem(get("/api/v1/runs?sort=longest&cursor=" + *base::find_string(first, "nextCursor")), 400, "cursor");
  expect_problem(get("/api/v1/runs?sort=upwards"), 400, "sort");
}

TEST_F(PresetRoutes, PruneOnlyWhenTold) {
  for (int i = 0; i < 5; ++i) save(run_of("run-" + std::to_string(i), model::Status::failed, 1'000 + i));
  auto tagged = run_of("tagged", model::Status::failed, 1);
  tagged.tags = {"keep"};
  save(tagged);
  save(run_of("good"));
  start();
  const auto foreseen = json_of(ask("POST", "/api/v1/runs:prune", R"({"keep":2,"filter":"status=failed"})"));
  EXPECT_EQ(base::find_bool(foreseen, "dryRun"), true);
  EXPECT_EQ(base::find_integer(foreseen, "runs"), 3);
  EXPECT_EQ(base::find_integer(foreseen, "keptTagged"), 1);
  EXPECT_EQ(history.info()->runs, 7);
  const auto done = json_of(ask("POST", "/api/v1/runs:prune", R"({"keep":2,"filter":"status=failed","dryRun":false})"));
  EXPECT_EQ(base::find_bool(done, "dryRun"), false);
  EXPECT_EQ(base::find_integer(done, "runs"), 3);
  EXPECT_EQ(base::find_integer(done, "oldestAtMs"), 1'000);
  EXPECT_EQ(history.info()->runs, 4);
  expect_problem(ask("POST", "/api/v1/runs:prune", "{}"), 400, "$");
  expect_problem(ask("POST", "/api/v1/runs:prune", R"({"keep":2,"filter":"preset=none"})"), 400, "preset");
}

}  // namespace
}  // namespace comfytrace::api
