#include "app/settings.h"

#include <toml++/toml.h>

#include <charconv>
#include <cstdlib>
#include <set>
#include <sstream>

#include "app/alert_settings.h"
#include "app/toml_reading.h"
#include "history/filter_values.h"
#include "net/http.h"

namespace comfytrace::app {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr const char* kDefaultWorker = "http://127.0.0.1:8188";

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    const auto first = part.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    parts.push_back(part.substr(first, part.find_last_not_of(" \t") - first + 1));
  }
  return parts;
}

std::filesystem::path home_folder(const Environment& environment, const char* xdg, const char* below_home) {
  if (const auto named = environment(xdg); named && !named->empty()) return *named;
  return std::filesystem::path(environment("HOME").value_or("/")) / below_home;
}

Result<void> set_listen(const std::string& text, const std::string& field, Settings& settings) {
  std::string host = text;
  std::string port = "8199";
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos)
      return Error{ErrorCode::invalid, "\"" + text + "\" has no closing bracket", field, "write [::1]:8199"};
    host = text.substr(1, end - 1);
    if (end + 1 < text.size()) port = text.substr(end + 2);
  } else if (const auto colon = text.rfind(':'); colon != std::string::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (problem != std::errc() || end != port.data() + port.size() || number > 65535) {
    return Error{ErrorCode::invalid, "\"" + text + "\" is not HOST:PORT", field,
                 "for example 127.0.0.1:8199; port 0 takes a free one"};
  }
  settings.listen_host = host.empty() ? "127.0.0.1" : host;
  settings.listen_port = static_cast<std::uint16_t>(number);
  return {};
}

Result<void> set_workers(const std::vector<std::string>& urls, const std::string& field, Settings& settings) {
  settings.workers.clear();
  for (const std::string& url : urls) {
    auto parsed = net::parse_url(url);
    if (!parsed) return Error{parsed.error().code, parsed.error().message, field, parsed.error().mend};
    settings.workers.push_back({parsed->text(), ""});
  }
  return {};
}

Result<void> read_workers(const toml::node& node, const std::filesystem::path& file, Settings& settings) {
  const Error wrong{ErrorCode::invalid, "expected a URL or a list of them", at_line(file, node) + ", comfyui",
                    "comfyui = \"http://127.0.0.1:8188\", or a list, or tables {url = …, name = …}"};
  std::vector<WorkerSetting> workers;
  const auto read_one = [&](const toml::node& entry) -> bool {
    if (const auto text = entry.value<std::string>()) {
      workers.push_back({*text, ""});
      return true;
    }
    const toml::table* table = entry.as_table();
    if (!table) return false;
    const auto url = (*table)["url"].value<std::string>();
    if (!url) return false;
    workers.push_back({*url, (*table)["name"].value_or(std::string())});
    return true;
  };
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& entry : *list) {
      if (!read_one(entry)) return wrong;
    }
  } else if (!read_one(node)) {
    return wrong;
  }
  for (WorkerSetting& worker : workers) {
    auto parsed = net::parse_url(worker.url);
    if (!parsed) return Error{parsed.error().code, parsed.error().message, wrong.field, parsed.error().mend};
    worker.url = parsed->text();
  }
  settings.workers = std::move(workers);
  return {};
}

// "off" and 0 switch off what a farther setting switched on.
Result<void> set_retention_days(const std::string& text, const std::string& field, Settings& settings) {
  constexpr std::int64_t kMaxDays = 36'500;
  const auto days = text == "off" ? Result<std::int64_t>(0) : history::parse_count(text);
  if (!days || *days > kMaxDays) {
    return Error{ErrorCode::invalid, "\"" + text + "\" is not a number of days", field, "1 to 36500, or off"};
  }
  settings.retention.days = *days == 0 ? std::nullopt : std::optional(*days);
  return {};
}

