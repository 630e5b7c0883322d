#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/commands/command.h"
#include "app/history_question.h"
#include "app/human.h"
#include "base/text.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

using model::Attempt;
using model::Run;
using model::Scene;

std::string line(std::string_view label, const std::string& value) {
  return value.empty() || value == "-" ? "" : fmt::format("  {:<12} {}\n", label, value);
}

std::string words(model::Status status, const std::optional<model::ExitReason>& reason) {
  std::string text(base::enum_name(status));
  if (reason && base::enum_name(*reason) != base::enum_name(status))
    text += fmt::format(" ({})", base::enum_name(*reason));
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return base::printable(text);
}

std::string parameters_text(const model::Parameters& p) {
  std::string out;
  out += line("model", joined(p.checkpoints));
  std::vector<std::string> loras;
  for (const model::Lora& lora : p.loras) {
    loras.push_back(lora.name + (lora.strength_model ? fmt::format(" @ {:g}", *lora.strength_model) : ""));
  }
  out += line("lora", joined(loras));
  out += line("vae", joined(p.vaes));
  std::vector<std::string> sampling;
  if (p.sampler) sampling.push_back(*p.sampler + (p.scheduler ? " / " + *p.scheduler : ""));
  if (p.steps) sampling.push_back(fmt::format("{} steps", *p.steps));
  if (p.cfg) sampling.push_back(fmt::format("cfg {:g}", *p.cfg));
  if (p.denoise) sampling.push_back(fmt::format("denoise {:g}", *p.denoise));
  out += line("sampling", joined(sampling));
  std::vector<std::string> size;
  if (p.width && p.height) size.push_back(fmt::format("{} x {}", *p.width, *p.height));
  if (p.frames) size.push_back(fmt::format("{} frames", *p.frames));
  if (p.batch_size) size.push_back(fmt::format("batch of {}", *p.batch_size));
  out += line("size", joined(size));
  out += line("seed", p.seed.value_or(""));
  out += line("prompt", base::printable(base::bounded_text(p.positive_prompt.value_or(""), 300)));
  out += line("negative", base::printable(base::bounded_text(p.negative_prompt.value_or(""), 300)));
  return out;
}

std::string nodes_text(const Attempt& attempt, std::size_t width) {
  if (attempt.nodes.empty()) {
    return attempt.node_times_known
               ? ""
               : toned("  no node times: stock ComfyUI tells them only to the client that submitted the prompt\n",
                       Tone::quiet);
  }
  Table table({"  NODE", "CLASS", "STATE", "START", "TOOK"});
  for (const model::NodeExecution& node : attempt.nodes) {
    table.add({"  " + node.node_id, node.title.empty() ? node.class_type : node.class_type + " \"" + node.title + "\"",
               std::string(base::enum_name(node.state)),
               node.start_offset_ms ? "+" + human_duration(node.start_offset_ms) : "-",
               human_duration(node.duration_ms)});
  }
  return table.text(width);
}

std::string failure_text(const Attempt& attempt) {
  std::string out;
  if (attempt.failure) {
    const model::Failure& failure = *attempt.failure;
    out += toned(fmt::format("  {} in {} (node {})\n", base::printable(failure.exception_type),
                             base::printable(failure.node_type), base::printable(failure.node_id)),
                 Tone::bad);
    out += "  " + base::printable(failure.message) + "\n";
    for (const std::string& frame : failure.traceback)
      out += toned("    " + base::printable(frame) + "\n", Tone::quiet);
  }
  for (const model::ValidationError& error : attempt.validation_errors) {
    out +=
        toned(fmt::format("  node {} {}: {} ({})\n", base::printable(error.node_id), base::printable(error.class_type),
                          base::printable(error.message), base::printable(error.details)),
              Tone::bad);
  }
  return out;
}

std::string run_text(const Run& run, const std::map<std::string, std::string>& workers, bool explain,
                     std::size_t width) {
  std::string out = toned(base::printable(run.title), Tone::strong) + "  " +
                    toned(words(run.status, run.exit_reason), status_tone(run.status)) + "\n";
  out += line("run", run.run_id);
  out += line("queued", human_time(run.created_at_ms));
  out += line("waited", human_duration(run.queue_wait_ms));
  out += line("took", human_duration(run.duration_ms));
  out += line("story", base::printable(run.story_title.value_or("")));
  out += line("tags", joined(run.tags));
  out += line("notes", base::printable(run.notes.value_or("")));
  for (const Scene& scene : run.scenes) {
    if (run.scenes.size() > 1 || run.grouped) {
      out += "\n" +
             toned(base::printable(scene.scene_id + (scene.title.empty() ? "" : " " + scene.title)), Tone::strong) +
             "  " + words(scene.status, scene.exit_reason) + "\n";
    }
    out += parameters_text(scene.parameters);
    for (std::size_t i = 0; i < scene.attempts.size(); ++i) {
      const Attempt& attempt = scene.attempts[i];
      const auto worker = workers.find(attempt.worker_id);
      out +=
          fmt::format("\n  attempt {} on {}: {}, took {}, {} of {} nodes cached\n", i + 1,
                      base::printable(worker == workers.end() ? attempt.worker_id : worker->second),
                      words(attempt.status, attempt.exit_reason), human_duration(attempt.duration_ms),
                      attempt.cached_known ? std::to_string(attempt.cached_node_ids.size()) : "?", attempt.node_count);
      out += failure_text(attempt);
      out += nodes_text(attempt, width);
      for (const model::Artifact& artifact : attempt.artifacts) {
        const std::string name = artifact.text
                                     ? base::bounded_text(*artifact.text, 200)
                                     : artifact.subfolder + (artifact.subfolder.empty() ? "" : "/") + artifact.filename;
        out += fmt::format("  -> {} {}{}\n", base::enum_name(artifact.kind), base::printable(name),
                           artifact.cached ? " (cached)" : "");
      }
      for (const std::string& note : attempt.fallback_notes)
        out += toned("  note: " + base::printable(note) + "\n", Tone::warning);
      if (!explain) continue;
      for (const model::Explanation& why : attempt.explanations) {
        out += fmt::format("  {} {} because {}\n", toned(human_time(why.at_ms), Tone::quiet), base::printable(why.what),
                           base::printable(why.because));
      }
    }
  }
  return out;
}

}  // namespace

int show_command(const CommonOptions& common, const ShowOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto reader = history::open_reader(settings->store);
  if (!reader) return report(reader.error());
  auto ids = run_ids_of(options.run_ids, **reader);
  if (!ids) return report(ids.error());
  std::map<std::string, std::string> names;
  if (auto workers = (*reader)->workers()) {
    for (const model::Worker& worker : *workers) names[worker.worker_id] = worker.name;
  }
  std::size_t shown = 0;
  for (const std::string& id : *ids) {
    auto run = (*reader)->get(id);
    if (!run) return report(run.error());
    if (!run->has_value()) {
      std::fprintf(stderr, "comfytrace: there is no run %s; `comfytrace runs` lists them\n",
                   base::printable(id).c_str());
      continue;
    }
    if (common.json) {
      print_line(base::encode_json(**run));
    } else {
      std::fputs(((shown > 0 ? "\n" : "") + run_text(**run, names, options.explain, terminal_width())).c_str(), stdout);
    }
    ++shown;
  }
  if (shown == ids->size()) return kDone;
  return shown == 0 ? kFailed : kPartly;
}

}  // namespace comfytrace::app
