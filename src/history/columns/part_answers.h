#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "history/columns/lookups.h"
#include "history/run_questions.h"

// For tests: that an answer which tells only a part agrees with the whole one.
namespace comfytrace::history::columns {

// What is told briefly of a run that is this one.
inline RunFacts in_brief(const RunFacts& whole) {
  RunFacts brief = whole;
  brief.run_id.clear();
  brief.started_at_ms.reset();
  brief.finished_at_ms.reset();
  brief.vram_free_before_bytes.reset();
  brief.story_id.clear();
  brief.story_title.clear();
  brief.tags.clear();
  brief.scenes.clear();
  brief.node_classes.clear();
  return brief;
}

inline void expect_brief(const RunIdOf& names, const BriefRows& brief, const std::vector<RunFacts>& whole) {
  ASSERT_EQ(brief.told.runs.size(), whole.size());
  ASSERT_EQ(brief.numbers.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const BriefRun& run = brief.told.runs[i];
    RunFacts told = brief.told.kind_of(run);
    told.created_at_ms = run.created_at_ms;
    told.duration_ms = run.duration_ms;
    told.queue_wait_ms = run.queue_wait_ms;
    told.vram_peak_bytes = run.vram_peak_bytes;
    ASSERT_EQ(in_brief(told), in_brief(whole[i]));
    ASSERT_EQ(names(brief.numbers[i].rid), whole[i].run_id);
    ASSERT_EQ(brief.numbers[i].created_at_ms, whole[i].created_at_ms);
  }
}

// The counts, and n and median of one measure.
inline void expect_only(const Statistics& told, const Statistics& expected, Distribution GroupStatistics::*measure) {
  const auto counts = [](GroupStatistics group) {
    group.duration_ms = group.queue_wait_ms = group.vram_peak_bytes = {};
    return group;
  };
  ASSERT_EQ(counts(told.total), counts(expected.total));
  ASSERT_EQ(told.groups.size(), expected.groups.size());
  for (std::size_t i = 0; i < told.groups.size(); ++i) {
    ASSERT_EQ(counts(told.groups[i]), counts(expected.groups[i]));
    const Distribution& of = told.groups[i].*measure;
    const Distribution& whole = expected.groups[i].*measure;
    ASSERT_EQ(of.n, whole.n);
    ASSERT_EQ(of.median.has_value(), whole.median.has_value());
    if (!of.median) continue;
    ASSERT_NEAR(*of.median, *whole.median, of.exact ? 0 : std::abs(*whole.median) * 0.002);
  }
}

}  // namespace comfytrace::history::columns
