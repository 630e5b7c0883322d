#include "base/schema_book.h"

#include <array>
#include <utility>

namespace comfytrace::base {

std::string schema_name(const std::string& type_name) {
  return type_name.substr(type_name.rfind(':') + 1);
}

std::string_view unit_of(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUnits{{
      {"AtMs", "epoch milliseconds"},
      {"Ms", "milliseconds"},
      {"Bytes", "bytes"},
      {"Ratio", "0 to 1"},
      {"Rate", "0 to 1"},
      {"Celsius", "degrees Celsius"},
  }};
  for (const auto& [ending, unit] : kUnits) {
    if (key.ends_with(ending)) return unit;
  }
  return {};
}

}  // namespace comfytrace::base
