#include "comfyui/frame.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "comfyui/foreign_json.h"
#include "comfyui/message_data.h"

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using base::Error;
using base::ErrorCode;
using base::find;
using base::Result;

Result<Event> decode_status(const MessageData& data) {
  StatusEvent event;
  if (const json::value* status = find(data.value, "status")) {
    if (const json::value* info = find(*status, "exec_info")) {
      event.queue_remaining = rounded_of(find(*info, "queue_remaining"));
    }
  }
  event.sid = data.id("sid");
  return Event(std::move(event));
}

template <class T>
Result<Event> decode_stamp(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  return Event(T{std::move(*prompt_id), data.timestamp_ms()});
}

Result<Event> decode_cached(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  const json::value* nodes = find(data.value, "nodes");
  // Without the list this would say "nothing was cached", which nobody told us.
  if (!nodes || !nodes->is_array()) return data.lacks("nodes", "an array");
  return Event(ExecutionCached{std::move(*prompt_id), ids_of(nodes, data.bounds()), data.timestamp_ms()});
}

NodeProgress decode_node_progress(std::string_view key, const json::value& value, const FrameLimits& limits) {
  const MessageData node{value, limits};
  NodeProgress progress;
  progress.node_id = node.id("node_id").value_or(base::bounded_text(key, limits.max_text_bytes));
  progress.display_node_id = node.id("display_node_id").value_or(progress.node_id);
  progress.parent_node_id = node.id("parent_node_id");
  progress.finished = node.text("state") == "finished";
  progress.value = number_of(find(value, "value"));
  progress.max = number_of(find(value, "max"));
  progress.activity = text_of(find(value, "activity"), limits.max_text_bytes);
  return progress;
}

Result<Event> decode_progress_state(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  const json::object* nodes = base::find_object(data.value, "nodes");
  if (!nodes) return data.lacks("nodes", "an object");
  ProgressState event{std::move(*prompt_id), {}};
  event.nodes.reserve(std::min(nodes->size(), data.limits.max_items));
  for (const auto& [key, node] : *nodes) {
    if (event.nodes.size() == data.limits.max_items) break;
    if (node.is_object()) event.nodes.push_back(decode_node_progress(key, node, data.limits));
  }
  return Event(std::move(event));
}

Result<Event> decode_executing(const MessageData& data) {
  Executing event{data.id("prompt_id"), data.id("node"), data.id("display_node")};
  if (!event.prompt_id && !event.node_id) return data.lacks("prompt_id", "a string");
  if (event.node_id && !event.display_node_id) event.display_node_id = event.node_id;
  return Event(std::move(event));
}

Result<Event> decode_progress(const MessageData& data) {
  return Event(Progress{data.id("prompt_id"), data.id("node"), number_of(find(data.value, "value")).value_or(0),
                        number_of(find(data.value, "max")).value_or(0)});
}

Result<Event> decode_executed(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  auto node_id = data.id("node");
  if (!node_id) return data.lacks("node", "a string");
  Executed event{std::move(*prompt_id), *node_id, data.id("display_node").value_or(*node_id), nullptr};
  if (const json::value* output = find(data.value, "output")) {
    event.output = *output;
    tidy(event.output, data.bounds());
  }
  return Event(std::move(event));
}

Result<Event> decode_interrupted(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  return Event(ExecutionInterrupted{std::move(*prompt_id), data.id("node_id").value_or(""), data.text("node_type"),
                                    ids_of(find(data.value, "executed"), data.bounds()), data.timestamp_ms()});
}

Result<Event> decode_error(const MessageData& data) {
  auto prompt_id = data.id("prompt_id");
  if (!prompt_id) return data.lacks("prompt_id", "a string");
  ExecutionError event;
  event.prompt_id = std::move(*prompt_id);
  event.node_id = data.id("node_id").value_or("");
  event.node_type = data.text("node_type");
  event.exception_type = data.text("exception_type");
  event.exception_message = data.text("exception_message");
  while (event.exception_message.ends_with('\n') || event.exception_message.ends_with('\r')) {
    event.exception_message.pop_back();
  }
  const json::value* traceback = find(data.value, "traceback");
  if (traceback && traceback->is_string()) {
    event.traceback.push_back(data.text("traceback"));
  } else {
    event.traceback = ids_of(traceback, data.bounds());
  }
  event.executed = ids_of(find(data.value, "executed"), data.bounds());
  event.timestamp_ms = data.timestamp_ms();
  return Event(std::move(event));
}

Result<Event> decode_feature_flags(const MessageData& data) {
  FeatureFlags event{data.value};
  tidy(event.flags, data.bounds());
  return Event(std::move(event));
}

Result<Event> decode_logs(const MessageData& data) {
  Logs event;
  const json::array* entries = base::find_array(data.value, "entries");
  if (!entries) return data.lacks("entries", "an array");
  for (const auto& value : *entries) {
    if (event.entries.size() == data.limits.max_items) break;
    const MessageData entry{value, data.limits};
    if (value.is_object()) event.entries.push_back({entry.text("t"), entry.text("m")});
  }
  return Event(std::move(event));
}

struct Decoder {
  std::string_view type;
  Result<Event> (*decode)(const MessageData&);
};

