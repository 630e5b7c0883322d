#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/run_query.h"
#include "base/check.h"

// Lines of key=value, as a query string or flags give them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = comfytrace::api;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<api::KeyValue> pairs;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto equals = line.find('=');
    pairs.emplace_back(std::string(line.substr(0, equals)),
                       equals == std::string_view::npos ? "" : std::string(line.substr(equals + 1)));
  }
  const auto query = api::parse_run_query(pairs, 1'763'805'600'000);
  if (!query) {
    CHECK(!query.error().message.empty());
    return 0;
  }
  CHECK(query->limit >= 1 && query->limit <= 1000);
  CHECK(query->filter.from_ms.value_or(0) >= 0);
  return 0;
}
