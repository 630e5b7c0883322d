#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <tuple>
#include <utility>

#include "api/context.h"
#include "api/own_parameters.h"
#include "base/codec.h"
#include "insight/recommendation_engine.h"

namespace comfytrace::api {
namespace {

using history::Recommendation;
using insight::RecommendationAction;

struct RecommendationList {
  std::vector<Recommendation> recommendations;  // open ones first, most severe first, newest first
  std::vector<insight::RecommendationRule> rules;
};
BOOST_DESCRIBE_STRUCT(RecommendationList, (), (recommendations, rules))

struct Deferral {
  std::optional<std::int64_t> until_ms;
};
BOOST_DESCRIBE_STRUCT(Deferral, (), (until_ms))

constexpr std::int64_t kDeferredMs = 7 * 86'400'000LL;  // where nobody says until when

base::Result<std::optional<history::RecommendationState>> wanted_state(const Call& call) {
  static constexpr std::array<std::string_view, 1> kNames{"state"};
  auto own = own_parameters(call.request.query, kNames);
  if (!own) return own.error();
  std::optional<history::RecommendationState> state;
  if (const auto asked = own->find("state"); asked != own->end() && asked->second == "all") return state;
  if (auto done = read_own(*own, "state", state); !done) {
    base::Error error = done.error();
    error.mend += ", all";
    return error;
  }
  return state;
}

void get_recommendations(const Context& context, const CallPtr& call) {
  const auto state = wanted_state(*call);
  if (!state) return call->fail(state.error());
  context.ask(call, [call, wanted = *state](const history::RunHistoryReader& reader) {
    auto known = reader.recommendations();
    if (!known) return call->fail(known.error());
    RecommendationList list{std::move(*known), insight::recommendation_rules()};
    if (wanted) std::erase_if(list.recommendations, [&](const Recommendation& one) { return one.state != *wanted; });
    std::ranges::stable_sort(list.recommendations, [](const Recommendation& a, const Recommendation& b) {
      const auto rank = [](const Recommendation& one) {
        return std::tuple(one.state != history::RecommendationState::open, -static_cast<int>(one.severity),
                          -one.created_at_ms);
      };
      return rank(a) < rank(b);
    });
    call->reply_json(base::encode_json(list));
  });
}

base::Result<std::optional<std::int64_t>> until_of(const Call& call, std::int64_t now_ms) {
  if (call.request.body.empty()) return std::optional(now_ms + kDeferredMs);
  auto deferral = base::decode_json<Deferral>(call.request.body);
  if (!deferral) return deferral.error();
  return std::optional(deferral->until_ms.value_or(now_ms + kDeferredMs));
}

void save(const Context& context, const CallPtr& call, Recommendation changed) {
  std::string body = base::encode_json(changed);
  context.services.save_recommendation(std::move(changed),
                                       [call, body = std::move(body)](const base::Result<void>& done) {
                                         if (!done) return call->fail(done.error());
                                         call->reply_json(body);
                                       });
}

void act(Context& context, const CallPtr& call, RecommendationAction action) {
  const std::int64_t now_ms = context.clock.now_ms();
  std::optional<std::int64_t> until_ms;
  if (action == RecommendationAction::defer) {
    auto until = until_of(*call, now_ms);
    if (!until) return call->fail(until.error());
    until_ms = *until;
  }
  context.ask(call, [call, action, now_ms, until_ms, on_io = context.on_io()](const history::RunHistoryReader& reader) {
    const auto known = reader.recommendations();
    if (!known) return call->fail(known.error());
    auto changed = insight::act_on(*known, call->params[0], action, now_ms, until_ms);
    if (!changed) return call->fail(changed.error());
    on_io([call, changed = std::move(*changed)](Context& back) { save(back, call, changed); });
  });
}

std::string deferral_schema(base::SchemaBook& book) {
  return book.define(
      "Deferral",
      R"({"type":"object","properties":{"untilMs":{"description":"epoch milliseconds","type":"integer"}}})");
}

}  // namespace

void add_recommendation_routes(Router& router, const ContextPtr& context) {
  router.add("GET", "/api/v1/recommendations",
             {.id = "listRecommendations",
              .summary = "What comfytrace suggests, and the rules by which it does",
              .query = {{"state", "all (default), " + base::enum_names<history::RecommendationState>()}},
              .response = kSchemaOf<RecommendationList>},
             [context](const CallPtr& call) { get_recommendations(*context, call); });
  const std::pair<RecommendationAction, const char*> kActions[] = {
      {RecommendationAction::dismiss, "Closes it until there is materially new evidence"},
      {RecommendationAction::defer, "Hides it until a time; without a body for a week"},
      {RecommendationAction::apply, "Notes that it was followed"},
      {RecommendationAction::reopen, "Takes an earlier action back"},
  };
  for (const auto& [action, summary] : kActions) {
    const std::string word(base::enum_name(action));
    RouteDoc doc{.id = word + "Recommendation", .summary = summary, .response = kSchemaOf<Recommendation>};
    if (action == RecommendationAction::defer) doc.request = deferral_schema;
    router.add("POST", "/api/v1/recommendations/{id}:" + word, std::move(doc),
               [context, chosen = action](const CallPtr& call) { act(*context, call, chosen); });
  }
}

}  // namespace comfytrace::api
