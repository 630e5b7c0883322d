#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/run_query.h"
#include "base/check.h"

namespace {

namespace history = comfytrace::history;

void check_filter(const history::WrittenFilter& filter) {
  const std::string query = history::to_query_string(filter);
  const auto again = history::parse_filter(query);
  CHECK(again.ok());
  CHECK(*again == filter);
  CHECK(history::to_query_string(*again) == query);
  const auto now = filter.at(1'763'805'600'000);
  CHECK(!now || now->from_ms.value_or(0) >= 0);
}

}  // namespace

// Lines of key=value, as flags give them; and the same bytes as a query string. What parses prints as what parses to
// the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = comfytrace::api;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::vector<history::KeyValue> pairs;
  for (std::string_view text = all; !text.empty();) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto equals = line.find('=');
    pairs.emplace_back(std::string(line.substr(0, equals)),
                       equals == std::string_view::npos ? "" : std::string(line.substr(equals + 1)));
  }
  if (const auto filter = history::parse_filter(all)) check_filter(*filter);
  if (const auto filter = history::parse_filter(std::span<const history::KeyValue>(pairs))) check_filter(*filter);
  const auto query = api::parse_run_query(pairs);
  if (!query) {
    CHECK(!query.error().message.empty());
    return 0;
  }
  CHECK(query->limit >= 1 && query->limit <= 1000);
  return 0;
}
