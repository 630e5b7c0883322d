#include "replay/server_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "replay/exchange.h"

namespace comfytrace::replay {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::string>;

ServerModel model_of(const std::string& name) {
  auto recording = read_recording(fs::path(COMFYTRACE_SOURCE_DIR) / "tests/recordings" / (name + ".jsonl"));
  EXPECT_TRUE(recording.ok());
  return make_server_model(std::move(*recording));
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  const fs::path root = fs::path(COMFYTRACE_SOURCE_DIR) / "tests/recordings";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".jsonl") continue;
    names.push_back(fs::relative(entry.path(), root).replace_extension().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Ids in the order of the queue's numbers: ComfyUI shows the pending ones in heap order.
Ids queue_ids(const base::json::value& body, std::string_view part) {
  std::vector<std::pair<double, std::string>> rows;
  for (const auto& item : *base::find_array(body, part)) {
    const auto& parts = item.get_array();
    rows.emplace_back(*base::as_number(parts[0]), std::string(parts[1].get_string()));
  }
  std::sort(rows.begin(), rows.end());
  Ids ids;
  for (auto& row : rows) ids.push_back(row.second);
  return ids;
}

Ids keys(const base::json::value& body) {
  Ids ids;
  for (const auto& member : body.get_object()) ids.emplace_back(member.key());
  return ids;
}

std::optional<std::int64_t> query_number(const std::string& query, const std::string& name) {
  const std::size_t at = query.find(name + "=");
  if (at == std::string::npos) return std::nullopt;
  return std::stoll(query.substr(at + name.size() + 1));
}

TEST(ServerModel, AnswersQueueAsTheRealServerDidAtThatTime) {
  std::size_t compared = 0;
  for (const std::string& name : all_names()) {
    const ServerModel model = model_of(name);
    for (const Exchange& exchange : read_exchanges(model.recording)) {
      if (exchange.method != "GET" || exchange.path != "/queue" || exchange.status != 200) continue;
      SCOPED_TRACE(name + " at " + std::to_string(exchange.answered_us));
      const auto body = base::parse_json(state_at(model, exchange.answered_us).queue_body());
      ASSERT_TRUE(body.ok());
      EXPECT_EQ(queue_ids(*body, "queue_running"), queue_ids(*exchange.answer, "queue_running"));
      EXPECT_EQ(queue_ids(*body, "queue_pending"), queue_ids(*exchange.answer, "queue_pending"));
      ++compared;
    }
  }
  EXPECT_GE(compared, 15u);
}

TEST(ServerModel, AnswersHistoryAsTheRealServerDidAtThatTime) {
  std::size_t compared = 0;
  for (const std::string& name : all_names()) {
    const ServerModel model = model_of(name);
    for (const Exchange& exchange : read_exchanges(model.recording)) {
      if (exchange.method != "GET" || exchange.path != "/history" || exchange.status != 200) continue;
      SCOPED_TRACE(name + " at " + std::to_string(exchange.answered_us) + " " + exchange.query);
      const ServerState state = state_at(model, exchange.answered_us);
      const auto body = base::parse_json(
          state.history_body(query_number(exchange.query, "max_items"), query_number(exchange.query, "offset")));
      ASSERT_TRUE(body.ok());
      EXPECT_EQ(keys(*body), keys(*exchange.answer));
      ++compared;
    }
  }
  EXPECT_GT(compared, 15u);
}

TEST(ServerModel, AnswersHistoryOfOnePromptWithTheRecordedEntry) {
  std::size_t compared = 0;
  for (const std::string& name : all_names()) {
    const ServerModel model = model_of(name);
    for (const Exchange& exchange : read_exchanges(model.recording)) {
      if (exchange.method != "GET" || !exchange.path.starts_with("/history/") || exchange.status != 200) continue;
      if (exchange.path.find('%') != std::string::npos || exchange.answer->get_object().empty()) continue;
      SCOPED_TRACE(name + " at " + std::to_string(exchange.answered_us) + " " + exchange.path);
      const auto body = base::parse_json(state_at(model, exchange.answered_us).history_body(exchange.path.substr(9)));
      ASSERT_TRUE(body.ok());
      EXPECT_EQ(base::to_json(*body), base::to_json(*exchange.answer));
      ++compared;
    }
  }
  EXPECT_GT(compared, 15u);
}

TEST(ServerModel, LosesItsMemoryWhenTheProcessEnds) {
  for (const char* name : {"0.3.64/k_sigkill_restart", "0.3.64/k_sigterm_restart", "0.3.64/k_sigint_restart"}) {
    SCOPED_TRACE(name);
    const ServerModel model = model_of(name);
    const auto kind = [](StepKind wanted) { return [wanted](const Step& step) { return step.kind == wanted; }; };
    const auto down = std::find_if(model.steps.begin(), model.steps.end(), kind(StepKind::down));
    const auto up = std::find_if(model.steps.begin(), model.steps.end(), kind(StepKind::up));
    ASSERT_NE(down, model.steps.end());
    ASSERT_NE(up, model.steps.end());
    EXPECT_TRUE(down->memory_lost);
    EXPECT_EQ(state_at(model, down->offset_us - 1).remaining(), 2u);
    EXPECT_EQ(state_at(model, down->offset_us - 1).history_ids().size(), 1u);
    EXPECT_EQ(state_at(model, up->offset_us).remaining(), 0u);
    EXPECT_EQ(state_at(model, up->offset_us).next_number(), 0);
    EXPECT_TRUE(state_at(model, up->offset_us).history_ids().empty());
  }
}

TEST(ServerModel, StaysDownWhereTheServerDidNotComeBack) {
  const ServerModel model = model_of("0.3.64/y_fatal");
  EXPECT_EQ(std::count_if(model.steps.begin(), model.steps.end(),
                          [](const Step& step) { return step.kind == StepKind::down; }),
            1);
  EXPECT_EQ(
      std::count_if(model.steps.begin(), model.steps.end(), [](const Step& step) { return step.kind == StepKind::up; }),
      0);
}

TEST(ServerModel, HangsAsLongAsTheProcessWasStopped) {
  const ServerModel model = model_of("0.3.64/k4_hang");
  const auto hang = std::find_if(model.steps.begin(), model.steps.end(),
                                 [](const Step& step) { return step.kind == StepKind::hang; });
  ASSERT_NE(hang, model.steps.end());
  EXPECT_GT(hang->duration_us, 3'900'000);
}

TEST(ServerModel, LeavesAPromptForEverInTheQueueOfADeadWorker) {
  const ServerModel model = model_of("0.3.64/y3_worker_dies");
  EXPECT_EQ(state_at(model, model.duration_us).running().size(), 1u);
}

// What the recorded watcher got is the test of what a watcher would get if none had been recorded.
TEST(ServerModel, DerivesForAWatcherWhatARecordedWatcherGot) {
  for (const char* name : {"0.3.64/j_two_clients", "0.8.0/j_two_clients", "0.3.64/f_interrupted", "0.3.64/g_queue"}) {
    SCOPED_TRACE(name);
    const ServerModel whole = model_of(name);
    Recording without = whole.recording;
    std::erase_if(without.lines, [](const RecordedLine& line) { return line.client == "B" || line.client == "O"; });
    const ServerModel derived = make_server_model(std::move(without));
    const auto watched = [](const ServerModel& model) {
      std::vector<std::string> frames;
      for (const Step& step : model.steps) {
        if (step.to_watchers) frames.push_back(frame_bytes(model.line_of(step)).substr(0, 400));
      }
      std::sort(frames.begin(), frames.end());  // previews differ in their picture's phase; see the counts
      return frames.size();
    };
    EXPECT_EQ(watched(derived), watched(whole));
    EXPECT_GT(watched(whole), 0u);
  }
}

TEST(ServerModel, GivesEveryoneEachFrameOnce) {
  const ServerModel model = model_of("0.3.64/j2_two_submitters");
  std::map<std::string, int> ends;
  for (const Step& step : model.steps) {
    if (step.kind != StepKind::frame || !step.to_everyone) continue;
    if (frame_type(model.line_of(step)) == "execution_success") ++ends[frame_prompt_id(model.line_of(step))];
  }
  ASSERT_EQ(ends.size(), 2u);
  for (const auto& [id, count] : ends) EXPECT_EQ(count, 1) << id;
}

TEST(ServerModel, KeepsWatchersOutOfWhatHasAnOwner) {
  const ServerModel model = model_of("0.3.64/j2_two_submitters");
  for (const Step& step : model.steps) {
    if (step.to_watchers) {
      EXPECT_EQ(frame_type(model.line_of(step)), "status");
    }
  }
}

TEST(ServerModel, WritesTheHistoryOfPromptsWhoseEntryWasNotRecorded) {
  ServerModel model = model_of("0.3.64/a_simple_success");
  const base::json::value recorded = model.prompts.at(0).entry;
  Recording without = model.recording;
  std::erase_if(without.lines, [](const RecordedLine& line) { return line.path.starts_with("/history"); });
  const ServerModel made = make_server_model(std::move(without));
  ASSERT_EQ(made.prompts.size(), 1u);
  EXPECT_EQ(base::to_json(made.prompts[0].entry), base::to_json(recorded));
}

}  // namespace
}  // namespace comfytrace::replay
