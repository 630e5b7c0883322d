#pragma once

#include <vector>

#include "api/route_doc.h"

namespace comfytrace::api {

// The filter's parameters, `preset`, and `more` behind them.
[[nodiscard]] std::vector<ParameterDoc> filter_docs(std::vector<ParameterDoc> more = {});

}  // namespace comfytrace::api
