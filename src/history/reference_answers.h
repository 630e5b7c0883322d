#pragma once

#include <span>
#include <vector>

#include "history/run_facts.h"
#include "history/run_history.h"
#include "history/run_questions.h"

// The answers to the questions of run_questions.h in the plainest way, over facts that are all in memory: what every
// quicker way must agree with. Pure. `matching` are the facts of the runs that meet the query's filter, newest first.
namespace comfytrace::history {

// Percentiles of type 7 (linear between order statistics), always exact. The query has passed check_query().
[[nodiscard]] Statistics statistics_of(std::span<const RunFacts> matching, const StatisticsQuery& query);

[[nodiscard]] std::vector<RunFacts> facts_among(std::span<const RunFacts> matching, const FactsQuery& query);

// `all` are the facts of every run: scenes are not asked through a filter.
[[nodiscard]] std::vector<SceneSample> scenes_among(std::span<const RunFacts> all, const ScenesQuery& query);

// The same, asked of any history by reading every run that matches. Errors: invalid, and those of for_each.
[[nodiscard]] base::Result<Statistics> reference_answer(const RunHistoryReader& reader, const StatisticsQuery& query);
[[nodiscard]] base::Result<std::vector<RunFacts>> reference_answer(const RunHistoryReader& reader,
                                                                   const FactsQuery& query);
[[nodiscard]] base::Result<std::vector<SceneSample>> reference_answer(const RunHistoryReader& reader,
                                                                      const ScenesQuery& query);

}  // namespace comfytrace::history
