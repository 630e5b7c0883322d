#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "app/alert_settings.h"
#include "base/result.h"

namespace comfytrace::app {

// "FILE line N"
[[nodiscard]] std::string at_line(const std::filesystem::path& file, const toml::node& node);

// A table of the configuration file whose values are read by name, with errors that name line and field. `name` is the
// table's own, e.g. "alerts.sinks". Lives no longer than the file's contents.
class TomlTable {
 public:
  // Errors of this and all below: invalid.
  [[nodiscard]] static base::Result<TomlTable> of(const toml::node& node, const std::filesystem::path& file,
                                                  std::string name);

  [[nodiscard]] const toml::node* find(std::string_view key) const { return table_->get(key); }
  [[nodiscard]] const toml::table& entries() const { return *table_; }
  // Each leaves `value` as it is where the key is missing.
  [[nodiscard]] base::Result<void> read(std::string_view key, bool& value) const;
  [[nodiscard]] base::Result<void> read(std::string_view key, std::string& value) const;
  [[nodiscard]] base::Result<void> read(std::string_view key, double& value, double least, double most) const;
  // Every key is one of these.
  [[nodiscard]] base::Result<void> only(const std::set<std::string, std::less<>>& known) const;
  [[nodiscard]] base::Error wrong(std::string_view key, std::string message, std::string mend = {}) const;

 private:
  TomlTable(const toml::table& table, const std::filesystem::path& file, std::string name)
      : table_(&table), file_(file), name_(std::move(name)) {}
  const toml::table* table_;
  std::filesystem::path file_;
  std::string name_;
};

// [alerts]. Errors: invalid, naming line, field and mend; never with what is secret in them.
[[nodiscard]] base::Result<AlertSettings> read_alert_settings(const toml::node& node,
                                                              const std::filesystem::path& file);

}  // namespace comfytrace::app
