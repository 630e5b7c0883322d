#pragma once

#include <span>

#include "history/run_questions.h"
#include "insight/trend.h"
#include "insight/trend_values.h"

namespace comfytrace::insight {

// The runs that bear the claims, one by one or in buckets; one by one still without their run_ids. Pure.
[[nodiscard]] TrendSeries series_of(const TrendValues& values, const TrendQuery& query, TrendBucket bucket);
// Buckets of more runs than bear the claims: the values as they are, whatever work is mixed. Pure.
[[nodiscard]] TrendSeries series_of(std::span<const history::GroupStatistics> groups, Metric metric,
                                    TrendBucket bucket);

}  // namespace comfytrace::insight
