#include <fmt/format.h>

#include <utility>

#include "app/commands/command.h"
#include "app/embedded_extension.h"
#include "app/human.h"
#include "app/server_client.h"
#include "base/codec.h"
#include "base/text.h"

namespace comfytrace::app {
namespace {

// What a ComfyUI says about the package inside it.
struct RunningExtension {
  std::string comfyui;  // address
  bool answers = false;
  bool runs = false;
  std::optional<std::string> version;
  std::string sentence;
};
BOOST_DESCRIBE_STRUCT(RunningExtension, (), (comfyui, answers, runs, version, sentence))

RunningExtension ask(const std::string& address, const ExtensionStatus& status) {
  RunningExtension running;
  running.comfyui = address;
  auto url = net::parse_url(address);
  if (!url) {
    running.sentence = url.error().sentence();
    return running;
  }
  const bool installed = status.installed_version.has_value();
  const char* const restart = installed ? "; if that is this ComfyUI, restart it" : "";
  auto hello = ServerClient(*url, "").call("GET", "/telemetry", "", 5'000);
  running.answers = hello.ok() || hello.error().code == base::ErrorCode::not_found;
  if (!hello) {
    running.sentence = running.answers ? std::string("answers, and the extension does not run there") + restart
                                       : "not known: " + hello.error().message;
    return running;
  }
  // Another server may have something of its own at that address.
  running.runs = base::find_integer(*hello, "protocol").has_value() && base::find_string(*hello, "boot").has_value();
  if (!running.runs) {
    running.sentence = "answers, but not as the extension does";
    return running;
  }
  running.version = base::find_string(*hello, "extensionVersion");
  running.sentence = "runs there, version " + running.version.value_or("?");
  if (installed && running.version != status.installed_version) running.sentence += restart;
  return running;
}

std::string file_count(std::size_t count) {
  return count == 1 ? "1 file" : fmt::format("{} files", count);
}

void print_kept(const std::vector<KeptFile>& kept) {
  for (const KeptFile& file : kept) {
    print_line(toned("  kept " + base::printable(file.name) + ": " + file.reason, Tone::warning));
  }
}

void print_names(const char* what, const std::vector<std::string>& names) {
  for (const std::string& name : names) print_line(fmt::format("  {} {}", what, base::printable(name)));
}

void print_install(const ExtensionChange& change, const std::string& directory) {
  const auto begin = [&](const char* word, const char* capital) {
    return change.dry_run ? std::string("Would be ") + word : std::string(capital);
  };
  const std::string place = base::printable(change.folder);
  const std::string before = change.previous_version ? base::printable(*change.previous_version) : "";
  const std::string counts = file_count(change.written.size()) + " written" +
                             (change.removed.empty() ? "" : ", " + file_count(change.removed.size()) + " removed");
  switch (change.action) {
    case ExtensionAction::none:
      print_line("Nothing to do: version " + change.version + " is installed in " + place);
      break;
    case ExtensionAction::repaired:
      print_line(begin("put right", "Put right") + ", version " + change.version + ": " + counts + " in " + place);
      break;
    case ExtensionAction::upgraded:
    case ExtensionAction::downgraded:
      print_line(begin("changed", "Changed") + " from version " + before + " to " + change.version + ": " + counts +
                 " in " + place);
      break;
    default:
      print_line(begin("installed", "Installed") + ", version " + change.version + ": " + counts + " in " + place);
  }
  if (change.dry_run) print_names("write", change.written);
  if (change.dry_run) print_names("remove", change.removed);
  print_names(change.dry_run ? "what was changed by hand would be" : "what was changed by hand is now", change.backups);
  print_kept(change.kept);
  if (!change.kept.empty()) {
    print_line("  --force puts the package's files there and keeps those beside them as .bak");
  }
  if (change.action == ExtensionAction::none || change.dry_run) return;
  print_line("Next: restart ComfyUI. `comfytrace extension status " + base::printable(directory) +
             "` then says whether it runs.");
}

void print_uninstall(const ExtensionChange& change) {
  const std::string place = base::printable(change.folder);
  if (change.action == ExtensionAction::none) {
    print_line("Nothing to do: not installed in " + place);
    return;
  }
  print_line(fmt::format("{} from {}", change.dry_run ? "Would be removed" : "Removed", place));
  if (change.dry_run) print_names("remove", change.removed);
  print_kept(change.kept);
  if (!change.kept.empty())
    print_line("  The folder stays for their sake; remove it yourself if you do not need them.");
  if (!change.dry_run) print_line("Next: restart ComfyUI; until then the extension goes on in it.");
}

std::pair<std::string, Tone> sentence_of(const ExtensionStatus& status) {
  const std::string version = status.installed_version ? base::printable(*status.installed_version) : "";
  switch (status.state) {
    case ExtensionState::not_installed:
      return {"not installed", Tone::warning};
    case ExtensionState::current:
      return {"installed, version " + version + ", current", Tone::good};
    case ExtensionState::altered:
      return {"installed, version " + version + ", but not as it was made", Tone::warning};
    case ExtensionState::outdated:
      return {"installed, version " + version + ", outdated: this comfytrace carries " + status.carried_version +
                  (version == status.carried_version ? " with other files" : ""),
              Tone::warning};
    case ExtensionState::newer:
      return {"installed, version " + version + ", newer than " + status.carried_version +
                  ", the one this comfytrace carries",
              Tone::warning};
    case ExtensionState::foreign:
      break;
  }
  return {"something else is in its place: " + base::printable(status.reason), Tone::bad};
}

void print_status(const ExtensionStatus& status, const std::vector<RunningExtension>& running,
                  const std::string& directory) {
  const auto [sentence, tone] = sentence_of(status);
  print_line(toned(sentence, tone) + " (" + base::printable(status.folder) + ")");
  for (const KeptFile& file : status.changed) print_line("  " + base::printable(file.name) + " " + file.reason);
  print_names("missing:", status.missing);
  for (const RunningExtension& one : running) print_line(one.comfyui + ": " + base::printable(one.sentence));
  const std::string install = "`comfytrace extension install " + base::printable(directory);
  if (status.state == ExtensionState::not_installed) print_line("Next: " + install + "`");
  if (status.state == ExtensionState::outdated) print_line("Next: " + install + "`, then restart ComfyUI");
  if (status.state == ExtensionState::altered) {
    print_line("Next: " + install + (status.changed.empty() ? "`" : " --force`") + ", then restart ComfyUI");
  }
  if (status.state == ExtensionState::foreign) {
    print_line("Next: move it out of custom_nodes, then " + install + "`");
  }
}

int finish(const CommonOptions& common, const base::Result<ExtensionChange>& change,
           const std::function<void(const ExtensionChange&)>& print) {
  if (!change) return report(change.error());
  if (common.json) {
    print_line(base::encode_json(*change));
  } else {
    print(*change);
  }
  return change->kept.empty() ? kDone : kPartly;
}

}  // namespace

int extension_install_command(const CommonOptions& common, const ExtensionCommandOptions& options) {
  auto custom_nodes = ExtensionPackage::find_custom_nodes(options.directory);
  if (!custom_nodes) return report(custom_nodes.error());
  return finish(common, embedded_extension().install(*custom_nodes, options.how),
                [&](const ExtensionChange& change) { print_install(change, options.directory); });
}

int extension_uninstall_command(const CommonOptions& common, const ExtensionCommandOptions& options) {
  auto custom_nodes = ExtensionPackage::find_custom_nodes(options.directory);
  if (!custom_nodes) return report(custom_nodes.error());
  return finish(common, embedded_extension().uninstall(*custom_nodes, options.how), print_uninstall);
}

int extension_status_command(const CommonOptions& common, const ExtensionCommandOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto custom_nodes = ExtensionPackage::find_custom_nodes(options.directory);
  if (!custom_nodes) return report(custom_nodes.error());
  auto status = embedded_extension().status(*custom_nodes);
  if (!status) return report(status.error());
  std::vector<RunningExtension> running;
  for (const WorkerSetting& worker : settings->workers) running.push_back(ask(worker.url, *status));
  if (common.json) {
    print_line("{\"installed\":" + base::encode_json(*status) + ",\"running\":" + base::encode_json(running) + "}");
  } else {
    print_status(*status, running, options.directory);
  }
  if (status->state == ExtensionState::current) return kDone;
  return status->installed_version ? kPartly : kFailed;
}

}  // namespace comfytrace::app
