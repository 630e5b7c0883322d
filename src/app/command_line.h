#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

#include "app/commands/command.h"

namespace comfytrace::app {

// What the command line may say; each command reads its own part.
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

// The commands that a command line knows, and which of them it asks for.
class Commands {
 public:
  Commands(CLI::App& app, Arguments& arguments) : app_(app), arguments_(arguments) {}
  Commands(const Commands&) = delete;

  // With --json, as every command. The commands belong to the app.
  CLI::App* add(const char* name, const char* help, std::function<int()> action) {
    return add_to(app_, name, help, std::move(action));
  }
  CLI::App* add_to(CLI::App& parent, const char* name, const char* help, std::function<int()> action);
  // Does this instead when the command is given.
  void on(CLI::App* command, std::function<int()> action);

  [[nodiscard]] CLI::App& app() { return app_; }
  [[nodiscard]] Arguments& arguments() { return arguments_; }
  // Runs the command that was given. Returns its exit code.
  [[nodiscard]] int run() const { return chosen_(); }

 private:
  CLI::App& app_;
  Arguments& arguments_;
  std::function<int()> chosen_;
};

// Flags that several commands take.
void add_json(CLI::App* command, Arguments& arguments);
void add_settings(CLI::App* command, Arguments& arguments);
void add_workers(CLI::App* command, Arguments& arguments);
void add_listen(CLI::App* command, Arguments& arguments);

// In the order of the help.
void add_serving_commands(Commands& commands);
void add_history_commands(Commands& commands);
void add_traffic_commands(Commands& commands);
void add_upkeep_commands(Commands& commands);

}  // namespace comfytrace::app