Result<void> set_retention_bytes(const std::string& text, const std::string& field, Settings& settings) {
  constexpr std::int64_t kMinBytes = 1 << 20;  // an empty history has about a tenth of that
  const auto bytes = text == "off" ? Result<std::int64_t>(0) : history::parse_bytes(text);
  if (!bytes) return Error{bytes.error().code, bytes.error().message, field, bytes.error().mend};
  if (*bytes > 0 && *bytes < kMinBytes) {
    return Error{ErrorCode::invalid, "\"" + text + "\" would leave no room for runs", field,
                 "1MiB or more, for example 2GiB; or off"};
  }
  settings.retention.max_bytes = *bytes == 0 ? std::nullopt : std::optional(*bytes);
  return {};
}

Result<void> read_retention(const toml::node& node, const std::filesystem::path& file, Settings& settings) {
  const std::string mend = "[retention] with days = 30 and max_bytes = \"2GiB\", or one of them";
  const toml::table* table = node.as_table();
  if (!table) return Error{ErrorCode::invalid, "expected a table", at_line(file, node) + ", retention", mend};
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    const std::string field = at_line(file, value) + ", retention." + name;
    const auto number = value.value<std::int64_t>();
    const std::string text = number ? std::to_string(*number) : value.value_or(std::string());
    if (name != "days" && name != "max_bytes") {
      return Error{ErrorCode::invalid, "unknown setting \"retention." + name + "\"", field, mend};
    }
    auto done = name == "days" ? set_retention_days(text, field, settings) : set_retention_bytes(text, field, settings);
    if (!done) return done;
  }
  return {};
}

Result<void> read_column_bytes(const toml::node& node, const std::filesystem::path& file, Settings& settings) {
  constexpr std::int64_t kMinBytes = 8 << 20;
  const auto number = node.value<std::int64_t>();
  const auto bytes = number ? Result<std::int64_t>(*number) : history::parse_bytes(node.value_or(std::string()));
  if (!bytes || *bytes < kMinBytes) {
    return Error{ErrorCode::invalid, "is not an amount of memory for the statistics' columns",
                 at_line(file, node) + ", max_column_bytes", "8MiB or more, for example \"1GiB\""};
  }
  settings.max_column_bytes = *bytes;
  return {};
}

Result<void> read_config(const std::filesystem::path& file, Settings& settings) {
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (const toml::parse_error& problem) {
    return Error{ErrorCode::invalid, std::string(problem.description()),
                 file.string() + " line " + std::to_string(problem.source().begin.line)};
  }
  static const std::set<std::string, std::less<>> kKnown{"comfyui",   "listen", "store",           "allowed_hosts",
                                                         "retention", "alerts", "max_column_bytes"};
  for (const auto& [key, node] : table) {
    if (!kKnown.contains(key.str())) {
      return Error{ErrorCode::invalid, "unknown setting \"" + std::string(key.str()) + "\"", at_line(file, node),
                   "known are: alerts, allowed_hosts, comfyui, listen, max_column_bytes, retention, store"};
    }
    if (key.str() == "comfyui") {
      if (auto done = read_workers(node, file, settings); !done) return done;
      continue;
    }
    if (key.str() == "retention") {
      if (auto done = read_retention(node, file, settings); !done) return done;
      continue;
    }
    if (key.str() == "alerts") {
      auto alerts = read_alert_settings(node, file);
      if (!alerts) return alerts.error();
      settings.alerts = std::move(*alerts);
      continue;
    }
    if (key.str() == "max_column_bytes") {
      if (auto done = read_column_bytes(node, file, settings); !done) return done;
      continue;
    }
    if (key.str() == "allowed_hosts") {
      const toml::array* list = node.as_array();
      if (!list) return Error{ErrorCode::invalid, "expected a list of names", at_line(file, node) + ", allowed_hosts"};
      for (const toml::node& entry : *list) settings.allowed_hosts.push_back(entry.value_or(std::string()));
      continue;
    }
    const auto text = node.value<std::string>();
    if (!text)
      return Error{ErrorCode::invalid, "expected a string", at_line(file, node) + ", " + std::string(key.str())};
    if (key.str() == "store") settings.store = *text;
    if (key.str() == "listen") {
      if (auto done = set_listen(*text, at_line(file, node) + ", listen", settings); !done) return done;
    }
  }
  settings.config_file = file;
  return {};
}

