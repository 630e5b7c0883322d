#include <fmt/format.h>

#include <cstdio>

#include "app/commands/command.h"
#include "app/human.h"
#include "app/server_client.h"
#include "app/source_sentence.h"
#include "app/token.h"
#include "base/clock.h"
#include "collect/source_gaps.h"
#include "comfyui/body.h"
#include "comfyui/telemetry_frame.h"
#include "history/sqlite/column_check.h"
#include "history/sqlite/owner_lock.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

enum class Finding { good, warning, bad };
BOOST_DESCRIBE_ENUM(Finding, good, warning, bad)

struct Check {
  std::string name;
  Finding finding = Finding::good;
  std::string sentence;
  std::string mend;
};
BOOST_DESCRIBE_STRUCT(Check, (), (name, finding, sentence, mend))

Check check_history(const Settings& settings) {
  Check check{"history", Finding::good, "", ""};
  std::error_code ignored;
  if (!std::filesystem::exists(settings.store, ignored)) {
    check.finding = Finding::warning;
    check.sentence = "there is no history at " + settings.store.string() + " yet";
    check.mend = "`comfytrace serve` makes it";
    return check;
  }
  auto reader = history::open_reader(settings.store);
  auto info = reader ? (*reader)->info() : base::Result<history::HistoryInfo>(reader.error());
  if (!info) {
    check.finding = Finding::bad;
    check.sentence = info.error().message;
    check.mend = info.error().mend;
    return check;
  }
  check.sentence = fmt::format("{} runs, {} in {}", info->runs, human_bytes(info->bytes), settings.store.string());
  if (const auto owner = history::OwnerLock::holder(settings.store)) {
    check.sentence += fmt::format("; written by process {} on {} since {}", owner->pid, owner->host,
                                  human_time(owner->started_at_ms));
  }
  return check;
}

