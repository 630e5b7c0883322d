#include "api/filtered_call.h"

#include <algorithm>
#include <utility>

#include "history/filter_grammar.h"

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
  const auto written = history::parse_filter(pairs);
  if (!written) return call->fail(written.error());
  auto filter = written->at(context.clock.now_ms());
  if (!filter) return call->fail(filter.error());
  std::vector<model::Worker> current;
  if (!filter->worker_ids.empty()) {
    for (auto& state : context.services.workers()) current.push_back(std::move(state.worker));
  }
  context.ask(call, [call, asked = std::move(*filter), parameters = std::move(parameters), current = std::move(current),
                     then = std::move(then)](const history::RunHistoryReader& reader) {
    history::RunFilter resolved = asked;
    if (!resolved.worker_ids.empty()) {
      auto workers = reader.workers();
      if (!workers) return call->fail(workers.error());
      workers->insert(workers->end(), current.begin(), current.end());
      history::resolve_workers(resolved, *workers);
    }
    then(reader, resolved, parameters);
  });
}

}  // namespace comfytrace::api
