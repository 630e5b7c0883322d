#include "api/filtered_call.h"

#include <algorithm>
#include <utility>

#include "api/run_query.h"

namespace comfytrace::api {

void with_filter(const Context& context, const CallPtr& call, const std::vector<std::string_view>& own, Filtered then) {
  std::vector<history::KeyValue> pairs;
  OwnParameters parameters;
  for (const auto& [key, value] : call->request.query) {
    if (std::ranges::find(own, std::string_view(key)) == own.end()) {
      pairs.emplace_back(key, value);
    } else if (!parameters.emplace(key, value).second) {
      return call->fail({base::ErrorCode::invalid, key + " is given twice", key});
    }
  }
  std::string own_keys;
  for (const std::string_view key : own) own_keys += (own_keys.empty() ? "" : ", ") + std::string(key);
  auto request = parse_filter_request(pairs, own_keys);
  if (!request) return call->fail(request.error());
  context.ask(
      call, [call, asked = std::move(*request), parameters = std::move(parameters), watched = watched_workers(context),
             now_ms = context.clock.now_ms(), then = std::move(then)](const history::RunHistoryReader& reader) {
        const auto filter = resolve_filter(asked, reader, watched, now_ms);
        if (!filter) return call->fail(filter.error());
        then(reader, *filter, parameters);
      });
}

std::vector<model::Worker> watched_workers(const Context& context) {
  std::vector<model::Worker> workers;
  for (auto& state : context.services.workers()) workers.push_back(std::move(state.worker));
  return workers;
}

}  // namespace comfytrace::api
