#include "app/command_line.h"

namespace comfytrace::app {

CLI::App* Commands::add_to(CLI::App& parent, const char* name, const char* help, std::function<int()> action) {
  CLI::App* command = parent.add_subcommand(name, help);
  add_json(command, arguments_);
  on(command, std::move(action));
  return command;
}

void Commands::on(CLI::App* command, std::function<int()> action) {
  command->callback([this, action = std::move(action)] { chosen_ = action; });
}

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

void add_serving_commands(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* serve = commands.add("serve", "Record, and serve the page", [&a] { return serve_command(a.common); });
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

  CLI::App* watch = commands.add("watch", "Follow a running comfytrace in the terminal",
                                 [&a] { return watch_command(a.common, a.watch); });
  watch->add_option("--server", a.watch.server, "Its address [http://127.0.0.1:8199]")->type_name("URL");
  add_listen(watch, a);
  add_settings(watch, a);
}

}  // namespace comfytrace::app
