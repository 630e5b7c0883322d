#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/codec.h"
#include "base/counters.h"

namespace comfytrace::api {
namespace {

// Class names come from graphs: without a bound, anybody who queues prompts could grow this for ever.
constexpr std::size_t kNodeTypes = 200;
constexpr std::string_view kOther = "other";

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out + "\"";
}

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

template <class T>
void line(std::string& out, std::string_view name, std::string_view labels, T value) {
  out += name;
  if (!labels.empty()) out += fmt::format("{{{}}}", labels);
  out += fmt::format(" {}\n", value);
}

template <class T>
void single(std::string& out, std::string_view name, std::string_view help, T value) {
  head(out, name, "gauge", help);
  line(out, name, "", value);
}

// The words of ComfyUI's own job list, which dashboards know.
std::string_view job_word(model::Status status) {
  return status == model::Status::success ? "completed" : base::enum_name(status);
}

void write_vram(std::string& out, const std::vector<model::WorkerState>& workers) {
  head(out, "comfyui_vram_bytes", "gauge", "Video memory as the worker tells it.");
  for (const auto& state : workers) {
    for (const auto& device : state.worker.devices) {
      const std::string labels = label("worker", state.worker.name) + "," +
                                 label("device", fmt::format("{}:{}", device.type, device.index)) + ",";
      const auto reading = [&](std::string_view type, std::optional<std::int64_t> bytes) {
        if (bytes) line(out, "comfyui_vram_bytes", labels + label("type", type), *bytes);
      };
      reading("total", device.vram_total_bytes);
      reading("free", device.vram_free_bytes);
      reading("torch_total", device.torch_vram_total_bytes);
      reading("torch_free", device.torch_vram_free_bytes);
    }
  }
}

void write_queues(std::string& out, const std::vector<model::WorkerState>& workers) {
  head(out, "comfyui_queue_running", "gauge", "Prompts that run.");
  for (const auto& state : workers) {
    line(out, "comfyui_queue_running", label("worker", state.worker.name), state.queue_running);
  }
  head(out, "comfyui_queue_pending", "gauge", "Prompts that wait.");
  for (const auto& state : workers) {
    line(out, "comfyui_queue_pending", label("worker", state.worker.name), state.queue_pending);
  }
  head(out, "comfytrace_worker_connected", "gauge", "1 while the worker is connected.");
  for (const auto& state : workers) {
    const auto connection = state.connection.state;
    const bool connected =
        connection != model::ConnectionState::connecting && connection != model::ConnectionState::disconnected;
    line(out, "comfytrace_worker_connected", label("worker", state.worker.name), connected ? 1 : 0);
  }
}

void write_self(std::string& out, const Metrics::Gauges& gauges) {
  head(out, "comfytrace_info", "gauge", "The version that runs.");
  line(out, "comfytrace_info", label("version", gauges.version), 1);
  single(out, "comfytrace_live_pages", "Pages that are open.", gauges.live_clients);
  if (gauges.history_runs) single(out, "comfytrace_history_runs", "Runs in the history.", *gauges.history_runs);
  if (gauges.history_bytes) single(out, "comfytrace_history_bytes", "Size of the history.", *gauges.history_bytes);
  single(out, "comfytrace_writer_pending", "Runs that wait to be made durable.", gauges.writer.pending);
  single(out, "comfytrace_writer_failing", "1 while saves fail.", gauges.writer.failing ? 1 : 0);
  if (gauges.cost.cpu_ratio) {
    single(out, "comfytrace_cpu_ratio", "Share of one core that comfytrace uses.", *gauges.cost.cpu_ratio);
  }
  if (gauges.cost.resident_bytes) {
    single(out, "comfytrace_resident_bytes", "Memory that comfytrace uses.", *gauges.cost.resident_bytes);
  }
  for (const auto& row : base::counters().rows()) {
    const std::string name = fmt::format("comfytrace_{}_total", row.name);
    head(out, name, "counter", row.sentence);
    line(out, name, "", row.value);
  }
}

}  // namespace

void Metrics::Histogram::add(double seconds) {
  const auto bucket = std::lower_bound(kBuckets.begin(), kBuckets.end(), seconds);
  if (bucket != kBuckets.end()) ++counts[static_cast<std::size_t>(bucket - kBuckets.begin())];
  ++count;
  sum_s += seconds;
}

void Metrics::attempt_finished(const model::Attempt& attempt) {
  ++jobs_[attempt.status];
  if (attempt.duration_ms) durations_.add(static_cast<double>(*attempt.duration_ms) / 1000);
  for (const auto& node : attempt.nodes) {
    if (node.state != model::NodeState::finished || !node.duration_ms || node.class_type.empty()) continue;
    auto found = nodes_.find(node.class_type);
    if (found == nodes_.end()) {
      found = nodes_.try_emplace(nodes_.size() < kNodeTypes ? node.class_type : std::string(kOther)).first;
    }
    found->second.add(static_cast<double>(*node.duration_ms) / 1000);
  }
}

void Metrics::write(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram) {
  const std::string prefix = labels.empty() ? "" : labels + ",";
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < kBuckets.size(); ++i) {
    so_far += histogram.counts[i];
    line(out, name + "_bucket", prefix + label("le", fmt::format("{}", kBuckets[i])), so_far);
  }
  line(out, name + "_bucket", prefix + label("le", "+Inf"), histogram.count);
  line(out, name + "_sum", labels, histogram.sum_s);
  line(out, name + "_count", labels, histogram.count);
}

std::string Metrics::text(const Gauges& gauges) const {
  using model::Status;
  std::string out;
  head(out, "comfyui_jobs_total", "counter", "Prompts that ended while comfytrace watched.");
  for (const auto status : {Status::success, Status::failed, Status::timeout, Status::cancelled, Status::skipped}) {
    const auto found = jobs_.find(status);
    line(out, "comfyui_jobs_total", label("status", job_word(status)), found == jobs_.end() ? 0 : found->second);
  }
  head(out, "comfyui_job_duration_seconds", "histogram", "From a prompt's start to its end.");
  write(out, "comfyui_job_duration_seconds", "", durations_);
  head(out, "comfyui_node_execution_seconds", "histogram", "Executions of a node, without cached ones.");
  for (const auto& [type, histogram] : nodes_) {
    write(out, "comfyui_node_execution_seconds", label("node_type", type), histogram);
  }
  write_vram(out, gauges.workers);
  write_queues(out, gauges.workers);
  write_self(out, gauges);
  return out;
}

}  // namespace comfytrace::api
