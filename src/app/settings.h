#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/setup.h"
#include "app/alert_settings.h"
#include "base/result.h"

namespace comfytrace::app {

struct WorkerSetting {
  std::string url;
  std::string name;  // empty: host:port
};

// What the flags say; absent where a flag was not given.
struct Flags {
  std::vector<std::string> comfyui;
  std::optional<std::string> listen;
  std::optional<std::string> store;
  std::optional<std::string> config;
  std::vector<std::string> allowed_hosts;
  std::optional<std::string> retention_days;
  std::optional<std::string> retention_max_bytes;
};

struct Settings {
  std::vector<WorkerSetting> workers;
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8199;
  std::filesystem::path store;             // the history's file
  std::filesystem::path token_file;        // where the access token is kept
  std::vector<std::string> allowed_hosts;  // further names under which this server may be addressed
  api::Retention retention;
  AlertSettings alerts;
  std::int64_t max_column_bytes = std::int64_t{1} << 30;  // memory for the columns that statistics are made from
  std::optional<std::filesystem::path> config_file;       // the one that was read

  [[nodiscard]] bool listens_on_loopback() const;
  // What a browser or another command of this machine uses: http://host:port
  [[nodiscard]] std::string own_url() const;
};

using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] Environment process_environment();

// Flag over COMFYTRACE_* over configuration file over default. COMFY_LOCAL_URL gives ComfyUI's address where nothing
// nearer does. Errors: invalid, naming the flag, variable or line and the mend; not_found for a named file.
[[nodiscard]] base::Result<Settings> load_settings(const Flags& flags, const Environment& environment);

}  // namespace comfytrace::app
