#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "api/context.h"
#include "api/filter_docs.h"
#include "api/filtered_call.h"
#include "api/own_parameters.h"
#include "base/codec.h"
#include "history/time_bucket.h"
#include "insight/baselines.h"
#include "insight/comparison.h"
#include "insight/deviation.h"
#include "insight/run_difference.h"
#include "insight/trend.h"

// The questions of DESIGN's analytics: each handler reads its parameters and asks one function of insight/.
namespace comfytrace::api {
namespace {

using Reader = history::RunHistoryReader;

template <class T>
void answer(const CallPtr& call, const base::Result<T>& result) {
  if (!result) return call->fail(result.error());
  call->reply_json(base::encode_json(*result));
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (comma > 0) items.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return items;
}

base::Result<history::StatisticsQuery> statistics_query(const OwnParameters& own) {
  history::StatisticsQuery query;
  if (auto done = read_own(own, "groupBy", query.group_by); !done) return done.error();
  if (auto done = read_own(own, "exact", query.exact); !done) return done.error();
  query.max_groups = history::default_max_groups(query.group_by);
  if (auto done = read_own(own, "maxGroups", 1, 10'000, query.max_groups); !done) return done.error();
  if (auto done = read_utc_offset(own, query.utc_offset_ms); !done) return done.error();
  return query;
}

void get_statistics(const Context& context, const CallPtr& call) {
  with_filter(context, call, {"groupBy", "exact", "maxGroups", "utcOffsetMinutes"},
              [call](const Reader& reader, const history::RunFilter& filter, const OwnParameters& own) {
                auto query = statistics_query(own);
                if (!query) return call->fail(query.error());
                query->filter = filter;
                answer(call, reader.statistics(*query));
              });
}

base::Result<insight::TrendQuery> trend_query(const OwnParameters& own) {
  insight::TrendQuery query;
  if (auto done = read_own(own, "metric", query.metric); !done) return done.error();
  if (auto done = read_own(own, "bucket", query.bucket); !done) return done.error();
  if (auto done = read_own(own, "likeForLike", query.like_for_like); !done) return done.error();
  if (auto done = read_own(own, "maxRuns", 1, 20'000, query.max_runs); !done) return done.error();
  if (auto done = read_utc_offset(own, query.utc_offset_ms); !done) return done.error();
  return query;
}

void get_trends(const Context& context, const CallPtr& call) {
  with_filter(context, call, {"metric", "bucket", "likeForLike", "maxRuns", "utcOffsetMinutes"},
              [call](const Reader& reader, const history::RunFilter& filter, const OwnParameters& own) {
                auto query = trend_query(own);
                if (!query) return call->fail(query.error());
                query->filter = filter;
                answer(call, insight::trend_of(reader, *query));
              });
}

void get_deviations(const Context& context, const CallPtr& call) {
  with_filter(context, call, {"limit"},
              [call](const Reader& reader, const history::RunFilter& filter, const OwnParameters& own) {
                std::int64_t limit = 50;
                if (auto done = read_own(own, "limit", 1, 500, limit); !done) return call->fail(done.error());
                answer(call, insight::find_deviations(reader, filter, limit));
              });
}

void get_comparison(const Context& context, const CallPtr& call) {
  context.ask(call,
              [call](const Reader& reader) { answer(call, insight::compare_with_baseline(reader, call->params[0])); });
}

base::Result<std::vector<std::string>> ids_of(const Call& call, std::size_t min, std::size_t max) {
  const auto text = call.request.query_value("ids");
  std::vector<std::string> ids = split(text.value_or(""));
  if (ids.size() < min || ids.size() > max) {
    return base::Error{base::ErrorCode::invalid,
                       text ? "ids names " + std::to_string(ids.size()) + " runs" : "ids is missing", "ids",
                       std::to_string(min) + " to " + std::to_string(max) + " run ids, separated by commas"};
  }
  return ids;
}

void get_compare(const Context& context, const CallPtr& call) {
  auto ids = ids_of(*call, 2, insight::kMaxComparedRuns);
  if (!ids) return call->fail(ids.error());
  context.ask(call, [call, chosen = std::move(*ids)](const Reader& reader) {
    answer(call, insight::difference_of(reader, chosen));
  });
}

struct BaselineList {
  std::vector<insight::RunBaseline> baselines;
};
BOOST_DESCRIBE_STRUCT(BaselineList, (), (baselines))

void get_baselines(const Context& context, const CallPtr& call) {
  auto ids = ids_of(*call, 1, insight::kMaxBaselines);
  if (!ids) return call->fail(ids.error());
  context.ask(call, [call, chosen = std::move(*ids)](const Reader& reader) {
    auto baselines = insight::baselines_of(reader, chosen);
    if (!baselines) return call->fail(baselines.error());
    call->reply_json(base::encode_json(BaselineList{std::move(*baselines)}));
  });
}

const ParameterDoc kUtcOffset{"utcOffsetMinutes", "where the days of time groups begin", "integer"};

}  // namespace

void add_insight_routes(Router& router, const ContextPtr& context) {
  router.add("GET", "/api/v1/statistics",
             {.id = "getStatistics",
              .summary = "Statistics of the runs that match, and of each group",
              .query = filter_docs({{"groupBy", "", "string", false, kSchemaOf<history::GroupBy>},
                                    {"exact", "exact percentiles however many runs match", "boolean"},
                                    {"maxGroups", "1 to 10000; default 200, of times 500", "integer"},
                                    kUtcOffset}),
              .response = kSchemaOf<history::Statistics>},
             [context](const CallPtr& call) { get_statistics(*context, call); });
  router.add(
      "GET", "/api/v1/trends",
      {.id = "getTrend",
       .summary = "How a measure goes with time: slope, steps, and what changed there",
       .query = filter_docs({{"metric", "", "string", false, kSchemaOf<insight::Metric>},
                             {"bucket", "", "string", false, kSchemaOf<insight::TrendBucket>},
                             {"likeForLike", "false takes values as they are, whatever work is mixed", "boolean"},
                             {"maxRuns", "the newest so many bear the claims, default 2000", "integer"},
                             kUtcOffset}),
       .response = kSchemaOf<insight::Trend>},
      [context](const CallPtr& call) { get_trends(*context, call); });
  router.add("GET", "/api/v1/deviations",
             {.id = "listDeviations",
              .summary = "Runs, scenes and nodes outside what the runs like them explain",
              .query = filter_docs({{"limit", "of the newest so many runs, 1 to 500, default 50", "integer"}}),
              .response = kSchemaOf<insight::Deviations>},
             [context](const CallPtr& call) { get_deviations(*context, call); });
  router.add("GET", "/api/v1/runs/{runId}/comparison",
             {.id = "getComparison",
              .summary = "One run against the runs like it that came before",
              .response = kSchemaOf<insight::RunComparison>},
             [context](const CallPtr& call) { get_comparison(*context, call); });
  router.add("GET", "/api/v1/eta",
             {.id = "getEta",
              .summary = "When open runs and queues will be done, and how often that was right",
              .response = kSchemaOf<insight::EtaReport>},
             [context](const CallPtr& call) { call->reply_json(base::encode_json(context->services.eta())); });
  router.add("GET", "/api/v1/compare",
             {.id = "compareRuns",
              .summary = "Chosen runs side by side: what differs",
              .query = {{"ids", "2 to 8 run ids, separated by commas", "string", true}},
              .response = kSchemaOf<insight::RunDifference>},
             [context](const CallPtr& call) { get_compare(*context, call); });
  router.add("GET", "/api/v1/baselines",
             {.id = "listBaselines",
              .summary = "The lines of a list against the runs like them, in short",
              .query = {{"ids", "1 to 100 run ids, separated by commas", "string", true}},
              .response = kSchemaOf<BaselineList>},
             [context](const CallPtr& call) { get_baselines(*context, call); });
}

}  // namespace comfytrace::api
