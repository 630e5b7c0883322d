#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/extension_package.h"
#include "app/settings.h"
#include "base/result.h"
#include "generate/options.h"
#include "history/filter_grammar.h"
#include "replay/replay_server.h"

// One function a command, with what its flags say. Each returns the exit code: 0 done, 1 failed, 2 wrong usage,
// 3 partly done. `json` asks for JSON on standard output; faults go to standard error in any case.
namespace comfytrace::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kPartly = 3;

struct CommonOptions {
  Flags flags;
  bool json = false;
};

struct RunsOptions {
  std::vector<history::KeyValue> query;  // as in the API's query string
};
struct PresetOptions {
  std::string name;
  std::vector<history::KeyValue> filter;
};
struct PruneOptions {
  std::string older_than;  // "30d"; empty: not given, as below
  std::string keep;
  std::string max_bytes;
  std::vector<history::KeyValue> filter;
  bool dry_run = false;
  bool yes = false;  // without it nothing is removed
};
struct StatsOptions {
  std::vector<history::KeyValue> filter;
  std::string by;  // a GroupBy; empty: only the whole
  bool exact = false;
};
struct TrendOptions {
  std::vector<history::KeyValue> filter;
  std::string metric;
  std::string bucket;
  bool as_it_is = false;  // not like for like
};
struct CompareOptions {
  std::vector<std::string> run_ids;  // one: against the runs like it; more: side by side
};
struct RecommendOptions {
  bool all = false;  // closed ones too
  std::string id;    // of the one that is acted on
  std::string action;
  std::int64_t days = 7;  // of a deferral
};
struct ShowOptions {
  std::vector<std::string> run_ids;  // "latest": the newest; "-": ids from standard input
  bool explain = false;
};
struct WatchOptions {
  std::string server;  // empty: the settings' own address
};
struct RunOptions {
  std::vector<std::string> workflows;
  std::string worker;
  std::string title;
  std::vector<std::string> tags;
  bool wait = true;
};
struct RecordOptions {
  std::string file;
  bool overwrite = false;
  std::int64_t seconds = 0;  // 0: until interrupted
};
struct ReplayCommandOptions {
  std::vector<std::string> files;
  std::string listen = "127.0.0.1:8188";
  std::vector<std::string> faults;
  std::uint64_t seed = 1;
  replay::ReplayOptions replay;
};
struct DemoOptions {
  double speed = 1;
};
struct GenerateOptions {
  generate::Options what;
  std::vector<std::string> scenarios;  // as on the command line
  std::string store;                   // the history to make; this and the others may be empty
  std::string truth;
  std::string facts;
  std::string questions;
  bool samples = false;
};
struct AlertsOptions {
  bool all = false;  // also those that are over
  std::int64_t limit = 50;
};
struct ExtensionCommandOptions {
  std::string directory;  // ComfyUI's, or its custom_nodes
  ExtensionOptions how;
};

[[nodiscard]] int serve_command(const CommonOptions& common);
[[nodiscard]] int watch_command(const CommonOptions& common, const WatchOptions& options);
[[nodiscard]] int runs_command(const CommonOptions& common, const RunsOptions& options);
[[nodiscard]] int preset_list_command(const CommonOptions& common);
[[nodiscard]] int preset_show_command(const CommonOptions& common, const PresetOptions& options);
[[nodiscard]] int preset_save_command(const CommonOptions& common, const PresetOptions& options);
[[nodiscard]] int preset_delete_command(const CommonOptions& common, const PresetOptions& options);
[[nodiscard]] int prune_command(const CommonOptions& common, const PruneOptions& options);
[[nodiscard]] int stats_command(const CommonOptions& common, const StatsOptions& options);
[[nodiscard]] int trend_command(const CommonOptions& common, const TrendOptions& options);
[[nodiscard]] int compare_command(const CommonOptions& common, const CompareOptions& options);
[[nodiscard]] int recommend_command(const CommonOptions& common, const RecommendOptions& options);
[[nodiscard]] int show_command(const CommonOptions& common, const ShowOptions& options);
[[nodiscard]] int run_command(const CommonOptions& common, const RunOptions& options);
[[nodiscard]] int record_command(const CommonOptions& common, const RecordOptions& options);
[[nodiscard]] int replay_command(const CommonOptions& common, const ReplayCommandOptions& options);
[[nodiscard]] int demo_command(const CommonOptions& common, const DemoOptions& options);
[[nodiscard]] int generate_command(const CommonOptions& common, const GenerateOptions& options);
[[nodiscard]] int alerts_command(const CommonOptions& common, const AlertsOptions& options);
// 0: every sink took the test, or there is none. 3: some did. 1: none did, or no server answers.
[[nodiscard]] int alerts_test_command(const CommonOptions& common);
// `verify`: also compares the columns with every run.
[[nodiscard]] int doctor_command(const CommonOptions& common, bool verify);
[[nodiscard]] int token_command(const CommonOptions& common);
[[nodiscard]] int extension_install_command(const CommonOptions& common, const ExtensionCommandOptions& options);
[[nodiscard]] int extension_uninstall_command(const CommonOptions& common, const ExtensionCommandOptions& options);
// 0: as this comfytrace carries it. 3: installed, but otherwise. 1: not installed.
[[nodiscard]] int extension_status_command(const CommonOptions& common, const ExtensionCommandOptions& options);
[[nodiscard]] int version_command(const CommonOptions& common);

// Prints "comfytrace: …" to standard error and gives the exit code that fits: 2 for wrong input, else 1.
[[nodiscard]] int report(const base::Error& error);
// Writes a line to standard output at once.
void print_line(const std::string& text);

}  // namespace comfytrace::app
