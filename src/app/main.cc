#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/command_line.h"
#include "app/usage_error.h"

using namespace comfytrace::app;

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
  Commands commands(app, arguments);
  add_serving_commands(commands);
  add_history_commands(commands);
  add_traffic_commands(commands);
  add_upkeep_commands(commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem), kDone;  // help was asked for
    std::cerr << usage_error(app, problem);
    return kUsage;
  }
  if (arguments.verbose) spdlog::set_level(spdlog::level::info);
  return commands.run();
}
