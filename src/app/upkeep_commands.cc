#include "app/command_line.h"
#include "base/enum_names.h"
#include "generate/scenario.h"

namespace comfytrace::app {
namespace {

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

void add_alerts(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* alerts = commands.add("alerts", "List what is wrong now, and test who is told", {});
  alerts->add_flag("--all", a.alerts.all, "Also what is over");
  alerts->add_option("--limit", a.alerts.limit, "How many, 1 to 1000 [50]")->check(CLI::Range(1, 1000));
  add_settings(alerts, a);
  CLI::App* test = alerts->add_subcommand("test", "Send a test to every sink of a running comfytrace");
  add_json(test, a);
  add_listen(test, a);
  add_settings(test, a);
  test->footer("Exit codes: 0 every sink took it, 3 some did, 1 none did or no server answers.");
  commands.on(alerts, [test, &a] {
    return test->parsed() ? alerts_test_command(a.common) : alerts_command(a.common, a.alerts);
  });
}

void add_extension(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* extension =
      commands.app().add_subcommand("extension", "The package for ComfyUI that tells what happens inside it");
  extension->require_subcommand(1);
  CLI::App* install =
      commands.add_to(*extension, "install", "Put it into ComfyUI's custom_nodes, or bring it up to date",
                      [&a] { return extension_install_command(a.common, a.extension); });
  install->add_flag("--force", a.extension.how.force,
                    "Replace what was changed by hand, keeping it beside as .bak, and newer versions");
  CLI::App* uninstall = commands.add_to(*extension, "uninstall", "Remove it, except what was changed by hand",
                                        [&a] { return extension_uninstall_command(a.common, a.extension); });
  CLI::App* status = commands.add_to(*extension, "status", "Say what is installed, and whether it runs",
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
}

}  // namespace

void add_upkeep_commands(Commands& commands) {
  Arguments& a = commands.arguments();
  add_generate(commands.add("generate", "Make up a history with known truths",
                            [&a] { return generate_command(a.common, a.generate); }),
               a.generate);
  add_alerts(commands);
  add_extension(commands);

  CLI::App* doctor = commands.add("doctor", "Say what is wrong, and what to do about it",
                                  [&a] { return doctor_command(a.common, a.verify); });
  add_workers(doctor, a);
  add_listen(doctor, a);
  add_settings(doctor, a);
  doctor->add_flag(
      "--verify", a.verify,
      "Also compare the columns that statistics are made from, and what filters look into, with every run; "
      "reads the whole history");

  CLI::App* token = commands.add("token", "Make the access token that listening beyond this machine needs",
                                 [&a] { return token_command(a.common); });
  add_settings(token, a);
  commands.add("version", "Print the version", [&a] { return version_command(a.common); });
}

}  // namespace comfytrace::app
