#include "generate/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "assemble/invariants.h"
#include "base/codec.h"
#include "base/uuid.h"

namespace comfytrace::generate {
namespace {

using model::ExitReason;

using model::Status;

Options every_scenario(std::int64_t runs) {
  Options options{.seed = 5, .runs = runs};
  for (const Scenario scenario :
       {Scenario::drift, Scenario::step, Scenario::outliers, Scenario::failures, Scenario::slowNode,
        Scenario::modelChange, Scenario::leak, Scenario::update, Scenario::quietUpdate, Scenario::idleGaps,
        Scenario::cpuFallback, Scenario::clockJump}) {
    options.scenarios.push_back({scenario});
  }
  return options;
}

TEST(Generator, GivesTheSameHistoryForTheSameOptions) {
  const History one = history_of(every_scenario(600));
  const History same = history_of(every_scenario(600));
  EXPECT_EQ(one.runs, same.runs);
  EXPECT_EQ(one.truths, same.truths);
  Options other = every_scenario(600);
  other.seed = 6;
  EXPECT_NE(one.runs, history_of(other).runs);
}

TEST(Generator, GivesAsManyRunsAsWereAskedFor) {
  for (const std::int64_t runs : {1, 2, 17, 1000}) {
    for (const double days : {1.0, 400.0}) {
      EXPECT_EQ(history_of({.runs = runs, .days = days, .failure_share = 0}).runs.size(),
                static_cast<std::size_t>(runs));
    }
  }
}

TEST(Generator, GivesRunsThatTheRecorderCouldHaveWritten) {
  std::set<std::string> ids;
  for (const model::Run& run : history_of(every_scenario(3000)).runs) {
    const auto wrong = assemble::violations(run);
    EXPECT_TRUE(wrong.empty()) << wrong.front() << "\n" << base::encode_json(run);
    EXPECT_TRUE(ids.insert(run.run_id).second);
    EXPECT_FALSE(model::is_open(run.status));
    EXPECT_TRUE(base::is_canonical_uuid(run.run_id));
    for (const auto& scene : run.scenes) {
      for (const auto& attempt : scene.attempts) EXPECT_TRUE(base::is_canonical_uuid(attempt.prompt_id));
    }
  }
}

TEST(Generator, TellsTheSameFactsAsTheRunsDo) {
  Generator runs(every_scenario(3000));
  Generator facts(every_scenario(3000));
  while (const auto run = runs.next()) {
    const auto of_plan = facts.next_facts();
    ASSERT_TRUE(of_plan);
    ASSERT_EQ(*of_plan, history::facts_of(*run)) << base::encode_json(*run);
  }
  EXPECT_FALSE(facts.next_facts());
  EXPECT_EQ(runs.truths(), facts.truths());
}

TEST(Generator, LetsEveryKindOfEndHappen) {
  std::map<ExitReason, int> ends;
  std::set<Status> statuses;
  int retried = 0;
  for (const model::Run& run : history_of({.runs = 6000, .failure_share = 0.2}).runs) {
    statuses.insert(run.status);
    for (const auto& scene : run.scenes) {
      retried += scene.attempts.size() > 1 && scene.status == Status::success;
      for (const auto& attempt : scene.attempts) ++ends[*attempt.exit_reason];
    }
  }
  for (const ExitReason reason :
       {ExitReason::success, ExitReason::executionError, ExitReason::outOfMemory, ExitReason::validationError,
        ExitReason::interrupted, ExitReason::deleted, ExitReason::workerLost, ExitReason::postExecution}) {
    EXPECT_GT(ends[reason], 0) << base::enum_name(reason);
  }
  for (const Status status : {Status::success, Status::partial, Status::failed, Status::cancelled}) {
    EXPECT_TRUE(statuses.contains(status)) << base::enum_name(status);
  }
  EXPECT_GT(retried, 0);
}

TEST(Generator, LetsAWorkerDoOneThingAfterAnother) {
  std::map<std::string, std::int64_t> busy_until;
  bool waited = false;
  for (const model::Run& run : history_of({.runs = 4000, .days = 10}).runs) {
    for (const auto& scene : run.scenes) {
      for (const auto& attempt : scene.attempts) {
        if (!attempt.started_at_ms) continue;
        EXPECT_GE(*attempt.started_at_ms, busy_until[attempt.worker_id]);
        busy_until[attempt.worker_id] = *attempt.finished_at_ms;
        waited |= attempt.queue_wait_ms > 1000;
      }
    }
  }
  EXPECT_TRUE(waited);
}

TEST(Generator, QueuesMoreAtNoonThanAtNightAndLessAtTheWeekend) {
  std::map<std::int64_t, int> by_hour;
  int saturdays = 0;
  int tuesdays = 0;
  for (const model::Run& run : history_of({.runs = 8000, .days = 140}).runs) {
    ++by_hour[run.created_at_ms / 3'600'000 % 24];
    const std::int64_t weekday = (run.created_at_ms / 86'400'000 + 3) % 7;
    saturdays += weekday == 5;
    tuesdays += weekday == 1;
  }
  EXPECT_GT(by_hour[14], 5 * by_hour[4]);
  EXPECT_GT(tuesdays, saturdays);
}

TEST(Generator, GivesEveryRunTheScenesThatWereAskedFor) {
  for (const model::Run& run : history_of({.runs = 200, .scenes = 4}).runs) EXPECT_EQ(run.scenes.size(), 4u);
}

TEST(Generator, TellsReadingsThatReachThePeak) {
  Generator generator({.runs = 200});
  int with_readings = 0;
  while (const auto run = generator.next()) {
    std::map<std::string, const model::Attempt*> attempts;
    for (const auto& scene : run->scenes) {
      for (const auto& attempt : scene.attempts) attempts[attempt.prompt_id] = &attempt;
    }
    for (const auto& series : generator.samples()) {
      ASSERT_TRUE(attempts.contains(series.prompt_id));
      EXPECT_EQ(series.run_id, run->run_id);
      const model::Attempt& attempt = *attempts[series.prompt_id];
      std::int64_t most = 0;
      for (const auto& sample : series.samples) {
        EXPECT_GE(sample.at_ms, *attempt.started_at_ms);
        EXPECT_LE(sample.at_ms, *attempt.finished_at_ms);
        most = std::max(most, *sample.vram_used_bytes);
      }
      EXPECT_LE(most, *attempt.vram_peak_bytes);
      if (series.samples.size() > 20) {
        EXPECT_EQ(most, *attempt.vram_peak_bytes);
        ++with_readings;
      }
    }
  }
  EXPECT_GT(with_readings, 0);
}

TEST(GeneratorOptions, ThatMakeNoSenseAreRefusedByName) {
  EXPECT_EQ(check({.runs = 0}).error().field, "--runs");
  EXPECT_EQ(check({.workers = 100}).error().field, "--workers");
  EXPECT_EQ(check({.cv = -1}).error().field, "--cv");
  EXPECT_EQ(check({.end_ms = 0}).error().field, "--end-ms");
  const auto crowded = check({.runs = 1'000'000, .days = 1});
  ASSERT_FALSE(crowded);
  EXPECT_EQ(crowded.error().field, "--days");
  EXPECT_NE(crowded.error().mend, "");
  EXPECT_TRUE(check({.runs = 1'000'000}));
}

}  // namespace
}  // namespace comfytrace::generate
