#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/commands/command.h"

namespace {

using namespace comfytrace;
using namespace comfytrace::app;

struct Arguments {
  CommonOptions common;
  RunsOptions runs;
  ShowOptions show;
  WatchOptions watch;
  RunOptions run;
  RecordOptions record;
  ReplayCommandOptions replay;
  DemoOptions demo;
  AlertsOptions alerts;
  ExtensionCommandOptions extension;
  bool verbose = false;
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

// The filter's flags are the API's parameters: one grammar.
void add_filter(CLI::App* command, RunsOptions& options) {
  static const std::vector<std::pair<std::string, std::string>> kFlags{
      {"from", "Queued at or after: 2026-11-22, 2026-11-22T10:00:00Z, -7d, -12h or epoch ms"},
      {"to", "Queued before"},
      {"status", "queued, executing, success, failed, timeout, cancelled, skipped, partial; comma-separated"},
      {"worker", "Worker id or name; comma-separated"},
      {"workflow", "Workflow name or fingerprint; comma-separated"},
      {"text", "Words in title, prompts, error, notes or tags"},
      {"limit", "How many, 1 to 1000 [50]"},
      {"cursor", "Where the page before ended"}};
  for (const auto& [name, help] : kFlags) {
    command->add_option_function<std::string>(
        "--" + name, [&options, key = name](const std::string& value) { options.query.emplace_back(key, value); },
        help);
  }
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
  serve->add_flag("-v,--verbose", a.verbose, "Log what is done, not only what goes wrong");

  CLI::App* watch = command("watch", "Follow a running comfytrace in the terminal",
                            [&a] { return watch_command(a.common, a.watch); });
  watch->add_option("--server", a.watch.server, "Its address [http://127.0.0.1:8199]")->type_name("URL");
  add_listen(watch, a);
  add_settings(watch, a);

  CLI::App* runs = command("runs", "List runs, newest first", [&a] { return runs_command(a.common, a.runs); });
  add_filter(runs, a.runs);
  add_settings(runs, a);

  CLI::App* show = command("show", "Show runs whole", [&a] { return show_command(a.common, a.show); });
  show->add_option("run", a.show.run_ids, "Run ids; `latest`; `-` reads them from standard input")->required();
  show->add_flag("--explain", a.show.explain, "Say why the record is as it is");
  add_settings(show, a);

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

  CLI::App* doctor =
      command("doctor", "Say what is wrong, and what to do about it", [&a] { return doctor_command(a.common); });
  add_workers(doctor, a);
  add_listen(doctor, a);
  add_settings(doctor, a);

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
