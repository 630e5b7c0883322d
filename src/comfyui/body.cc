#include "comfyui/body.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "comfyui/foreign_json.h"
#include "comfyui/frame.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using base::Error;
using base::ErrorCode;
using base::find;
using base::Result;

// /history of a server with big graphs; beyond it the caller asks for fewer entries.
constexpr std::size_t kMaxBodyBytes = 64u << 20;
constexpr TextBounds kBounds{};

Result<json::value> parse_body(std::string_view body) {
  auto parsed = parse_foreign_json(body, kMaxBodyBytes);
  if (parsed && !parsed->is_object()) return wrong_type("$", "an object", &*parsed);
  return parsed;
}

json::value take_object(json::array& items, std::size_t index) {
  if (index >= items.size() || !items[index].is_object()) return json::object{};
  json::value taken = std::move(items[index]);
  drop_credentials(taken);
  return taken;
}

// [number, prompt_id, graph, extra_data, output node ids]; servers may append to it.
std::optional<QueueItem> take_item(json::value& value) {
  json::array* items = value.if_array();
  if (!items || items->size() < 3 || !(*items)[2].is_object()) return std::nullopt;
  auto prompt_id = id_of(&(*items)[1], kBounds.max_text_bytes);
  if (!prompt_id) return std::nullopt;
  QueueItem item;
  item.number = number_of(&(*items)[0]).value_or(0);
  item.prompt_id = std::move(*prompt_id);
  item.graph = take_object(*items, 2);
  item.extra_data = take_object(*items, 3);
  if (items->size() > 4) item.output_node_ids = ids_of(&(*items)[4], kBounds);
  return item;
}

Result<std::vector<QueueItem>> take_items(json::value& body, std::string_view key, std::size_t& skipped) {
  json::value* value = body.get_object().if_contains(key);
  if (!value || !value->is_array()) return wrong_type("$." + std::string(key), "an array", value);
  std::vector<QueueItem> items;
  for (auto& element : value->get_array()) {
    if (auto item = take_item(element)) {
      items.push_back(std::move(*item));
    } else {
      ++skipped;
    }
  }
  return items;
}

void read_status(const json::value& status, HistoryEntry& entry, std::size_t& skipped) {
  entry.status_text = text_of(find(status, "status_str"), kBounds.max_text_bytes).value_or("");
  entry.completed = base::find_bool(status, "completed").value_or(false);
  const json::array* messages = base::find_array(status, "messages");
  if (!messages) return;
  for (const auto& message : *messages) {
    if (entry.messages.size() == kBounds.max_items) break;
    const json::array* pair = message.if_array();
    if (!pair || pair->size() < 2 || !(*pair)[0].is_string()) {
      ++skipped;
      continue;
    }
    if (auto event = decode_event((*pair)[0].get_string(), (*pair)[1])) {
      entry.messages.push_back(std::move(*event));
    } else {
      ++skipped;
    }
  }
}

json::value take_tidy_object(json::value& owner, std::string_view key) {
  json::value* value = owner.get_object().if_contains(key);
  if (!value || !value->is_object()) return json::object{};
  json::value taken = std::move(*value);
  tidy(taken, kBounds);
  return taken;
}

std::optional<HistoryEntry> take_entry(json::value& value, std::size_t& skipped) {
  json::value* prompt = value.is_object() ? value.get_object().if_contains("prompt") : nullptr;
  if (!prompt) return std::nullopt;
  auto item = take_item(*prompt);
  if (!item) return std::nullopt;
  HistoryEntry entry;
  entry.prompt = std::move(*item);
  entry.outputs = take_tidy_object(value, "outputs");
  entry.meta = take_tidy_object(value, "meta");
  if (const json::value* status = find(value, "status")) read_status(*status, entry, skipped);
  return entry;
}

std::optional<std::int64_t> bytes_of(const json::value& owner, std::string_view key) {
  const auto bytes = rounded_of(find(owner, key));
  return bytes && *bytes >= 0 ? bytes : std::nullopt;
}

model::Device read_device(const json::value& value, std::int64_t position) {
  model::Device device;
  const auto index = base::find_integer(value, "index");
  device.index = index && *index >= 0 ? *index : position;
  device.name = text_of(find(value, "name"), kBounds.max_text_bytes).value_or("");
  device.type = text_of(find(value, "type"), kBounds.max_text_bytes).value_or("");
  device.vram_total_bytes = bytes_of(value, "vram_total");
  device.vram_free_bytes = bytes_of(value, "vram_free");
  device.torch_vram_total_bytes = bytes_of(value, "torch_vram_total");
  device.torch_vram_free_bytes = bytes_of(value, "torch_vram_free");
  return device;
}

void read_node_errors(const json::value* errors, std::vector<model::ValidationError>& out) {
  // An empty list stands for an empty object on some paths of the server.
  if (!errors || !errors->is_object()) return;
  for (const auto& [node_id, node] : errors->get_object()) {
    const json::array* lines = base::find_array(node, "errors");
    if (!lines) continue;
    for (const auto& line : *lines) {
      if (out.size() == kBounds.max_items) return;
      const auto text = [](const json::value& owner, std::string_view key) {
        return text_of(find(owner, key), kBounds.max_text_bytes).value_or("");
      };
      out.push_back({base::bounded_text(node_id, kBounds.max_text_bytes), text(node, "class_type"), text(line, "type"),
                     text(line, "message"), text(line, "details")});
    }
  }
}

