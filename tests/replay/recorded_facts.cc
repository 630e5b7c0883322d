#include "replay/recorded_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/uuid.h"
#include "comfyui/body.h"
#include "comfyui/frame.h"
#include "comfyui/workflow.h"

namespace comfytrace::replay_test {
namespace {

using assemble::Fact;
using replay::Direction;
using replay::RecordedLine;

std::string path_of(const RecordedLine& line) {
  std::string path = line.path.substr(0, line.path.find('?'));
  return path.starts_with("/api/") ? path.substr(4) : path;
}

// "/history/run%2042" -> "run 42".
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const replay::Recording& recording) : recording_(recording) {}

  std::vector<RecordedFact> read() {
    for (index_ = 0; index_ < recording_.lines.size(); ++index_) take(recording_.lines[index_]);
    return std::move(facts_);
  }

 private:
  void tell(decltype(Fact::what) what, bool is_frame = false) {
    Fact fact{kWorker, recording_.epoch_ms + recording_.lines[index_].offset_us / 1000, std::move(what)};
    server_.take(fact);
    facts_.push_back({std::move(fact), index_, is_frame});
  }

  void take(const RecordedLine& line) {
    switch (line.direction) {
      case Direction::websocket_out:
        if (line.note == "connect" && path_of(line) == "/ws") {
          if (open_.empty()) tell(assemble::Connected{});
          open_.insert(line.client);
        } else if (line.note == "client closes the socket") {
          close(line.client);
        }
        break;
      case Direction::websocket_in:
        if (line.note.starts_with("CLOSED") || line.note.starts_with("handshake refused")) {
          close(line.client);
        } else if (open_.contains(line.client) && (line.json || line.binary)) {
          frame(line);
        }
        break;
      case Direction::http_out:
        if (line.method == "POST" && path_of(line) == "/prompt") posted_[line.client].push_back(line);
        break;
      case Direction::http_in:
        if (path_of(line) == "/prompt" && line.method == "POST") {
          answer(line);
        } else if (line.method == "GET" && line.status == 200 && line.json) {
          body(line);
        }
        break;
      case Direction::note:
        break;
    }
  }

  void close(const std::string& client) {
    if (open_.erase(client) > 0 && open_.empty()) tell(assemble::Disconnected{});
  }

  void frame(const RecordedLine& line) {
    const std::string bytes = replay::frame_bytes(line);
    auto event = line.json ? comfyui::decode_text_frame(bytes) : comfyui::decode_binary_frame(bytes);
    ASSERT_TRUE(event.ok()) << "line " << index_ << ": " << event.error().sentence();
    tell(std::move(*event), true);
  }

  void body(const RecordedLine& line) {
    const std::string path = path_of(line);
    const std::string text = base::to_json(*line.json);
    if (path == "/queue") {
      auto snapshot = comfyui::decode_queue(text);
      ASSERT_TRUE(snapshot.ok()) << snapshot.error().sentence();
      tell(std::move(*snapshot));
    } else if (path.starts_with("/history")) {
      auto entries = comfyui::decode_history(text);
      ASSERT_TRUE(entries.ok()) << entries.error().sentence();
      const std::string prompt_id = path.size() > 9 ? unescaped(path.substr(9)) : "";
      if (prompt_id.empty() || !entries->empty()) {
        tell(assemble::HistoryRead{std::move(*entries)});
      } else if (!server_.holds(prompt_id)) {
        tell(assemble::HistoryMissing{prompt_id});
      }
    }
  }

  void answer(const RecordedLine& line) {
    auto& requests = posted_[line.client];
    ASSERT_FALSE(requests.empty()) << "line " << index_;
    const RecordedLine request = requests.front();
    requests.pop_front();
    // A body that is not JSON is answered with 500 and makes no prompt.
    if (!line.json || !request.json || (line.status != 200 && line.status != 400)) return;
    auto answer = comfyui::decode_prompt_answer(*line.status, base::to_json(*line.json));
    ASSERT_TRUE(answer.ok()) << answer.error().sentence();
    assemble::Submitted submitted;
    submitted.answer = std::move(*answer);
    if (const auto* graph = base::find(*request.json, "prompt")) submitted.item.graph = *graph;
    base::json::object extra;
    if (const auto* sent = base::find_object(*request.json, "extra_data")) extra = *sent;
    if (const auto client = base::find_string(*request.json, "client_id")) extra["client_id"] = *client;
    submitted.item.extra_data = extra;
    submitted.item.prompt_id = submitted.answer.prompt_id;
    if (submitted.item.prompt_id.empty())
      submitted.item.prompt_id = base::find_string(*request.json, "prompt_id").value_or("");
    if (submitted.item.prompt_id.empty())
      submitted.item.prompt_id = base::named_uuid(recording_.version + recording_.name + std::to_string(index_));
    submitted.item.number = submitted.answer.number.value_or(0);
    tell(std::move(submitted));
  }

