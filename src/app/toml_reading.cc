#include "app/toml_reading.h"

#include <cmath>
#include <utility>

namespace comfytrace::app {

using base::Error;
using base::ErrorCode;
using base::Result;

std::string at_line(const std::filesystem::path& file, const toml::node& node) {
  return file.string() + " line " + std::to_string(node.source().begin.line);
}

Result<TomlTable> TomlTable::of(const toml::node& node, const std::filesystem::path& file, std::string name) {
  const toml::table* table = node.as_table();
  if (!table)
    return Error{ErrorCode::invalid, "expected a table", at_line(file, node) + ", " + name, "write [" + name + "]"};
  return TomlTable(*table, file, std::move(name));
}

Error TomlTable::wrong(std::string_view key, std::string message, std::string mend) const {
  const toml::node* node = find(key);
  return {
      ErrorCode::invalid, std::move(message),
      at_line(file_, node ? *node : static_cast<const toml::node&>(*table_)) + ", " + name_ + "." + std::string(key),
      std::move(mend)};
}

Result<void> TomlTable::read(std::string_view key, bool& value) const {
  const toml::node* node = find(key);
  if (!node) return {};
  if (!node->is_boolean()) return wrong(key, "expected true or false");
  value = node->value_or(value);
  return {};
}

Result<void> TomlTable::read(std::string_view key, std::string& value) const {
  const toml::node* node = find(key);
  if (!node) return {};
  if (!node->is_string()) return wrong(key, "expected a string");
  value = node->value_or(std::string());
  return {};
}

Result<void> TomlTable::read(std::string_view key, double& value, double least, double most) const {
  const toml::node* node = find(key);
  if (!node) return {};
  const auto number = node->is_number() ? node->value<double>() : std::nullopt;
  if (!number || !(*number >= least && *number <= most)) {
    const auto shown = [](double bound) { return std::to_string(std::llround(bound)); };
    return wrong(key, "expected a number from " + shown(least) + " to " + shown(most));
  }
  value = *number;
  return {};
}

Result<void> TomlTable::only(const std::set<std::string, std::less<>>& known) const {
  for (const auto& [key, node] : *table_) {
    if (known.contains(key.str())) continue;
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    return wrong(key.str(), "unknown setting \"" + std::string(key.str()) + "\"", "known are: " + names);
  }
  return {};
}

}  // namespace comfytrace::app
