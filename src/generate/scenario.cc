#include "generate/scenario.h"

#include <charconv>

#include "base/enum_names.h"

namespace comfytrace::generate {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

base::Error malformed(std::string_view text, std::string message) {
  return {base::ErrorCode::invalid, std::string(text) + " " + std::move(message), "--scenario",
          "NAME, NAME=SIZE or NAME=SIZE@PLACE; names: " + base::enum_names<Scenario>()};
}

}  // namespace

base::Result<ScenarioOrder> parse_scenario(std::string_view text) {
  ScenarioOrder order;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    order.place = number(rest.substr(at + 1));
    if (!order.place || !(*order.place >= 0 && *order.place < 1))
      return malformed(text, "begins at no place in 0 to 1");
    rest = rest.substr(0, at);
  }
  if (const auto equals = rest.find('='); equals != std::string_view::npos) {
    order.size = number(rest.substr(equals + 1));
    if (!order.size || !(*order.size > -1 && *order.size < 1e12)) return malformed(text, "has no size that is one");
    rest = rest.substr(0, equals);
  }
  const auto scenario = base::enum_from_name<Scenario>(rest);
  if (!scenario) return malformed(text, "is no scenario");
  order.scenario = *scenario;
  return order;
}

}  // namespace comfytrace::generate