Result<void> load_retention(const Flags& flags, const Environment& environment, Settings& settings) {
  if (const auto days = environment("COMFYTRACE_RETENTION_DAYS"); days && !days->empty()) {
    if (auto done = set_retention_days(*days, "COMFYTRACE_RETENTION_DAYS", settings); !done) return done;
  }
  if (const auto bytes = environment("COMFYTRACE_RETENTION_MAX_BYTES"); bytes && !bytes->empty()) {
    if (auto done = set_retention_bytes(*bytes, "COMFYTRACE_RETENTION_MAX_BYTES", settings); !done) return done;
  }
  if (flags.retention_days) {
    if (auto done = set_retention_days(*flags.retention_days, "--retention-days", settings); !done) return done;
  }
  if (!flags.retention_max_bytes) return {};
  return set_retention_bytes(*flags.retention_max_bytes, "--retention-max-bytes", settings);
}

}  // namespace

bool Settings::listens_on_loopback() const {
  return listen_host == "localhost" || listen_host == "::1" || listen_host.starts_with("127.");
}

std::string Settings::own_url() const {
  std::string host = listen_host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(listen_port);
}

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<Settings> load_settings(const Flags& flags, const Environment& environment) {
  Settings settings;
  const auto data = home_folder(environment, "XDG_DATA_HOME", ".local/share") / "comfytrace";
  const auto config = home_folder(environment, "XDG_CONFIG_HOME", ".config") / "comfytrace";
  settings.store = data / "history.db";
  settings.token_file = config / "token";
  settings.workers = {{kDefaultWorker, ""}};
  if (const auto url = environment("COMFY_LOCAL_URL"); url && !url->empty()) {
    if (auto done = set_workers({*url}, "COMFY_LOCAL_URL", settings); !done) return done.error();
  }

  const std::filesystem::path file = flags.config ? std::filesystem::path(*flags.config) : config / "config.toml";
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    if (auto done = read_config(file, settings); !done) return done.error();
  } else if (flags.config) {
    return Error{ErrorCode::not_found, "there is no file " + file.string(), "--config"};
  }

  if (const auto urls = environment("COMFYTRACE_COMFYUI"); urls && !urls->empty()) {
    if (auto done = set_workers(split_list(*urls), "COMFYTRACE_COMFYUI", settings); !done) return done.error();
  }
  if (const auto listen = environment("COMFYTRACE_LISTEN"); listen && !listen->empty()) {
    if (auto done = set_listen(*listen, "COMFYTRACE_LISTEN", settings); !done) return done.error();
  }
  if (const auto store = environment("COMFYTRACE_STORE"); store && !store->empty()) settings.store = *store;

  if (auto done = load_retention(flags, environment, settings); !done) return done.error();

  if (!flags.comfyui.empty()) {
    if (auto done = set_workers(flags.comfyui, "--comfyui", settings); !done) return done.error();
  }
  if (flags.listen) {
    if (auto done = set_listen(*flags.listen, "--listen", settings); !done) return done.error();
  }
  if (flags.store) settings.store = *flags.store;
  if (settings.store.string().find("://") != std::string::npos) {
    return Error{ErrorCode::invalid, "\"" + settings.store.string() + "\" is not a file", "--store",
                 "name a file; other stores are not built yet"};
  }
  settings.allowed_hosts.insert(settings.allowed_hosts.end(), flags.allowed_hosts.begin(), flags.allowed_hosts.end());
  return settings;
}

}  // namespace comfytrace::app
