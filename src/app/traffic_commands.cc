#include "app/command_line.h"

namespace comfytrace::app {

void add_traffic_commands(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* run = commands.add("run", "Submit workflows (API format), follow them to their end, record them",
                               [&a] { return run_command(a.common, a.run); });
  run->add_option("workflow", a.run.workflows, "Workflow files, in ComfyUI: Workflow > Export (API)")->required();
  run->add_option("--worker", a.run.worker, "Worker's address, name or id [the only one]");
  run->add_option("--title", a.run.title, "The run's title");
  run->add_option("--tag", a.run.tags, "A tag; may be given several times");
  run->add_flag("!--no-wait", a.run.wait, "Do not wait for the end");
  add_workers(run, a);
  add_listen(run, a);
  add_settings(run, a);

  CLI::App* record = commands.add("record", "Write a ComfyUI's traffic to a file",
                                  [&a] { return record_command(a.common, a.record); });
  record->add_option("file", a.record.file, "The file to make")->required();
  record->add_flag("--overwrite", a.record.overwrite, "Replace the file if it exists");
  record->add_option("--seconds", a.record.seconds, "Stop after so long [until Ctrl-C]");
  add_workers(record, a);
  add_settings(record, a);

  CLI::App* replaying = commands.add("replay", "Serve recordings as if they were a ComfyUI",
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

  CLI::App* demo = commands.add("demo", "Play recordings of real servers into a throw-away history and serve the page",
                                [&a] { return demo_command(a.common, a.demo); });
  demo->add_option("--speed", a.demo.speed, "Times as fast as recorded [1]");
  add_listen(demo, a);
}

}  // namespace comfytrace::app
