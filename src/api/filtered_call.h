#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/own_parameters.h"

namespace comfytrace::api {

// Reads the call's query as a filter and the route's `own` parameters, and calls `then` with them on a reader's thread.
// Answers the call itself where the query is wrong.
using Filtered = std::function<void(const history::RunHistoryReader& reader, const history::RunFilter& filter,
                                    const OwnParameters& own)>;
// Those whose names a filter may use although the history does not know them yet.
[[nodiscard]] std::vector<model::Worker> watched_workers(const Context& context);
void with_filter(const Context& context, const CallPtr& call, const std::vector<std::string_view>& own, Filtered then);

}  // namespace comfytrace::api
