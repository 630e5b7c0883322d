#include <gtest/gtest.h>

#include <algorithm>

#include "assemble/explain.h"
#include "replay/playback.h"
#include "replay/recorded_facts.h"

// What disturbs the way from the worker to us must not change what is recorded.
namespace comfytrace::replay_test {
namespace {

// Every index of a short recording; evenly spread ones of a long one.
std::vector<std::size_t> cuts(std::size_t size) {
  constexpr std::size_t kMost = 48;
  const std::size_t step = std::max<std::size_t>(1, size / kMost);
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < size; i += step) indexes.push_back(i);
  return indexes;
}

// Progress alone is not worth a save: of a node whose end was not seen, a restart may forget the last steps.
void forget_unsaved_progress(model::NodeExecution& node) {
  if (node.state == model::NodeState::finished && node.duration_ms) return;
  node.progress_value.reset();
  node.progress_max.reset();
}

enum class Keep { everything, not_why };
std::map<std::string, model::Run> comparable(std::map<std::string, model::Run> runs, Keep keep) {
  for (auto& [run_id, run] : runs) {
    for (model::Scene& scene : run.scenes) {
      for (model::Attempt& attempt : scene.attempts) {
        std::ranges::for_each(attempt.nodes, forget_unsaved_progress);
        if (keep == Keep::everything) continue;
        attempt.explanations.clear();
        attempt.fallback_notes.clear();
      }
    }
  }
  return runs;
}

void expect_same(const Playback& disturbed, const Playback& whole, Keep keep, std::size_t at) {
  const auto left = comparable(disturbed.runs(), keep);
  const auto right = comparable(whole.runs(), keep);
  if (left == right) return;
  EXPECT_EQ(golden_text(left), golden_text(right)) << "disturbed before fact " << at;
}

class Disturbed : public testing::TestWithParam<RecordingFile> {
 protected:
  Disturbed() : facts_(facts_of(load(GetParam()))) { whole_.tell_all(facts_); }

  std::vector<RecordedFact> facts_;
  Playback whole_;
};

TEST_P(Disturbed, EveryFactTwiceChangesNothing) {
  std::vector<RecordedFact> twice;
  for (const RecordedFact& fact : facts_) twice.insert(twice.end(), 2, fact);
  Playback playback;
  playback.tell_all(twice);
  EXPECT_EQ(golden_text(playback.runs()), golden_text(whole_.runs()));
}

TEST_P(Disturbed, AConnectionCutAnywhereChangesNothingButTheNotes) {
  for (const std::size_t cut : cuts(facts_.size())) {
    Playback playback;
    playback.tell_all(facts_, [&](Playback& p, std::size_t i) {
      if (i == cut) p.disconnect_and_connect();
    });
    expect_same(playback, whole_, Keep::not_why, cut);
    if (HasFailure()) return;
  }
}

TEST_P(Disturbed, ARestartAnywhereChangesNothing) {
  for (const std::size_t cut : cuts(facts_.size())) {
    Playback playback;
    playback.tell_all(facts_, [&](Playback& p, std::size_t i) {
      if (i == cut) p.restart();
    });
    expect_same(playback, whole_, Keep::everything, cut);
    if (HasFailure()) return;
  }
}

// What a history entry decides.
void expect_same_outcomes(const Playback& disturbed, const Playback& whole, std::size_t at) {
  const auto find = [&](const model::Attempt& wanted) -> const model::Attempt* {
    for (const model::Attempt* attempt : disturbed.attempts()) {
      if (attempt->prompt_id == wanted.prompt_id && attempt->started_at_ms == wanted.started_at_ms) return attempt;
    }
    return nullptr;
  };
  for (const model::Attempt* expected : whole.attempts()) {
    if (!assemble::has_explanation(*expected, assemble::kFromHistory)) continue;
    SCOPED_TRACE(expected->prompt_id + ", lost from fact " + std::to_string(at));
    const model::Attempt* attempt = find(*expected);
    ASSERT_TRUE(attempt);
    EXPECT_EQ(attempt->status, expected->status);
    EXPECT_EQ(attempt->exit_reason, expected->exit_reason);
    EXPECT_EQ(attempt->queued_at_ms, expected->queued_at_ms);
    EXPECT_EQ(attempt->finished_at_ms, expected->finished_at_ms);
    EXPECT_EQ(attempt->duration_ms, expected->duration_ms);
    EXPECT_EQ(attempt->cached_node_ids, expected->cached_node_ids);
    EXPECT_EQ(attempt->artifacts, expected->artifacts);
    EXPECT_EQ(attempt->failure, expected->failure);
  }
}

TEST_P(Disturbed, FramesLostAnywhereLeaveOutcomesTimesAndOutputs) {
  constexpr std::size_t kLost = 10;
  for (const std::size_t cut : cuts(facts_.size())) {
    std::vector<RecordedFact> some;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (!facts_[i].is_frame || i < cut || i >= cut + kLost) some.push_back(facts_[i]);
    }
    Playback playback;
    playback.tell_all(some);
    expect_same_outcomes(playback, whole_, cut);
    if (HasFailure()) return;
  }
}

std::string test_name(const testing::TestParamInfo<RecordingFile>& param) {
  std::string name = param.param.version + "_" + param.param.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Replay, Disturbed, testing::ValuesIn(recording_files()), test_name);

}  // namespace
}  // namespace comfytrace::replay_test
