#include "generate/facts_table.h"

#include <optional>
#include <string_view>
#include <vector>

#include "base/enum_names.h"

namespace comfytrace::generate {
namespace {

void text(std::string& out, std::string_view value) {
  if (value.find_first_of("\",\r\n") == std::string_view::npos) {
    out += value;
  } else {
    out += '"';
    for (const char c : value) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  out += ',';
}

void number(std::string& out, std::optional<std::int64_t> value) {
  if (value) out += std::to_string(*value);
  out += ',';
}

void list(std::string& out, const std::vector<std::string>& values) {
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : "|") + value;
  text(out, joined);
}

}  // namespace

std::string facts_table_header() {
  return "run_id,created_at_ms,status,exit_reason,duration_ms,queue_wait_ms,vram_peak_bytes,frames,scene_count,"
         "scenes_succeeded,attempt_count,attempts_out_of_memory,attempts_timed_out,fallback_count,workflow_name,"
         "fingerprint,model,models,worker_ids,devices,comfyui_version,pytorch_version,story_id,tags,archived,like_"
         "key\n";
}

void append_facts_row(std::string& out, const history::RunFacts& facts) {
  text(out, facts.run_id);
  number(out, facts.created_at_ms);
  text(out, base::enum_name(facts.status));
  text(out, facts.exit_reason ? base::enum_name(*facts.exit_reason) : "");
  number(out, facts.duration_ms);
  number(out, facts.queue_wait_ms);
  number(out, facts.vram_peak_bytes);
  number(out, facts.frames);
  number(out, facts.scene_count);
  number(out, facts.scenes_succeeded);
  number(out, facts.attempt_count);
  number(out, facts.attempts_out_of_memory);
  number(out, facts.attempts_timed_out);
  number(out, facts.fallback_count);
  text(out, facts.workflow_name);
  text(out, facts.fingerprint);
  text(out, facts.model);
  list(out, facts.models);
  list(out, facts.worker_ids);
  list(out, facts.devices);
  text(out, facts.comfyui_version);
  text(out, facts.pytorch_version);
  text(out, facts.story_id);
  list(out, facts.tags);
  number(out, facts.archived);
  text(out, like_text(facts.key));
  out.back() = '\n';
}

std::string like_text(const history::WorkKey& key) {
  if (key.structure.empty() || key.models.empty() || !key.work_size || key.device.empty() || key.executed.empty())
    return "";
  return key.structure + "/" + key.models + "/" + std::to_string(*key.work_size) + "/" +
         std::to_string(key.scene_count) + "/" + key.device + "/" + key.executed;
}

}  // namespace comfytrace::generate
