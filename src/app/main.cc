#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/commands/command.h"
#include "app/filter_flags.h"
#include "base/enum_names.h"
#include "generate/scenario.h"
#include "history/run_questions.h"
#include "insight/recommendation_engine.h"
#include "insight/trend.h"

namespace {

using namespace comfytrace;
using namespace comfytrace::app;

struct Arguments {
  CommonOptions common;
  RunsOptions runs;
  PresetOptions preset;
  PruneOptions prune;
  StatsOptions stats;
  TrendOptions trend;
  CompareOptions compare;
  RecommendOptions recommend;
  ShowOptions show;
  WatchOptions watch;
  RunOptions run;
  RecordOptions record;
  ReplayCommandOptions replay;
  DemoOptions demo;
  GenerateOptions generate;
  AlertsOptions alerts;
  ExtensionCommandOptions extension;
  bool verbose = false;
  bool verify = false;  // of doctor
};

void add_json(CLI::App* command, Arguments& arguments) {
  command->add_flag("--json", arguments.common.json, "JSON on standard output");
}

void add_settings(CLI::App* command, Arguments& arguments) {
  command->add_option("--store", arguments.common.flags.store, "The history's file")->type_name("PATH");
  command->add_option("--config", arguments.common.flags.config, "Configuration file")->type_name("PATH");
}

void add_workers(CLI::App* command, Arguments& arguments) {
  command
      ->add_option("--comfyui", arguments.common.flags.comfyui,
                   "ComfyUI's address; may be given several times [http://127.0.0.1:8188]")
      ->type_name("URL");
}

void add_listen(CLI::App* command, Arguments& arguments) {
  command->add_option("--listen", arguments.common.flags.listen, "Where the page is served [127.0.0.1:8199]")
      ->type_name("HOST:PORT");
}

// Not in the main help: it is for tests, benchmarks and trying things out (docs/generate.md).
void add_generate(CLI::App* command, GenerateOptions& options) {
  command->group("");
  generate::Options& what = options.what;
  command->add_option("--store", options.store, "The history to make; replaced only if this command made it")
      ->type_name("PATH");
  command->add_option("--runs", what.runs, "How many runs")->capture_default_str();
  command->add_option("--seed", what.seed, "The same seed gives the same history")->capture_default_str();
  command->add_option("--days", what.days, "How long they took together [as long as keeps the workers a third busy]");
  command->add_option("--end-ms", what.end_ms, "When the last one was queued at the latest, epoch ms")
      ->capture_default_str();
  command->add_option("--workflows", what.workflows, "How many workflows, 1 to 9")->capture_default_str();
  command->add_option("--workers", what.workers, "How many workers, 1 to 60")->capture_default_str();
  command->add_option("--scenes", what.scenes, "Scenes of every run [a mix of 1 to 6]");
  command->add_option("--cv", what.cv, "Coefficient of variation of durations, like for like")->capture_default_str();
  command->add_option("--failures", what.failure_share, "Share of attempts that do not succeed")->capture_default_str();
  command
      ->add_option("--scenario", options.scenarios, "What to put in, NAME[=SIZE][@PLACE]; may be given several times")
      ->type_name("NAME");
  command->add_option("--truth", options.truth, "Write what was put in, as JSON")->type_name("FILE");
  command->add_option("--facts", options.facts, "Write a table of the runs' facts, as CSV")->type_name("FILE");
  command->add_option("--questions", options.questions, "Write questions to ask of it, a JSON object a line")
      ->type_name("FILE");
  command->add_flag("--samples", options.samples, "With readings of the devices, two a second");
  command->footer("Scenarios: " + base::enum_names<generate::Scenario>() +
                  "\nExample: comfytrace generate --store made.db --runs 5000 --seed 7 --scenario step=0.2@0.5");
}

// Registers every command; returns the function that runs the one that was given.
std::function<int()> add_commands(CLI::App& app, Arguments& a) {
  auto chosen = std::make_shared<std::function<int()>>();
  const auto command_of = [&](CLI::App& parent, const char* name, const char* help, std::function<int()> action) {
    CLI::App* sub = parent.add_subcommand(name, help);
    add_json(sub, a);
    sub->callback([chosen, action = std::move(action)] { *chosen = action; });
    return sub;
  };
  const auto command = [&](const char* name, const char* help, std::function<int()> action) {
    return command_of(app, name, help, std::move(action));
  };

  CLI::App* serve = command("serve", "Record, and serve the page", [&a] { return serve_command(a.common); });
  add_workers(serve, a);
  add_listen(serve, a);
  add_settings(serve, a);
  serve
      ->add_option("--allow-host", a.common.flags.allowed_hosts,
                   "A further name under which this server may be addressed")
      ->type_name("NAME");
  serve
      ->add_option("--retention-days", a.common.flags.retention_days,
                   "Remove runs older than so many days, at the start and daily [off]")
      ->type_name("DAYS");
  serve
      ->add_option("--retention-max-bytes", a.common.flags.retention_max_bytes,
                   "Remove the oldest runs when the history is larger: 2GiB [off]")
      ->type_name("SIZE");
  serve->footer("Retention never touches archived or tagged runs.");
  serve->add_flag("-v,--verbose", a.verbose, "Log what is done, not only what goes wrong");

  CLI::App* watch = command("watch", "Follow a running comfytrace in the terminal",
                            [&a] { return watch_command(a.common, a.watch); });
  watch->add_option("--server", a.watch.server, "Its address [http://127.0.0.1:8199]")->type_name("URL");
  add_listen(watch, a);
  add_settings(watch, a);

  CLI::App* runs = command("runs", "List runs, newest first", [&a] { return runs_command(a.common, a.runs); });
  add_list_flags(runs, a.runs.query);
  add_filter_flags(runs, a.runs.query);
  add_settings(runs, a);

  CLI::App* preset = app.add_subcommand("preset", "Filters that are kept under a name");
  preset->require_subcommand(1);
  CLI::App* preset_list = command_of(*preset, "list", "List them", [&a] { return preset_list_command(a.common); });
  CLI::App* preset_show =
      command_of(*preset, "show", "Show one", [&a] { return preset_show_command(a.common, a.preset); });
  CLI::App* preset_save = command_of(*preset, "save", "Keep the filter that the flags say, or replace it",
                                     [&a] { return preset_save_command(a.common, a.preset); });
  add_filter_flags(preset_save, a.preset.filter);
  preset_save->remove_option(preset_save->get_option("--preset"));
  preset_save->footer("Example: comfytrace preset save slow --duration-min 10m --from -7d");
  CLI::App* preset_delete =
      command_of(*preset, "delete", "Delete one", [&a] { return preset_delete_command(a.common, a.preset); });
  for (CLI::App* one : {preset_show, preset_save, preset_delete})
    one->add_option("name", a.preset.name, "The preset's name")->required();
  for (CLI::App* one : {preset_list, preset_show, preset_save, preset_delete}) add_settings(one, a);

  CLI::App* prune = command("prune", "Remove old runs from the history; without --yes only say which",
                            [&a] { return prune_command(a.common, a.prune); });
  prune->add_option("--older-than", a.prune.older_than, "Runs queued longer ago: 30d, 12h, 4w")->type_name("AGE");
  prune->add_option("--keep", a.prune.keep, "All but so many of the newest that match")->type_name("N");
  prune->add_option("--max-bytes", a.prune.max_bytes, "The oldest, until the history is no larger: 2GiB")
      ->type_name("SIZE");
  prune->add_flag("--yes", a.prune.yes, "Do it");
  prune->add_flag("--dry-run", a.prune.dry_run, "Only say what would go; so it is without --yes");
  add_filter_flags(prune, a.prune.filter);
  add_settings(prune, a);
  prune->footer(
      "Archived and tagged runs, and runs that have not ended, always stay. A running `comfytrace serve` does it in\n"
      "small batches while it goes on recording.\n"
      "Example: comfytrace prune --older-than 30d --status failed,cancelled --yes");

  CLI::App* show = command("show", "Show runs whole", [&a] { return show_command(a.common, a.show); });
  show->add_option("run", a.show.run_ids, "Run ids; `latest`; `-` reads them from standard input")->required();
  show->add_flag("--explain", a.show.explain, "Say why the record is as it is");
  add_settings(show, a);

  CLI::App* stats =
      command("stats", "Statistics of the runs that match", [&a] { return stats_command(a.common, a.stats); });
  stats->add_option("--by", a.stats.by, "And of each " + base::enum_names<history::GroupBy>());
  stats->add_flag("--exact", a.stats.exact, "Exact percentiles however many runs match");
  add_filter_flags(stats, a.stats.filter);
  add_settings(stats, a);

  CLI::App* trend = command("trend", "How a measure goes with time, where it stepped, and what changed there",
                            [&a] { return trend_command(a.common, a.trend); });
  trend->add_option("--metric", a.trend.metric, base::enum_names<insight::Metric>() + " [duration]");
  trend->add_option("--bucket", a.trend.bucket,
                    base::enum_names<insight::TrendBucket>() + " [by how many runs there are]");
  trend->add_flag("--as-it-is", a.trend.as_it_is, "Not like for like: values as they are, whatever work is mixed");
  add_filter_flags(trend, a.trend.filter);
  add_settings(trend, a);

  CLI::App* compare = command("compare", "One run against the runs like it, or several side by side",
                              [&a] { return compare_command(a.common, a.compare); });
  compare->add_option("run", a.compare.run_ids, "Run ids; `latest`; `-` reads them from standard input")->required();
  add_settings(compare, a);

  CLI::App* recommend = command("recommend", "What comfytrace suggests, with its evidence",
                                [&a] { return recommend_command(a.common, a.recommend); });
  recommend->add_option("action", a.recommend.action,
                        base::enum_names<insight::RecommendationAction>() + "; none: list");
  recommend->add_option("id", a.recommend.id, "Of the recommendation that is acted on");
  recommend->add_option("--days", a.recommend.days, "For how long to defer it [7]")->check(CLI::Range(1, 3650));
  recommend->add_flag("--all", a.recommend.all, "Closed ones too");
  add_settings(recommend, a);

  CLI::App* run = command("run", "Submit workflows (API format), follow them to their end, record them",
                          [&a] { return run_command(a.common, a.run); });
  run->add_option("workflow", a.run.workflows, "Workflow files, in ComfyUI: Workflow > Export (API)")->required();
  run->add_option("--worker", a.run.worker, "Worker's address, name or id [the only one]");
  run->add_option("--title", a.run.title, "The run's title");
  run->add_option("--tag", a.run.tags, "A tag; may be given several times");
  run->add_flag("!--no-wait", a.run.wait, "Do not wait for the end");
  add_workers(run, a);
  add_listen(run, a);
  add_settings(run, a);

  CLI::App* record =
      command("record", "Write a ComfyUI's traffic to a file", [&a] { return record_command(a.common, a.record); });
  record->add_option("file", a.record.file, "The file to make")->required();
  record->add_flag("--overwrite", a.record.overwrite, "Replace the file if it exists");
  record->add_option("--seconds", a.record.seconds, "Stop after so long [until Ctrl-C]");
  add_workers(record, a);
  add_settings(record, a);

  CLI::App* replaying = command("replay", "Serve recordings as if they were a ComfyUI",
                                [&a] { return replay_command(a.common, a.replay); });
  replaying->add_option("files", a.replay.files, "Recordings, played one after another")->required();
  replaying->add_option("--listen", a.replay.listen, "Where [127.0.0.1:8188]")->type_name("HOST:PORT");
  replaying->add_option("--speed", a.replay.replay.speed, "Times as fast as recorded; 0: as fast as possible [1]");
  replaying->add_flag("--loop", a.replay.replay.loop, "Again and again, with fresh prompt ids");
  replaying->add_flag("--wait-for-client", a.replay.replay.wait_for_client,
                      "Begin when the first client has connected");
  replaying->add_flag("!--no-play", a.replay.replay.play, "Only execute what is submitted");
  replaying->add_flag("--original-times", a.replay.replay.original_times,
                      "Keep the recorded time stamps instead of moving them to now");
  replaying->add_flag_callback(
      "--everyone", [&a] { a.replay.replay.audience = replay::Audience::everyone; },
      "Send the submitters' events to every socket (a real server does not)");
  replaying->add_option("--fault", a.replay.faults, "What to do wrong, see below; may be given several times");
  replaying->add_option("--seed", a.replay.seed, "Of the faults' randomness [1]");
  replaying->footer(std::string(replay::faults_help()));

  CLI::App* demo = command("demo", "Play recordings of real servers into a throw-away history and serve the page",
                           [&a] { return demo_command(a.common, a.demo); });
  demo->add_option("--speed", a.demo.speed, "Times as fast as recorded [1]");
  add_listen(demo, a);

  add_generate(command("generate", "Make up a history with known truths",
                       [&a] { return generate_command(a.common, a.generate); }),
               a.generate);
  CLI::App* alerts = command("alerts", "List what is wrong now, and test who is told", {});
  alerts->add_flag("--all", a.alerts.all, "Also what is over");
  alerts->add_option("--limit", a.alerts.limit, "How many, 1 to 1000 [50]")->check(CLI::Range(1, 1000));
  add_settings(alerts, a);
  CLI::App* test = alerts->add_subcommand("test", "Send a test to every sink of a running comfytrace");
  add_json(test, a);
  add_listen(test, a);
  add_settings(test, a);
  test->footer("Exit codes: 0 every sink took it, 3 some did, 1 none did or no server answers.");
  alerts->callback([chosen, test, &a] {
    *chosen = [test, &a] {
      return test->parsed() ? alerts_test_command(a.common) : alerts_command(a.common, a.alerts);
    };
  });

  CLI::App* extension = app.add_subcommand("extension", "The package for ComfyUI that tells what happens inside it");
  extension->require_subcommand(1);
  CLI::App* install = command_of(*extension, "install", "Put it into ComfyUI's custom_nodes, or bring it up to date",
                                 [&a] { return extension_install_command(a.common, a.extension); });
  install->add_flag("--force", a.extension.how.force,
                    "Replace what was changed by hand, keeping it beside as .bak, and newer versions");
  CLI::App* uninstall = command_of(*extension, "uninstall", "Remove it, except what was changed by hand",
                                   [&a] { return extension_uninstall_command(a.common, a.extension); });
  CLI::App* status = command_of(*extension, "status", "Say what is installed, and whether it runs",
                                [&a] { return extension_status_command(a.common, a.extension); });
  status->footer("Exit codes: 0 as this comfytrace carries it, 3 installed but otherwise, 1 not installed.");
  add_workers(status, a);
  status->add_option("--config", a.common.flags.config, "Configuration file")->type_name("PATH");
  for (CLI::App* one : {install, uninstall, status}) {
    one->add_option("directory", a.extension.directory, "ComfyUI's folder, or its custom_nodes")->required();
  }
  for (CLI::App* one : {install, uninstall}) {
    one->add_flag("--dry-run", a.extension.how.dry_run, "Only say what would be done");
  }

  CLI::App* doctor = command("doctor", "Say what is wrong, and what to do about it",
                             [&a] { return doctor_command(a.common, a.verify); });
  add_workers(doctor, a);
  add_listen(doctor, a);
  add_settings(doctor, a);
  doctor->add_flag("--verify", a.verify,
                   "Also compare the columns that statistics are made from with every run; reads the whole history");

  CLI::App* token = command("token", "Make the access token that listening beyond this machine needs",
                            [&a] { return token_command(a.common); });
  add_settings(token, a);
  command("version", "Print the version", [&a] { return version_command(a.common); });
  return [chosen] { return (*chosen)(); };
}

}  // namespace

int main(int argc, char** argv) {
  // A reader of our output that goes away is not a reason to die without closing the history.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor is a file-size limit: to the history it is a full disk, which passes.
  std::signal(SIGXFSZ, SIG_IGN);
  spdlog::set_default_logger(spdlog::stderr_color_mt("comfytrace"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(spdlog::level::warn);

  CLI::App app("comfytrace: the flight recorder of ComfyUI. Nothing leaves your machine.", "comfytrace");
  app.require_subcommand(1);
  app.set_version_flag("--version", "comfytrace " COMFYTRACE_VERSION);
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done. `comfytrace COMMAND --help` says more.");
  Arguments arguments;
  const auto action = add_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const int code = app.exit(problem);
    return code == 0 ? kDone : kUsage;
  }
  if (arguments.verbose) spdlog::set_level(spdlog::level::info);
  return action();
}
