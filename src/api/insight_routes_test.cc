#include "api/server_fixture.h"
#include "history/sample_runs_test.cc"  // the runs are made by the tests' own maker
#include "insight/eta_book.h"

namespace comfytrace::api {
namespace {

namespace json = base::json;

class InsightRoutes : public ServerTest {
 protected:
  // Runs of one kind of work, a minute apart; the last one is slower.
  void fill(int count) {
    const model::Run pattern = history::typical_run(1, 1);
    for (int i = 0; i < count; ++i) {
      model::Run run = pattern;
      run.run_id = id_of(i);
      run.created_at_ms += i * 60'000;
      auto& attempt = run.scenes[0].attempts[0];
      attempt.prompt_id = run.run_id;
      attempt.duration_ms = i + 1 == count ? 15'000 : 10'000 + 37 * ((i * 7) % 5);
      attempt.finished_at_ms = *attempt.started_at_ms + *attempt.duration_ms;
      model::roll_up(run);
      save(run);
    }
  }
  static std::string id_of(int i) { return "run-" + std::to_string(i); }

  void expect_usage(const std::string& target, std::string_view field) {
    SCOPED_TRACE(target);
    expect_problem(get("/api/v1" + target), 400, field);
  }
};

TEST_F(InsightRoutes, GiveStatisticsOfWhatMatchesAndOfGroups) {
  fill(12);
  start();
  const auto all = json_of(get("/api/v1/statistics?groupBy=model"));
  EXPECT_EQ(all.at("total").at("runs"), 12);
  EXPECT_EQ(all.at("groups").get_array().size(), 1u);
  EXPECT_EQ(all.at("groups").at(0).at("durationMs").at("max"), 15'000);
  const auto none = json_of(get("/api/v1/statistics?status=failed"));
  EXPECT_EQ(none.at("total").at("runs"), 0);
  EXPECT_TRUE(none.at("total").at("durationMs").at("median").is_null()) << "nothing is not 0";
}

TEST_F(InsightRoutes, RefuseWhatIsNoParameterOrNoValueByName) {
  start();
  expect_usage("/statistics?groupBy=flavour", "groupBy");
  expect_usage("/statistics?exact=maybe", "exact");
  expect_usage("/statistics?maxGroups=0", "maxGroups");
  expect_usage("/statistics?utcOffsetMinutes=9999", "utcOffsetMinutes");
  expect_usage("/statistics?colour=red", "colour");
  expect_usage("/statistics?groupBy=day&groupBy=week", "groupBy");
  expect_usage("/trends?metric=mood", "metric");
  expect_usage("/trends?bucket=decade", "bucket");
  expect_usage("/trends?maxRuns=1000000", "maxRuns");
  expect_usage("/deviations?limit=5000", "limit");
  expect_usage("/compare", "ids");
  expect_usage("/compare?ids=one", "ids");
  expect_usage("/compare?ids=1,2,3,4,5,6,7,8,9", "ids");
  expect_usage("/baselines", "ids");
  expect_usage("/recommendations?state=angry", "state");
  expect_usage("/recommendations?mood=good", "mood");
}

TEST_F(InsightRoutes, CompareARunWithThoseLikeItAndWithChosenOnes) {
  fill(21);
  start();
  const auto comparison = json_of(get("/api/v1/runs/" + id_of(20) + "/comparison"));
  EXPECT_EQ(comparison.at("verdict"), "worse");
  EXPECT_EQ(comparison.at("cohort").at("n"), 20);
  EXPECT_EQ(get("/api/v1/runs/nobody/comparison").status, 404);
  const auto difference = json_of(get("/api/v1/compare?ids=" + id_of(19) + "," + id_of(20)));
  EXPECT_EQ(difference.at("runs").get_array().size(), 2u);
  EXPECT_TRUE(difference.at("likeForLike").get_bool());
  EXPECT_EQ(get("/api/v1/compare?ids=nobody," + id_of(20)).status, 404);
  const auto baselines = json_of(get("/api/v1/baselines?ids=" + id_of(20) + ",nobody," + id_of(1)));
  ASSERT_EQ(baselines.at("baselines").get_array().size(), 2u);
  EXPECT_EQ(baselines.at("baselines").at(0).at("verdict"), "worse");
  EXPECT_EQ(baselines.at("baselines").at(1).at("verdict"), "notEnoughData");
}

TEST_F(InsightRoutes, TellATrendAndDeviations) {
  fill(30);
  start();
  const auto trend = json_of(get("/api/v1/trends?metric=duration&bucket=run"));
  EXPECT_EQ(trend.at("runs"), 30);
  EXPECT_EQ(trend.at("series").at("xMs").get_array().size(), trend.at("series").at("y").get_array().size());
  const auto deviations = json_of(get("/api/v1/deviations?limit=5"));
  EXPECT_EQ(deviations.at("runs"), 5);
}

TEST_F(InsightRoutes, SayWhenWhatIsOpenWillBeDone) {
  services.eta = [] {
    insight::EtaReport report;
    report.runs.push_back({"run-1", {}, {}});
    return report;
  };
  start();
  EXPECT_EQ(json_of(get("/api/v1/eta")).at("runs").at(0).at("runId"), "run-1");
}

class RecommendationRoutes : public InsightRoutes {
 protected:
  RecommendationRoutes() {
    services.save_recommendation = [this](history::Recommendation changed, const Services::Saved& done) {
      saved.push_back(changed);
      done(history.save_recommendation(changed));
    };
    history::Recommendation info;
    info.id = "r1";
    info.rule = "coldLoads";
    info.cause = "cold loads of x";
    info.message = "Model files were loaded anew in 7 of 9 runs.";
    info.confidence = 0.8;
    info.created_at_ms = 5;
    EXPECT_TRUE(history.save_recommendation(info));
    info.id = "r2";
    info.cause = "memory of y";
    info.severity = history::RecommendationSeverity::critical;
    EXPECT_TRUE(history.save_recommendation(info));
  }
  std::vector<history::Recommendation> saved;
};

TEST_F(RecommendationRoutes, ListTheMostSevereFirstAndTheRules) {
  start();
  const auto list = json_of(get("/api/v1/recommendations"));
  ASSERT_EQ(list.at("recommendations").get_array().size(), 2u);
  EXPECT_EQ(list.at("recommendations").at(0).at("id"), "r2");
  EXPECT_FALSE(list.at("rules").get_array().empty());
}

TEST_F(RecommendationRoutes, DismissDeferApplyAndTakeBack) {
  start();
  EXPECT_EQ(json_of(ask("POST", "/api/v1/recommendations/r1:dismiss")).at("state"), "dismissed");
  EXPECT_EQ(json_of(get("/api/v1/recommendations?state=open")).at("recommendations").get_array().size(), 1u);
  EXPECT_EQ(json_of(ask("POST", "/api/v1/recommendations/r1:reopen")).at("state"), "open");
  const auto deferred = json_of(ask("POST", "/api/v1/recommendations/r1:defer"));
  EXPECT_EQ(deferred.at("state"), "deferred");
  EXPECT_GT(deferred.at("deferredUntilMs").to_number<std::int64_t>(), base::system_clock().now_ms());
  EXPECT_EQ(json_of(ask("POST", "/api/v1/recommendations/r2:apply")).at("state"), "applied");
  EXPECT_EQ(saved.size(), 4u);
}

TEST_F(RecommendationRoutes, RefuseWhatCannotBeDone) {
  start();
  expect_problem(ask("POST", "/api/v1/recommendations/nobody:dismiss"), 404);
  expect_problem(ask("POST", "/api/v1/recommendations/r1:defer", R"({"untilMs":1})"), 400);
  expect_problem(ask("POST", "/api/v1/recommendations/r1:defer", "soon"), 400);
  EXPECT_EQ(ask("GET", "/api/v1/recommendations/r1:dismiss").status, 405);
  EXPECT_TRUE(saved.empty());
}

}  // namespace
}  // namespace comfytrace::api
