#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <utility>

#include "api/context.h"
#include "api/own_parameters.h"
#include "base/codec.h"

namespace comfytrace::api {
namespace {

using history::Alert;

constexpr std::int64_t kMaxAlerts = 1'000;

struct AlertList {
  std::vector<Alert> alerts;
};
BOOST_DESCRIBE_STRUCT(AlertList, (), (alerts))

struct SinkOutcomeList {
  std::vector<alert::SinkOutcome> sinks;
};
BOOST_DESCRIBE_STRUCT(SinkOutcomeList, (), (sinks))

// As alert::rules_json writes them.
std::string alert_rules_schema(base::SchemaBook& book) {
  const std::string word = R"({"type":"string"})";
  const std::string number = R"({"type":"number"})";
  book.define("AlertThreshold", R"({"type":"object","properties":{"name":)" + word + R"(,"value":)" + number +
                                    R"(,"default":)" + number + R"(,"least":)" + number + R"(,"most":)" + number +
                                    R"(,"sentence":)" + word +
                                    R"(},"required":["name","value","default","least","most","sentence"]})");
  book.define(
      "AlertRule",
      R"({"type":"object","properties":{"name":)" + word + R"(,"sentence":)" + word + R"(,"severity":)" +
          book.of<history::AlertSeverity>() +
          R"(,"enabled":{"type":"boolean"},"thresholds":{"type":"array","items":{"$ref":"#/components/schemas/AlertThreshold"}}},"required":["name","sentence","severity","enabled","thresholds"]})");
  return book.define(
      "AlertRuleList",
      R"({"type":"object","properties":{"rules":{"type":"array","items":{"$ref":"#/components/schemas/AlertRule"}}},"required":["rules"]})");
}

base::Result<history::AlertQuery> parse_query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  static constexpr std::array<std::string_view, 3> kNames{"state", "limit", "after"};
  const auto own = own_parameters(parameters, kNames);
  if (!own) return own.error();
  history::AlertQuery query;
  if (auto done = read_own(*own, "state", query.state); !done) return done.error();
  if (auto done = read_own(*own, "limit", 1, kMaxAlerts, query.limit); !done) return done.error();
  if (const auto after = own->find("after"); after != own->end()) {
    if (after->second.empty()) return base::Error{base::ErrorCode::invalid, "it is empty", "after", "an alert's id"};
    query.after_id = after->second;
  }
  return query;
}

bool is_newer(const Alert& a, const Alert& b) {
  return std::pair(-a.raised_at_ms, a.id) < std::pair(-b.raised_at_ms, b.id);
}

// What is open is known best where it was raised: the history may be behind, or full.
std::vector<Alert> with_open(std::vector<Alert> stored, const std::vector<Alert>& open,
                             const history::AlertQuery& query) {
  for (const Alert& alert : open) {
    const auto known = std::ranges::find(stored, alert.id, &Alert::id);
    if (known != stored.end()) {
      *known = alert;
    } else if (query.after_id.empty()) {
      stored.push_back(alert);
    }
  }
  if (query.state == history::AlertState::open) {
    std::erase_if(stored,
                  [&](const Alert& alert) { return std::ranges::find(open, alert.id, &Alert::id) == open.end(); });
  }
  std::ranges::sort(stored, is_newer);
  if (stored.size() > static_cast<std::size_t>(query.limit)) stored.resize(static_cast<std::size_t>(query.limit));
  return stored;
}

void list_alerts(const Context& context, const CallPtr& call) {
  auto query = parse_query(call->request.query);
  if (!query) return call->fail(query.error());
  context.ask(call, [call, asked = std::move(*query),
                     open = context.services.alerts.open()](const history::RunHistoryReader& reader) {
    auto stored = reader.alerts(asked);
    if (!stored) return call->fail(stored.error());
    call->reply_json(base::encode_json(AlertList{with_open(std::move(*stored), open, asked)}));
  });
}

void acknowledge(const Context& context, const CallPtr& call) {
  const auto alert = context.services.alerts.acknowledge(call->params[0]);
  if (!alert) return call->fail(404, "there is no open alert with this id", "alertId");
  call->reply_json(base::encode_json(*alert));
}

void test_sinks(const Context& context, const CallPtr& call) {
  context.services.alerts.test([call](const std::vector<alert::SinkOutcome>& outcomes) {
    call->reply_json(base::encode_json(SinkOutcomeList{outcomes}));
  });
}

}  // namespace

void add_alert_routes(Router& router, const ContextPtr& context) {
  if (!context->services.alerts.open) return;
  router.add("GET", "/api/v1/alerts",
             {.id = "listAlerts",
              .summary = "What is wrong now, or ever was, newest first",
              .query = {{"state", "open or all (default)"},
                        {"limit", "1 to 1000, default 100", "integer"},
                        {"after", "the id of the last alert of the page before"}},
              .response = kSchemaOf<AlertList>},
             [context](const CallPtr& call) { list_alerts(*context, call); });
  router.add(
      "POST", "/api/v1/alerts/{alertId}:acknowledge",
      {.id = "acknowledgeAlert", .summary = "Stops an open alert from being repeated", .response = kSchemaOf<Alert>},
      [context](const CallPtr& call) { acknowledge(*context, call); });
  router.add("POST", "/api/v1/alerts:test",
             {.id = "testAlertSinks",
              .summary = "Sends a test to every sink, and says what became of it",
              .response = kSchemaOf<SinkOutcomeList>},
             [context](const CallPtr& call) { test_sinks(*context, call); });
  router.add("GET", "/api/v1/alert-rules",
             {.id = "listAlertRules",
              .summary = "What there can be alerts about, as it is set",
              .response = alert_rules_schema},
             [context](const CallPtr& call) { call->reply_json(context->services.alerts.rules()); });
}

}  // namespace comfytrace::api