void read_refusal(const json::value* error, PromptAnswer& answer) {
  if (!error) return;
  if (error->is_string()) answer.error_message = text_of(error, kBounds.max_text_bytes);
  answer.error_type = text_of(find(*error, "type"), kBounds.max_text_bytes);
  const auto message = text_of(find(*error, "message"), kBounds.max_text_bytes);
  if (!message) return;
  const std::string details = text_of(find(*error, "details"), kBounds.max_text_bytes).value_or("");
  answer.error_message = details.empty() || details == *message ? *message : *message + " (" + details + ")";
}

}  // namespace

std::optional<std::string> QueueItem::client_id() const {
  return text_of(find(extra_data, "client_id"), kBounds.max_text_bytes);
}

std::optional<std::int64_t> QueueItem::create_time_ms() const {
  return rounded_of(find(extra_data, "create_time"));
}

Result<QueueSnapshot> decode_queue(std::string_view body, std::size_t* skipped) {
  std::size_t broken = 0;
  auto parsed = parse_body(body);
  if (!parsed) return parsed.error();
  auto running = take_items(*parsed, "queue_running", broken);
  if (!running) return running.error();
  auto pending = take_items(*parsed, "queue_pending", broken);
  if (!pending) return pending.error();
  QueueSnapshot snapshot{std::move(*running), std::move(*pending)};
  std::stable_sort(snapshot.pending.begin(), snapshot.pending.end(),
                   [](const QueueItem& a, const QueueItem& b) { return a.number < b.number; });
  if (skipped) *skipped = broken;
  return snapshot;
}

Result<std::vector<HistoryEntry>> decode_history(std::string_view body, std::size_t* skipped) {
  std::size_t broken = 0;
  auto parsed = parse_body(body);
  if (!parsed) return parsed.error();
  std::vector<HistoryEntry> entries;
  entries.reserve(parsed->get_object().size());
  for (auto& [key, value] : parsed->get_object()) {
    if (auto entry = take_entry(value, broken)) {
      entries.push_back(std::move(*entry));
    } else {
      ++broken;
    }
  }
  if (skipped) *skipped = broken;
  return entries;
}

Result<SystemStats> decode_system_stats(std::string_view body) {
  auto parsed = parse_body(body);
  if (!parsed) return parsed.error();
  const json::value* system = find(*parsed, "system");
  if (!system || !system->is_object()) return wrong_type("$.system", "an object", system);
  SystemStats stats;
  model::Worker& worker = stats.worker;
  worker.comfyui_version = text_of(find(*system, "comfyui_version"), kBounds.max_text_bytes);
  worker.python_version = text_of(find(*system, "python_version"), kBounds.max_text_bytes);
  worker.pytorch_version = text_of(find(*system, "pytorch_version"), kBounds.max_text_bytes);
  worker.os = text_of(find(*system, "os"), kBounds.max_text_bytes);
  worker.ram_total_bytes = bytes_of(*system, "ram_total");
  worker.ram_free_bytes = bytes_of(*system, "ram_free");
  stats.argv = ids_of(find(*system, "argv"), kBounds);
  if (const json::array* devices = base::find_array(*parsed, "devices")) {
    for (const auto& device : *devices) {
      if (worker.devices.size() == kBounds.max_items) break;
      if (!device.is_object()) continue;
      worker.devices.push_back(read_device(device, static_cast<std::int64_t>(worker.devices.size())));
    }
  }
  return stats;
}

PromptAnswer refusal_of(const json::value* error, const json::value* node_errors) {
  PromptAnswer answer;
  read_refusal(error, answer);
  read_node_errors(node_errors, answer.node_errors);
  return answer;
}

Result<PromptAnswer> decode_prompt_answer(int http_status, std::string_view body) {
  PromptAnswer answer;
  auto parsed = parse_body(body);
  if (http_status == 200) {
    if (!parsed) return parsed.error();
    auto prompt_id = id_of(find(*parsed, "prompt_id"), kBounds.max_text_bytes);
    if (!prompt_id) return wrong_type("$.prompt_id", "a string", find(*parsed, "prompt_id"));
    answer.accepted = true;
    answer.prompt_id = std::move(*prompt_id);
    answer.number = number_of(find(*parsed, "number"));
    read_node_errors(find(*parsed, "node_errors"), answer.node_errors);
    return answer;
  }
  if (parsed) {
    answer = refusal_of(find(*parsed, "error"), find(*parsed, "node_errors"));
  } else if (!body.empty()) {
    answer.error_message = base::bounded_text(base::to_valid_utf8(body), kBounds.max_text_bytes);
  }
  if (!answer.error_message) answer.error_message = "HTTP status " + std::to_string(http_status);
  return answer;
}

Result<std::int64_t> decode_queue_remaining(std::string_view body) {
  auto parsed = parse_body(body);
  if (!parsed) return parsed.error();
  const json::value* info = find(*parsed, "exec_info");
  if (!info) return wrong_type("$.exec_info", "an object", info);
  const json::value* remaining = find(*info, "queue_remaining");
  const auto count = rounded_of(remaining);
  if (!count) return wrong_type("$.exec_info.queue_remaining", "a whole number", remaining);
  return *count;
}

}  // namespace comfytrace::comfyui