constexpr std::array kDecoders{
    Decoder{"progress_state", decode_progress_state},
    Decoder{"progress", decode_progress},
    Decoder{"status", decode_status},
    Decoder{"executing", decode_executing},
    Decoder{"executed", decode_executed},
    Decoder{"execution_start", decode_stamp<ExecutionStart>},
    Decoder{"execution_cached", decode_cached},
    Decoder{"execution_success", decode_stamp<ExecutionSuccess>},
    Decoder{"execution_interrupted", decode_interrupted},
    Decoder{"execution_error", decode_error},
    Decoder{"feature_flags", decode_feature_flags},
    Decoder{"logs", decode_logs},
};

Error too_large(std::size_t bytes, const FrameLimits& limits) {
  return Error{ErrorCode::too_large,
               "frame of " + std::to_string(bytes) + " bytes is over the bound of " + std::to_string(limits.max_bytes)};
}

Error at_byte(std::size_t byte, std::string what) {
  return Error{ErrorCode::invalid, std::move(what), "byte " + std::to_string(byte)};
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The length-prefixed part at `at`; the error names the byte of the length.
Result<std::string_view> prefixed_part(std::string_view frame, std::size_t at) {
  if (frame.size() < at + 4) return at_byte(at, "the frame ends before a length");
  const std::size_t length = big_endian(frame, at);
  if (length > frame.size() - at - 4) {
    return at_byte(at, "length " + std::to_string(length) + " exceeds the " + std::to_string(frame.size() - at - 4) +
                           " bytes that follow");
  }
  return frame.substr(at + 4, length);
}

std::string valid_text(std::string_view bytes, std::size_t max_bytes) {
  return base::bounded_text(base::is_valid_utf8(bytes) ? std::string(bytes) : base::to_valid_utf8(bytes), max_bytes);
}

Result<Event> decode_preview(std::string_view frame) {
  if (frame.size() < 8) return at_byte(4, "the frame ends before the image format");
  if (frame.size() == 8) return at_byte(8, "no image follows");
  const std::uint32_t format = big_endian(frame, 4);
  if (format != 1 && format != 2) return Event(UnknownBinary{1, frame.size()});
  PreviewImage event;
  event.format = format == 1 ? "jpeg" : "png";
  event.image = std::string(frame.substr(8));
  return Event(std::move(event));
}

Result<Event> decode_node_text(std::string_view frame, const FrameLimits& limits) {
  const auto node_id = prefixed_part(frame, 4);
  if (!node_id) return node_id.error();
  return Event(NodeText{valid_text(*node_id, limits.max_text_bytes),
                        valid_text(frame.substr(8 + node_id->size()), limits.max_text_bytes)});
}

Result<Event> decode_preview_with_metadata(std::string_view frame, const FrameLimits& limits) {
  const auto metadata = prefixed_part(frame, 4);
  if (!metadata) return metadata.error();
  auto parsed = parse_foreign_json(*metadata, limits.max_bytes);
  if (!parsed) return at_byte(8, "metadata: " + parsed.error().message);
  if (!parsed->is_object()) return at_byte(8, "metadata: expected an object");
  const std::size_t image_at = 8 + metadata->size();
  if (image_at == frame.size()) return at_byte(image_at, "no image follows");
  const MessageData data{*parsed, limits};
  const std::string image_type = data.text("image_type");
  if (image_type != "image/jpeg" && image_type != "image/png") return Event(UnknownBinary{4, frame.size()});
  return Event(PreviewImage{image_type.substr(6), std::string(frame.substr(image_at)), data.id("prompt_id"),
                            data.id("node_id"), data.id("display_node_id")});
}

}  // namespace

Result<Event> decode_event(std::string_view type, const json::value& data, const FrameLimits& limits) {
  const auto* decoder = std::find_if(kDecoders.begin(), kDecoders.end(), [&](const auto& d) { return d.type == type; });
  if (decoder != kDecoders.end()) {
    if (!data.is_object()) return wrong_type("$.data", "an object", &data);
    return decoder->decode(MessageData{data, limits});
  }
  UnknownEvent event{valid_text(type, limits.max_text_bytes), data};
  tidy(event.data, {limits.max_text_bytes, limits.max_items});
  return Event(std::move(event));
}

Result<Event> decode_text_frame(std::string_view frame, const FrameLimits& limits) {
  if (frame.size() > limits.max_bytes) return too_large(frame.size(), limits);
  auto parsed = parse_foreign_json(frame, limits.max_bytes);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return wrong_type("$", "an object", &*parsed);
  const json::value* type = find(*parsed, "type");
  if (!type || !type->is_string()) return wrong_type("$.type", "a string", type);
  static const json::value kNull;
  const json::value* data = find(*parsed, "data");
  return decode_event(type->get_string(), data ? *data : kNull, limits);
}

Result<Event> decode_binary_frame(std::string_view frame, const FrameLimits& limits) {
  if (frame.size() > limits.max_bytes) return too_large(frame.size(), limits);
  if (frame.size() < 4) return at_byte(0, "the frame ends before its type");
  const std::uint32_t type = big_endian(frame, 0);
  switch (type) {
    case 1:
      return decode_preview(frame);
    case 3:
      return decode_node_text(frame, limits);
    case 4:
      return decode_preview_with_metadata(frame, limits);
    default:
      return Event(UnknownBinary{type, frame.size()});
  }
}

}  // namespace comfytrace::comfyui
