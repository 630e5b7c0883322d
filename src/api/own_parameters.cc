#include "api/own_parameters.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace comfytrace::api {

using base::Error;
using base::ErrorCode;
using base::Result;

Result<OwnParameters> own_parameters(const std::vector<std::pair<std::string, std::string>>& query,
                                     std::span<const std::string_view> names) {
  OwnParameters own;
  for (const auto& [key, value] : query) {
    if (std::ranges::find(names, std::string_view(key)) == names.end()) {
      const std::string bounded = base::bounded_text(key, 60);
      std::string known;
      for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
      return Error{ErrorCode::invalid, "unknown parameter \"" + bounded + "\"", bounded, "known are: " + known};
    }
    if (!own.emplace(key, value).second)
      return Error{ErrorCode::invalid, "\"" + key + "\" is given more than once", key, "give it once"};
  }
  return own;
}

Error not_one_of(std::string_view key, std::string_view value, const std::string& words) {
  return Error{ErrorCode::invalid, "unknown " + std::string(key) + " \"" + base::bounded_text(value, 60) + "\"",
               std::string(key), "one of: " + words};
}

Result<void> read_own(const OwnParameters& own, std::string_view key, bool& value) {
  const auto found = own.find(key);
  if (found == own.end()) return {};
  if (found->second != "true" && found->second != "false") return not_one_of(key, found->second, "true, false");
  value = found->second == "true";
  return {};
}

Result<void> read_own(const OwnParameters& own, std::string_view key, std::int64_t min, std::int64_t max,
                      std::int64_t& value) {
  const auto found = own.find(key);
  if (found == own.end()) return {};
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max) {
    return Error{ErrorCode::invalid,
                 "\"" + base::bounded_text(text, 40) + "\" is not a number that " + std::string(key) + " takes",
                 std::string(key), std::to_string(min) + " to " + std::to_string(max)};
  }
  value = number;
  return {};
}

Result<void> read_utc_offset(const OwnParameters& own, std::int64_t& offset_ms) {
  std::int64_t minutes = offset_ms / 60'000;
  if (auto done = read_own(own, "utcOffsetMinutes", -1'440, 1'440, minutes); !done) return done;
  offset_ms = minutes * 60'000;
  return {};
}

}  // namespace comfytrace::api