// What would tell of this worker, were it watched.
model::Connection source_of(const ServerClient& client) {
  model::Connection connection;
  connection.source = model::CaptureSource::stock;
  connection.missing = collect::gaps_of_stock();
  auto answer = client.call("GET", "/telemetry", "", 5'000);
  if (!answer) return connection;
  const auto hello = comfyui::decode_telemetry_hello(base::to_json(*answer));
  if (!hello || hello->extension.protocol != comfyui::kTelemetryProtocol) return connection;
  connection.source = model::CaptureSource::extension;
  connection.extension = hello->extension;
  connection.missing = collect::gaps_of(hello->extension);
  return connection;
}

bool is_outdated(const model::Connection& connection) {
  return connection.extension && connection.extension->outdated;
}

Check check_watched(const model::WorkerState& watched) {
  const model::Connection& connection = watched.connection;
  const bool fine =
      connection.state == model::ConnectionState::connected || connection.state == model::ConnectionState::streaming;
  Check check{"watching " + watched.worker.url, Finding::good, std::string(base::enum_name(connection.state)), ""};
  if (!fine && connection.last_error) check.sentence += ": " + *connection.last_error;
  if (const std::string source = source_sentence(connection); !source.empty()) check.sentence += "; " + source;
  if (!fine || is_outdated(connection)) check.finding = Finding::warning;
  if (fine) check.mend = connection.missing.value_or("");
  return check;
}

// Whether the columns that statistics are made from, and what text and other filters look for, agree with the runs.
Check check_columns(const Settings& settings) {
  Check check{"columns", Finding::good, "", ""};
  const auto compared = history::check_columns(settings.store, settings.max_column_bytes);
  if (!compared) return {check.name, Finding::bad, compared.error().message, compared.error().mend};
  check.sentence =
      fmt::format("{} runs compared in every fact ({} rows packed in the file, {} runs read) and by {} words",
                  compared->runs, compared->kept_rows, compared->read_runs, compared->words);
  if (compared->covers_from_ms) {
    check.finding = Finding::warning;
    check.sentence += "; runs before " + human_time(*compared->covers_from_ms) + " are left out";
    check.mend = "raise max_column_bytes in config.toml to have them in statistics";
  }
  if (compared->differing == 0 && compared->words_differing == 0 && compared->facets_differing == 0) return check;
  check.finding = Finding::bad;
  check.sentence += fmt::format("; {} runs, {} words and {} kinds of facet differ", compared->differing,
                                compared->words_differing, compared->facets_differing);
  for (const std::string& sentence : compared->first) check.sentence += "; " + sentence;
  check.mend = "please report this; the runs themselves are whole, only statistics and filters are wrong";
  return check;
}

Check check_worker(const WorkerSetting& worker) {
  Check check{"worker " + worker.url, Finding::good, "", ""};
  auto url = net::parse_url(worker.url);
  if (!url) return {check.name, Finding::bad, url.error().message, url.error().mend};
  const ServerClient client(*url, "");
  auto answer = client.call("GET", "/system_stats", "", 5'000);
  if (!answer) {
    check.finding = Finding::bad;
    check.sentence = answer.error().message;
    check.mend = answer.error().code == base::ErrorCode::unavailable
                     ? "start ComfyUI, or name its address with --comfyui"
                     : "this address is not a ComfyUI's: name its address with --comfyui";
    return check;
  }
  auto stats = comfyui::decode_system_stats(base::to_json(*answer));
  if (!stats || !stats->worker.comfyui_version) {
    check.finding = Finding::bad;
    check.sentence = "answers, but not as a ComfyUI" + (stats ? "" : ": " + stats.error().sentence());
    check.mend = "name ComfyUI's address with --comfyui";
    return check;
  }
  check.sentence = "ComfyUI " + *stats->worker.comfyui_version;
  for (const model::Device& device : stats->worker.devices) {
    check.sentence += fmt::format(", {} ({} free of {})", device.name, human_bytes(device.vram_free_bytes),
                                  human_bytes(device.vram_total_bytes));
  }
  const model::Connection source = source_of(client);
  check.sentence += "; " + source_sentence(source);
  check.mend = source.missing.value_or("");
  if (is_outdated(source)) check.finding = Finding::warning;
  return check;
}

Check check_sink(const base::json::value& sink) {
  Check check{"alert sink " + base::find_string(sink, "name").value_or("?"), Finding::good, "", ""};
  check.sentence = base::find_string(sink, "target").value_or("?");
  if (const auto error = base::find_string(sink, "lastError")) {
    check.finding = Finding::warning;
    check.sentence += ": " + *error;
    check.mend = "`comfytrace alerts test` tries it again";
  } else if (!base::find_integer(sink, "deliveredAtMs")) {
    check.sentence += ", not used yet";
  }
  return check;
}

// False if none is running.
bool check_server(const Settings& settings, const std::string& token, std::vector<Check>& checks) {
  Check check{"server " + settings.own_url(), Finding::good, "", ""};
  auto url = net::parse_url(settings.own_url(), 8199);
  auto health = url ? ServerClient(*url, token).call("GET", "/api/v1/health", "", 5'000)
                    : base::Result<base::json::value>(url.error());
  if (!health) {
    check.finding = Finding::warning;
    check.sentence = "not running: " + health.error().message;
    check.mend = "start it with `comfytrace serve`";
    checks.push_back(check);
    return false;
  }
  check.sentence = "comfytrace " + base::find_string(*health, "version").value_or("?");
  if (const auto* cost = base::find(*health, "cost")) {
    const auto cpu = base::find_number(*cost, "cpuRatio");
    check.sentence +=
        fmt::format(", {} resident, {} of a core", human_bytes(base::find_integer(*cost, "residentBytes")),
                    cpu ? fmt::format("{:.2f} %", *cpu * 100) : "-");
  }
  if (const auto* writer = base::find(*health, "writer");
      writer && base::find_bool(*writer, "failing").value_or(false)) {
    check.finding = Finding::bad;
    check.sentence += "; cannot write the history: " + base::find_string(*writer, "lastError").value_or("");
    check.mend = "free disk space; nothing is lost while it runs";
  }
  checks.push_back(check);
  const auto* alerts = base::find(*health, "alerts");
  if (const auto* sinks = alerts ? base::find_array(*alerts, "sinks") : nullptr) {
    for (const auto& sink : *sinks) checks.push_back(check_sink(sink));
  }
  if (auto answer = ServerClient(*url, token).call("GET", "/api/v1/workers", "", 5'000)) {
    if (const auto* workers = base::find_array(*answer, "workers")) {
      for (const auto& state : *workers) {
        const auto watched = base::decode_json<model::WorkerState>(base::to_json(state));
        if (watched) checks.push_back(check_watched(*watched));
      }
    }
  }
  if (const auto* counters = base::find_array(*health, "counters")) {
    for (const auto& counter : *counters) {
      const auto value = base::find_integer(counter, "value").value_or(0);
      const std::string severity = base::find_string(counter, "severity").value_or("info");
      if (value == 0 || severity == "info") continue;
      checks.push_back({base::find_string(counter, "name").value_or("?"), Finding::warning,
                        fmt::format("{} times: {}", value, base::find_string(counter, "sentence").value_or("")), ""});
    }
  }
  return true;
}

}  // namespace

int doctor_command(const CommonOptions& common, bool verify) {
  std::vector<Check> checks;
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) {
    checks.push_back({"settings", Finding::bad, settings.error().sentence(), ""});
  } else {
    checks.push_back({"settings", Finding::good,
                      settings->config_file ? "from " + settings->config_file->string()
                                            : "no configuration file; flags, environment and defaults",
                      ""});
    checks.push_back(check_history(*settings));
    if (verify && checks.back().finding != Finding::bad) checks.push_back(check_columns(*settings));
    auto token = read_token(settings->token_file);
    if (!token) checks.push_back({"token", Finding::bad, token.error().message, token.error().mend});
    const bool is_up = check_server(*settings, token ? *token : "", checks);
    // A server that is up has said what it watches; only what was asked for by name is tried beside that.
    if (!is_up || !common.flags.comfyui.empty()) {
      for (const WorkerSetting& worker : settings->workers) checks.push_back(check_worker(worker));
    }
  }
  bool bad = false;
  bool warned = false;
  for (const Check& check : checks) {
    bad |= check.finding == Finding::bad;
    warned |= check.finding == Finding::warning;
    if (common.json) continue;
    const Tone tone = check.finding == Finding::good  ? Tone::good
                      : check.finding == Finding::bad ? Tone::bad
                                                      : Tone::warning;
    const char* word = check.finding == Finding::good ? "ok  " : check.finding == Finding::bad ? "bad " : "note";
    print_line(fmt::format("{} {}: {}", toned(word, tone), check.name, check.sentence));
    if (!check.mend.empty()) print_line("     " + check.mend);
  }
  if (common.json) print_line("{\"checks\":" + base::encode_json(checks) + "}");
  return bad ? kFailed : warned ? kPartly : kDone;
}

}  // namespace comfytrace::app