  const replay::Recording& recording_;
  std::size_t index_ = 0;
  std::vector<RecordedFact> facts_;
  std::set<std::string> open_;
  std::map<std::string, std::deque<RecordedLine>> posted_;
  KnownServer server_;
};

}  // namespace

std::vector<RecordedFact> facts_of(const replay::Recording& recording) {
  return Reader(recording).read();
}

bool KnownServer::holds(const std::string& prompt_id) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.item.prompt_id == prompt_id; });
}

comfyui::QueueSnapshot KnownServer::queue() const {
  comfyui::QueueSnapshot snapshot;
  for (const Entry& entry : entries_) (entry.is_running ? snapshot.running : snapshot.pending).push_back(entry.item);
  std::ranges::stable_sort(snapshot.pending, {}, &comfyui::QueueItem::number);
  return snapshot;
}

assemble::HistoryRead KnownServer::history() const {
  assemble::HistoryRead read;
  for (const auto& [prompt_id, entry] : history_) read.entries.push_back(entry);
  return read;
}

void KnownServer::runs(const std::string& prompt_id) {
  for (Entry& entry : entries_) entry.is_running |= entry.item.prompt_id == prompt_id;
}

void KnownServer::leaves(const std::string& prompt_id) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.item.prompt_id == prompt_id; });
}

void KnownServer::take(const Fact& fact) {
  if (std::holds_alternative<assemble::Connected>(fact.what)) is_connected_ = true;
  if (std::holds_alternative<assemble::Disconnected>(fact.what)) {
    is_connected_ = false;
    entries_.clear();  // it may have been restarted
    history_.clear();
  }
  if (const auto* submitted = std::get_if<assemble::Submitted>(&fact.what); submitted && submitted->answer.accepted)
    entries_.push_back({submitted->item, false});
  if (const auto* snapshot = std::get_if<comfyui::QueueSnapshot>(&fact.what)) {
    entries_.clear();
    for (const auto& item : snapshot->running) entries_.push_back({item, true});
    for (const auto& item : snapshot->pending) entries_.push_back({item, false});
  }
  if (const auto* history = std::get_if<assemble::HistoryRead>(&fact.what)) {
    for (const auto& entry : history->entries) {
      history_[entry.prompt.prompt_id] = entry;
      std::erase_if(entries_, [&](const Entry& known) {
        return known.item.prompt_id == entry.prompt.prompt_id && known.item.number == entry.prompt.number;
      });
    }
  }
  const auto* event = std::get_if<comfyui::Event>(&fact.what);
  if (!event || !comfyui::prompt_id_of(*event)) return;
  const std::string prompt_id = *comfyui::prompt_id_of(*event);
  const auto* executing = std::get_if<comfyui::Executing>(event);
  const auto* error = std::get_if<comfyui::ExecutionError>(event);
  if ((executing && !executing->node_id) || (error && !error->is_blocked()) ||
      std::holds_alternative<comfyui::ExecutionSuccess>(*event) ||
      std::holds_alternative<comfyui::ExecutionInterrupted>(*event)) {
    leaves(prompt_id);
  } else {
    runs(prompt_id);
  }
}

std::vector<RecordingFile> recording_files() {
  const std::filesystem::path root = std::filesystem::path(COMFYTRACE_SOURCE_DIR) / "tests" / "recordings";
  std::vector<RecordingFile> files;
  for (const auto& version : std::filesystem::directory_iterator(root)) {
    if (!version.is_directory()) continue;
    for (const auto& file : std::filesystem::directory_iterator(version.path())) {
      if (file.path().extension() != ".jsonl") continue;
      files.push_back({version.path().filename().string(), file.path().stem().string(), file.path()});
    }
  }
  std::ranges::sort(files, {}, &RecordingFile::path);
  return files;
}

replay::Recording load(const RecordingFile& file) {
  auto recording = replay::read_recording(file.path);
  EXPECT_TRUE(recording.ok()) << recording.error().sentence();
  return recording.ok() ? std::move(*recording) : replay::Recording{};
}

}  // namespace comfytrace::replay_test
