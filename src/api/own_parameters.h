#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.h"
#include "base/result.h"

namespace comfytrace::api {

// The parameters of a route that are no filter's, as they came. The readers below leave their target alone where a
// parameter is absent. Errors: invalid, naming the parameter and the mend.
using OwnParameters = std::map<std::string, std::string, std::less<>>;

// All parameters of a route that takes only these `names`, each at most once.
[[nodiscard]] base::Result<OwnParameters> own_parameters(const std::vector<std::pair<std::string, std::string>>& query,
                                                         std::span<const std::string_view> names);

[[nodiscard]] base::Result<void> read_own(const OwnParameters& own, std::string_view key, bool& value);
[[nodiscard]] base::Result<void> read_own(const OwnParameters& own, std::string_view key, std::int64_t min,
                                          std::int64_t max, std::int64_t& value);

[[nodiscard]] base::Error not_one_of(std::string_view key, std::string_view value, const std::string& words);

template <base::DescribedEnum E>
[[nodiscard]] base::Result<void> read_own(const OwnParameters& own, std::string_view key, E& value) {
  const auto found = own.find(key);
  if (found == own.end()) return {};
  const auto word = base::enum_from_name<E>(found->second);
  if (!word) return not_one_of(key, found->second, base::enum_names<E>());
  value = *word;
  return {};
}
template <base::DescribedEnum E>
[[nodiscard]] base::Result<void> read_own(const OwnParameters& own, std::string_view key, std::optional<E>& value) {
  if (!own.contains(key)) return {};
  return read_own(own, key, value.emplace());
}

// "utcOffsetMinutes", -1440..1440.
[[nodiscard]] base::Result<void> read_utc_offset(const OwnParameters& own, std::int64_t& offset_ms);

}  // namespace comfytrace::api
