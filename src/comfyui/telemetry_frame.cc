#include "comfyui/telemetry_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "comfyui/foreign_json.h"
#include "comfyui/message_data.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using base::find;
using base::Result;

constexpr std::uint64_t kMaxFailures = 1'000'000'000;      // of a tap that count
constexpr std::int64_t kMaxEpochMs = 253'402'300'799'999;  // the end of the year 9999

// Never rounded up: ComfyUI's own stamps are cut off the same way, and a node must not begin before its prompt.
std::optional<std::int64_t> stamp_ms(const MessageData& data, std::string_view key) {
  const auto told = number_of(find(data.value, key));
  if (!told || *told < 0 || *told > static_cast<double>(kMaxEpochMs)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(*told));
}

std::optional<std::uint64_t> count_of(const json::value* value) {
  const auto count = value ? base::as_integer(*value) : std::nullopt;
  if (!count || *count < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

std::optional<std::int64_t> bytes_at(const json::value& object, std::string_view key) {
  const auto told = base::find_integer(object, key);
  return told && *told >= 0 ? told : std::nullopt;
}

json::value object_at(const MessageData& data, std::string_view key) {
  const json::value* value = find(data.value, key);
  if (!value || !value->is_object()) return json::object{};
  json::value taken = *value;
  drop_credentials(taken);
  return taken;
}

QueueItem item_of(const MessageData& data) {
  QueueItem item;
  item.number = number_of(find(data.value, "number")).value_or(0);
  item.prompt_id = data.id("promptId").value_or("");
  item.graph = object_at(data, "prompt");
  item.extra_data = object_at(data, "extraData");
  item.output_node_ids = ids_of(find(data.value, "outputs"), data.bounds());
  return item;
}

NodeProgress node_of(const MessageData& data, std::string node_id) {
  NodeProgress node;
  node.display_node_id = data.id("displayNodeId").value_or(node_id);
  node.parent_node_id = data.id("parentNodeId");
  node.class_type = data.text("classType");
  node.value = number_of(find(data.value, "value"));
  node.max = number_of(find(data.value, "max"));
  node.started_at_ms = stamp_ms(data, "startedTsMs");
  node.node_id = std::move(node_id);
  return node;
}

// Of all devices the highest: a node works on one of them.
std::optional<std::int64_t> peak_of(const MessageData& data) {
  std::optional<std::int64_t> peak;
  const json::array* devices = base::find_array(data.value, "memory");
  if (!devices) return peak;
  for (const json::value& device : *devices) {
    const auto told = bytes_at(device, "nodePeakAllocatedBytes");
    if (told) peak = std::max(peak.value_or(0), *told);
  }
  return peak;
}

std::vector<TorchMemory> torch_memory_of(const json::value& data, const FrameLimits& limits) {
  std::vector<TorchMemory> readings;
  const json::array* devices = base::find_array(data, "devices");
  if (!devices) devices = base::find_array(data, "memory");
  if (!devices) return readings;
  for (const json::value& device : *devices) {
    if (readings.size() == limits.max_items) break;
    const auto index = bytes_at(device, "device");
    const auto allocated = bytes_at(device, "allocatedBytes");
    const auto reserved = bytes_at(device, "reservedBytes");
    if (index && allocated && reserved) readings.push_back({*index, *allocated, *reserved});
  }
  return readings;
}

enum class NodePhase { started, progress, finished };

template <NodePhase phase>
Result<TelemetryEvent> decode_node(const MessageData& data, std::int64_t at_ms) {
  auto prompt_id = data.id("promptId");
  if (!prompt_id) return data.lacks("promptId", "a string");
  auto node_id = data.id("nodeId");
  if (!node_id) return data.lacks("nodeId", "a string");
  NodeProgress node = node_of(data, std::move(*node_id));
  if (phase == NodePhase::started) node.started_at_ms = at_ms;
  if (phase == NodePhase::finished) {
    node.finished = true;
    // One that the cache held has begun at no time.
    if (base::find_bool(data.value, "cached").value_or(false)) node.started_at_ms.reset();
    if (node.started_at_ms) node.finished_at_ms = std::max(at_ms, *node.started_at_ms);
    node.vram_peak_bytes = peak_of(data);
  }
  return TelemetryEvent(Event(ProgressState{std::move(*prompt_id), {std::move(node)}}));
}

std::vector<ProgressState> running_of(const MessageData& data) {
  std::vector<ProgressState> running;
  const json::array* nodes = base::find_array(data.value, "runningNodes");
  if (!nodes) return running;
  std::size_t taken = 0;
  for (const json::value& value : *nodes) {
    if (taken == data.limits.max_items) break;
    const MessageData told{value, data.limits};
    auto prompt_id = told.id("promptId");
    auto node_id = told.id("nodeId");
    if (!prompt_id || !node_id) continue;
    ++taken;
    auto of_prompt = std::ranges::find(running, *prompt_id, &ProgressState::prompt_id);
    if (of_prompt == running.end()) of_prompt = running.insert(running.end(), ProgressState{std::move(*prompt_id), {}});
    of_prompt->nodes.push_back(node_of(told, std::move(*node_id)));
  }
  return running;
}

// Absent counters count nothing yet; absent figures are not known.
TelemetryStats stats_of(const MessageData& data) {
  TelemetryStats stats;
  if (const json::value* counters = find(data.value, "counters")) {
    stats.frames_dropped = bytes_at(*counters, "dropped").value_or(0);
  }
  if (const json::object* failures = base::find_object(data.value, "failures")) {
    stats.failures = 0;
    for (const auto& [tap, count] : *failures)
      *stats.failures += static_cast<std::int64_t>(std::min<std::uint64_t>(count_of(&count).value_or(0), kMaxFailures));
  }
  if (const json::value* cost = find(data.value, "cost")) {
    const auto us = [&](std::string_view key) -> std::optional<double> {
      const auto ns = number_of(find(*cost, key));
      return ns && *ns >= 0 ? std::optional(*ns / 1000) : std::nullopt;
    };
    stats.event_cost_p50_us = us("recentP50Ns");
    stats.event_cost_p99_us = us("recentP99Ns");
  }
  return stats;
}

model::ExtensionInfo extension_of(const MessageData& data, std::int64_t protocol) {
  model::ExtensionInfo extension;
  extension.protocol = protocol;
  extension.version = data.text("extensionVersion");
  extension.outdated = base::compare_versions(extension.version, COMFYTRACE_VERSION) < 0;
  if (const json::value* taps = find(data.value, "taps")) {
    extension.taps = ids_of(find(*taps, "present"), data.bounds());
    const json::array* skipped = base::find_array(*taps, "skipped");
    for (std::size_t i = 0; skipped && i < std::min(skipped->size(), data.limits.max_items); ++i) {
      const MessageData tap{(*skipped)[i], data.limits};
      if (auto name = tap.id("name")) extension.skipped_taps.push_back({std::move(*name), tap.text("reason")});
    }
  }
  update(extension, stats_of(data));
  return extension;
}

TelemetryHello hello_of(const MessageData& data, std::int64_t protocol) {
  TelemetryHello hello;
  hello.extension = extension_of(data, protocol);
  hello.running = running_of(data);
  return hello;
}

Result<TelemetryEvent> decode_stats(const MessageData& data, std::int64_t) {
  return TelemetryEvent(stats_of(data));
}

Result<TelemetryEvent> decode_hello(const MessageData& data, std::int64_t) {
  const auto protocol = base::find_integer(data.value, "protocol");
  if (!protocol) return data.lacks("protocol", "a whole number");
  return TelemetryEvent(hello_of(data, *protocol));
}

Result<TelemetryEvent> decode_dropped(const MessageData& data, std::int64_t) {
  return TelemetryEvent(FramesDropped{count_of(find(data.value, "count")).value_or(1)});
}

Result<TelemetryEvent> decode_preview(const MessageData& data, std::int64_t) {
  const json::value* encoded = find(data.value, "base64");
  if (!encoded || !encoded->is_string()) return data.lacks("base64", "a string");
  auto image = base::from_base64(encoded->get_string());
  if (!image || image->empty())
    return base::Error{base::ErrorCode::invalid, "is no picture in base64", "$.data.base64"};
  const std::string mime_type = data.text("mimeType");
  if (mime_type != "image/jpeg" && mime_type != "image/png")
    return TelemetryEvent(Event(UnknownBinary{1, image->size()}));
  PreviewImage preview;
  preview.format = mime_type.substr(6);
  preview.image = std::move(*image);
  preview.prompt_id = data.id("promptId");
  preview.node_id = data.id("nodeId");
  return TelemetryEvent(Event(std::move(preview)));
}

Result<TelemetryEvent> decode_queued(const MessageData& data, std::int64_t) {
  PromptQueued queued{item_of(data)};
  if (queued.item.prompt_id.empty()) return data.lacks("promptId", "a string");
  return TelemetryEvent(std::move(queued));
}

template <class T>
Result<TelemetryEvent> decode_of_prompt(const MessageData& data, std::int64_t) {
  auto prompt_id = data.id("promptId");
  if (!prompt_id) return data.lacks("promptId", "a string");
  return TelemetryEvent(T{std::move(*prompt_id)});
}

template <bool cleared>
Result<TelemetryEvent> decode_removed(const MessageData& data, std::int64_t) {
  const json::value* ids = find(data.value, "promptIds");
  if (!ids || !ids->is_array()) return data.lacks("promptIds", "an array");
  return TelemetryEvent(PromptsRemoved{ids_of(ids, data.bounds()), cleared});
}

Result<TelemetryEvent> decode_rejected(const MessageData& data, std::int64_t) {
  PromptRejected rejected{item_of(data), refusal_of(find(data.value, "error"), find(data.value, "nodeErrors"))};
  // Who asked stands in the body, not always in the extra data.
  const auto client_id = data.id("clientId");
  if (client_id) rejected.item.extra_data.get_object()["client_id"] = *client_id;
  return TelemetryEvent(std::move(rejected));
}

Result<TelemetryEvent> decode_partly_rejected(const MessageData& data, std::int64_t) {
  auto prompt_id = data.id("promptId");
  if (!prompt_id) return data.lacks("promptId", "a string");
  auto answer = refusal_of(nullptr, find(data.value, "nodeErrors"));
  return TelemetryEvent(PromptPartlyRejected{std::move(*prompt_id), std::move(answer.node_errors)});
}

Result<TelemetryEvent> decode_aside(const MessageData&, std::int64_t) {
  return TelemetryEvent(TelemetryAside{});
}

struct Decoder {
  std::string_view source;
  std::string_view event;
  Result<TelemetryEvent> (*decode)(const MessageData& data, std::int64_t at_ms);
};

constexpr std::array kDecoders{
    Decoder{"node", "node_progress", decode_node<NodePhase::progress>},
    Decoder{"node", "node_started", decode_node<NodePhase::started>},
    Decoder{"node", "node_finished", decode_node<NodePhase::finished>},
    Decoder{"telemetry", "preview", decode_preview},
    Decoder{"telemetry", "hello", decode_hello},
    Decoder{"telemetry", "dropped", decode_dropped},
    Decoder{"telemetry", "stats", decode_stats},
    Decoder{"device", "torch_memory", decode_aside},
    Decoder{"queue", "queued", decode_queued},
    Decoder{"queue", "started", decode_of_prompt<PromptStarted>},
    Decoder{"queue", "finished", decode_of_prompt<PromptFinished>},
    Decoder{"queue", "deleted", decode_removed<false>},
    Decoder{"queue", "cleared", decode_removed<true>},
    Decoder{"http", "submitted", decode_aside},
    Decoder{"http", "rejected", decode_rejected},
    Decoder{"http", "partly_rejected", decode_partly_rejected},
};

Result<TelemetryEvent> decode_data(std::string_view source, const std::string& event, const MessageData& data,
                                   std::int64_t at_ms) {
  // Their data may have been too large to be sent; then nothing but the prompt is told.
  if (data.value.is_object() && find(data.value, "tooLarge")) return TelemetryEvent(FramesDropped{1});
  if (source == "send" || source == "executor") {
    if (event == "progress_text") return TelemetryEvent(Event(NodeText{data.text("nodeId"), data.text("text")}));
    auto decoded = decode_event(event, data.value, data.limits);
    if (!decoded) return decoded.error();
    return TelemetryEvent(std::move(*decoded));
  }
  const auto* known =
      std::ranges::find_if(kDecoders, [&](const Decoder& d) { return d.source == source && d.event == event; });
  if (known != kDecoders.end()) {
    if (!data.value.is_object()) return wrong_type("$.data", "an object", &data.value);
    return known->decode(data, at_ms);
  }
  UnknownEvent unknown{base::bounded_text(std::string(source) + "/" + event, data.limits.max_text_bytes), data.value};
  tidy(unknown.data, data.bounds());
  return TelemetryEvent(Event(std::move(unknown)));
}

}  // namespace

void update(model::ExtensionInfo& extension, const TelemetryStats& stats) {
  extension.frames_dropped = stats.frames_dropped;
  extension.failures = stats.failures;
  extension.event_cost_p50_us = stats.event_cost_p50_us;
  extension.event_cost_p99_us = stats.event_cost_p99_us;
}

Result<TelemetryFrame> decode_telemetry_frame(std::string_view text, const FrameLimits& limits) {
  auto parsed = parse_foreign_json(text, limits.max_bytes);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return wrong_type("$", "an object", &*parsed);
  const MessageData head{*parsed, limits};
  TelemetryFrame frame;
  const auto seq = count_of(find(*parsed, "seq"));
  if (!seq) return wrong_type("$.seq", "a whole number", find(*parsed, "seq"));
  frame.seq = *seq;
  const auto at_ms = stamp_ms(head, "tsMs");
  if (!at_ms) return wrong_type("$.tsMs", "a time in epoch ms", find(*parsed, "tsMs"));
  frame.at_ms = *at_ms;
  frame.boot = head.text("boot");
  const std::string source = head.text("source");
  const std::string event = head.text("event");
  if (source.empty()) return wrong_type("$.source", "a string", find(*parsed, "source"));
  if (event.empty()) return wrong_type("$.event", "a string", find(*parsed, "event"));
  frame.is_numbered = source != "telemetry" || event == "stats";
  static const json::value kNull;
  const json::value* data = find(*parsed, "data");
  auto what = decode_data(source, event, MessageData{data ? *data : kNull, limits}, frame.at_ms);
  if (!what) return what.error();
  frame.what = std::move(*what);
  if (data && (source == "device" || source == "node")) frame.torch_memory = torch_memory_of(*data, limits);
  if (auto* hello = std::get_if<TelemetryHello>(&frame.what)) {
    hello->boot = frame.boot;
    hello->seq = frame.seq;
  }
  return frame;
}

Result<TelemetryHello> decode_telemetry_hello(std::string_view body) {
  const FrameLimits limits;
  auto parsed = parse_foreign_json(body, limits.max_bytes);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return wrong_type("$", "an object", &*parsed);
  const auto protocol = base::find_integer(*parsed, "protocol");
  if (!protocol) return wrong_type("$.protocol", "a whole number", find(*parsed, "protocol"));
  const MessageData data{*parsed, limits};
  if (*protocol != kTelemetryProtocol) {
    TelemetryHello other;
    other.extension.protocol = *protocol;
    other.extension.version = data.text("extensionVersion");
    return other;
  }
  TelemetryHello hello = hello_of(data, *protocol);
  hello.boot = data.text("boot");
  const auto seq = count_of(find(*parsed, "seq"));
  if (!seq) return wrong_type("$.seq", "a whole number", find(*parsed, "seq"));
  if (hello.boot.empty()) return wrong_type("$.boot", "a string", find(*parsed, "boot"));
  hello.seq = *seq;
  hello.oldest_seq = count_of(find(*parsed, "oldestSeq")).value_or(hello.seq + 1);
  return hello;
}

}  // namespace comfytrace::comfyui
