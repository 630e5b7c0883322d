#include "api/run_query.h"
#include "app/commands/command.h"
#include "app/filter_flags.h"
#include "app/human.h"
#include "app/owning_server.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/text.h"
#include "history/run_rules.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

using base::Error;
using base::Result;
using history::FilterPreset;

std::string target_of(const std::string& name) {
  return "/api/v1/filter-presets/" + net::percent_encode(name);
}

Error no_preset(const std::string& name) {
  return {base::ErrorCode::not_found, "there is no preset \"" + base::printable(name) + "\"", "",
          "`comfytrace preset list` names them"};
}

void print(const FilterPreset& preset, bool json) {
  print_line(json ? base::encode_json(preset)
                  : base::printable(preset.name) + "  " + (preset.query.empty() ? "(all runs)" : preset.query));
}

Result<FilterPreset> save_through(const ServerClient& server, const FilterPreset& preset) {
  base::json::object body;
  body["query"] = preset.query;
  auto answer = server.call("PUT", target_of(preset.name), base::to_json(body));
  if (!answer) return answer.error();
  FilterPreset saved;
  if (auto read = base::decode(*answer, saved); !read) return read.error();
  return saved;
}

Result<FilterPreset> save_here(const Settings& settings, FilterPreset preset) {
  auto history = history::SqliteHistory::open(settings.store);
  if (!history) return history.error();
  const auto before = (*history)->preset(preset.name);
  if (!before) return before.error();
  if (*before) preset.created_at_ms = (*before)->created_at_ms;
  if (auto saved = (*history)->save_preset(preset); !saved) return saved.error();
  return preset;
}

Result<void> remove_here(const Settings& settings, const std::string& name) {
  auto reader = history::open_reader(settings.store);
  if (!reader) return reader.error();
  auto history = history::SqliteHistory::open(settings.store);
  if (!history) return history.error();
  const auto removed = (*history)->remove_preset(name);
  if (!removed) return removed.error();
  if (!*removed) return no_preset(name);
  return {};
}

}  // namespace

int preset_list_command(const CommonOptions& common) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto reader = history::open_reader(settings->store);
  if (!reader) return report(reader.error());
  const auto presets = (*reader)->presets();
  if (!presets) return report(presets.error());
  if (common.json) {
    print_line(base::encode_json(*presets));
    return kDone;
  }
  Table table({"PRESET", "SAVED", "FILTER"});
  for (const FilterPreset& preset : *presets) table.add({preset.name, human_time(preset.created_at_ms), preset.query});
  if (presets->empty()) {
    print_line("No presets yet. `comfytrace preset save NAME --status failed` makes one.");
  } else {
    std::fputs(table.text(terminal_width()).c_str(), stdout);
  }
  return kDone;
}

int preset_show_command(const CommonOptions& common, const PresetOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto reader = history::open_reader(settings->store);
  if (!reader) return report(reader.error());
  const auto preset = (*reader)->preset(options.name);
  if (!preset) return report(preset.error());
  if (!*preset) return report(no_preset(options.name));
  print(**preset, common.json);
  return kDone;
}

int preset_save_command(const CommonOptions& common, const PresetOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  if (auto fits = history::check_preset_name(options.name); !fits) return report(fits.error());
  const auto written = history::parse_filter(std::span(options.filter));
  if (!written) return report(of_flags(written.error()));
  auto query = api::canonical_preset_query(history::to_query_string(*written));
  if (!query) return report(query.error());
  const FilterPreset preset{options.name, std::move(*query), base::system_clock().now_ms()};
  auto server = owning_server(*settings);
  if (!server) return report(server.error());
  const auto saved = *server ? save_through(**server, preset) : save_here(*settings, preset);
  if (!saved) return report(saved.error());
  print(*saved, common.json);
  return kDone;
}

int preset_delete_command(const CommonOptions& common, const PresetOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto server = owning_server(*settings);
  if (!server) return report(server.error());
  if (*server) {
    const auto answer = (*server)->call("DELETE", target_of(options.name));
    if (!answer) {
      return report(answer.error().code == base::ErrorCode::not_found ? no_preset(options.name) : answer.error());
    }
  } else if (auto removed = remove_here(*settings, options.name); !removed) {
    return report(removed.error());
  }
  if (common.json) print_line("{}");
  return kDone;
}

}  // namespace comfytrace::app
