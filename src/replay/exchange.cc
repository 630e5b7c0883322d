#include "replay/exchange.h"

#include <deque>
#include <map>
#include <tuple>

namespace comfytrace::replay {

std::string_view without_api_prefix(std::string_view path) {
  if (path.starts_with("/api/")) path.remove_prefix(4);
  return path;
}

std::vector<Exchange> read_exchanges(const Recording& recording) {
  using Key = std::tuple<std::string, std::string>;  // whose, what
  std::map<Key, std::deque<const RecordedLine*>> open;
  std::vector<Exchange> exchanges;
  for (const RecordedLine& line : recording.lines) {
    const Key key{line.client, line.path};
    if (line.direction == Direction::http_out) open[key].push_back(&line);
    if (line.direction != Direction::http_in) continue;
    const RecordedLine* asked = nullptr;
    if (auto& waiting = open[key]; !waiting.empty()) {
      asked = waiting.front();
      waiting.pop_front();
    }
    if (!line.status) continue;
    Exchange exchange;
    exchange.asked_us = asked ? asked->offset_us : line.offset_us;
    exchange.answered_us = line.offset_us;
    exchange.method = asked && line.method.empty() ? asked->method : line.method;
    const std::string_view path = without_api_prefix(line.path);
    const std::size_t mark = path.find('?');
    exchange.path = path.substr(0, mark);
    if (mark != std::string_view::npos) exchange.query = path.substr(mark + 1);
    exchange.status = *line.status;
    if (asked && asked->json) exchange.sent = &*asked->json;
    if (line.json) exchange.answer = &*line.json;
    exchanges.push_back(std::move(exchange));
  }
  return exchanges;
}

std::string frame_prompt_id(const RecordedLine& line) {
  const base::json::value* about = nullptr;
  if (line.json) about = base::find(*line.json, "data");
  if (line.binary) about = base::find(*line.binary, "metadata");
  return about ? base::find_string(*about, "prompt_id").value_or("") : "";
}

std::string_view frame_type(const RecordedLine& line) {
  const base::json::value* type = line.json ? base::find(*line.json, "type") : nullptr;
  return type && type->is_string() ? std::string_view(type->get_string()) : std::string_view();
}

std::int64_t binary_type(const RecordedLine& line) {
  return line.binary ? base::find_integer(*line.binary, "type").value_or(0) : 0;
}

}  // namespace comfytrace::replay
