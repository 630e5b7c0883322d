#include "history/columns/brief_kinds.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace comfytrace::history::columns {
namespace {

// Some of each, numbered from 0 on.
class KindsOf : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kEach = 7;

  KindsOf() {
    for (std::uint32_t i = 0; i < kEach; ++i) {
      Outcome outcome;
      outcome.status = i % 2 == 0 ? model::Status::success : model::Status::failed;
      outcome.attempt_count = i;
      EXPECT_EQ(shared_.outcomes.id_of(outcome), i);
      Setting setting;
      setting.workflow_name = named("Story", i);
      setting.fingerprint = named("graph", i);
      setting.fingerprints = {setting.fingerprint, "another"};
      setting.models = {named("model", i)};
      setting.worker_ids = {named("worker", i)};
      setting.comfyui_version = named("version", i);
      EXPECT_EQ(shared_.settings.id_of(setting), i);
      Work work;
      work.structure = named("structure", i);
      work.executed = named("executed", i);
      EXPECT_EQ(shared_.works.id_of(work), i);
    }
  }
  static std::string named(const char* what, std::uint32_t number) {
    return std::string(what).append(" ").append(std::to_string(number));
  }
  [[nodiscard]] RunFacts written(const BriefKinds::Shares& of) const {
    RunFacts facts;
    restore(facts, shared_.outcomes[of[0]], shared_.settings[of[1]], {});
    facts.key = key_of(shared_.works[of[2]]);
    return facts;
  }
  SharedFacts shared_;
};

TEST_F(KindsOf, NoRunsAreNone) {
  EXPECT_TRUE(BriefKinds(shared_).finish().empty());
}

TEST_F(KindsOf, WhatSharesTheSameIsOneKindAndIsWrittenWhole) {
  BriefKinds kinds(shared_);
  std::vector<BriefKinds::Shares> shares;
  // Each twice in a row, and all of them again: more than are written at once.
  for (int round = 0; round < 2; ++round) {
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < kEach * kEach * kEach; ++i) {
      const BriefKinds::Shares of{i % kEach, i / kEach % kEach, i / kEach / kEach};
      EXPECT_EQ(kinds.kind_of(of), next);
      EXPECT_EQ(kinds.kind_of(of), next++);
      if (round == 0) shares.push_back(of);
    }
  }
  const auto all = kinds.finish();
  ASSERT_EQ(all.size(), shares.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i], written(shares[i])) << i;
    ASSERT_EQ(all[i].key.executed, named("executed", shares[i][2]));
    ASSERT_EQ(all[i].comfyui_version, named("version", shares[i][1]));
  }
}

TEST_F(KindsOf, AnOddRunIsLikeNoOther) {
  BriefKinds kinds(shared_);
  RunFacts odd;
  odd.workflow_name = "odd";
  odd.duration_ms = 7;
  EXPECT_EQ(kinds.add(odd), 0u);
  EXPECT_EQ(kinds.kind_of({1, 2, 3}), 1u);
  EXPECT_EQ(kinds.add(odd), 2u) << "though it is the same";
  EXPECT_EQ(kinds.kind_of({1, 2, 3}), 1u);
  const auto all = kinds.finish();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0], odd);
  EXPECT_EQ(all[1], written({1, 2, 3}));
  EXPECT_EQ(all[2], odd);
}

}  // namespace
}  // namespace comfytrace::history::columns
