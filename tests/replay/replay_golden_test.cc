#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "assemble/explain.h"
#include "comfyui/frame.h"
#include "replay/playback.h"
#include "replay/recorded_facts.h"

// Every recording gives the runs that were reviewed. UPDATE_GOLDENS=1 writes them anew: review the difference.
namespace comfytrace::replay_test {
namespace {

class EveryRecording : public testing::TestWithParam<RecordingFile> {};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST_P(EveryRecording, GivesTheReviewedRuns) {
  Playback playback;
  playback.tell_all(facts_of(load(GetParam())));
  const std::string text = golden_text(playback.runs());
  const std::filesystem::path golden = std::filesystem::path(COMFYTRACE_SOURCE_DIR) / "tests" / "replay" / "goldens" /
                                       GetParam().version / (GetParam().name + ".json");
  if (std::getenv("UPDATE_GOLDENS")) {
    std::filesystem::create_directories(golden.parent_path());
    std::ofstream(golden, std::ios::binary) << text;
  }
  ASSERT_TRUE(std::filesystem::exists(golden)) << golden << " is missing: run with UPDATE_GOLDENS=1 and review it";
  EXPECT_EQ(text, read_file(golden));
}

// Reads the recorded bodies by hand, not through what is tested.
struct Told {
  std::string prompt_id;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::string end;
  base::json::object last;
  std::set<std::string> cached;
  std::multiset<std::string> filenames;
};

std::vector<Told> told_by_history(const replay::Recording& recording) {
  std::vector<Told> all;
  for (const replay::RecordedLine& line : recording.lines) {
    if (line.direction != replay::Direction::http_in || line.method != "GET" || !line.json) continue;
    if (line.path.find("/history") == std::string::npos || !line.json->is_object()) continue;
    for (const auto& [prompt_id, entry] : line.json->get_object()) {
      Told told;
      told.prompt_id = prompt_id;
      for (const auto& message : *base::find_array(*base::find(entry, "status"), "messages")) {
        const base::json::array& pair = message.get_array();
        told.end = pair.at(0).get_string().c_str();
        told.last = pair.at(1).get_object();
        if (told.end == "execution_start") told.started_ms = *base::find_integer(pair.at(1), "timestamp");
        if (told.end == "execution_cached") {
          for (const auto& id : *base::find_array(pair.at(1), "nodes")) told.cached.insert(id.get_string().c_str());
        }
        told.ended_ms = *base::find_integer(pair.at(1), "timestamp");
      }
      for (const auto& [node_id, output] : *base::find_object(entry, "outputs")) {
        if (!output.is_object()) continue;
        for (const auto& [key, list] : output.get_object()) {
          if (!list.is_array()) continue;
          for (const auto& item : list.get_array()) {
            if (auto name = base::find_string(item, "filename")) told.filenames.insert(*name);
          }
        }
      }
      all.push_back(std::move(told));
    }
  }
  return all;
}

void expect_as_told(const model::Attempt& attempt, const Told& told) {
  EXPECT_EQ(attempt.started_at_source, model::TimeSource::server);
  EXPECT_EQ(attempt.finished_at_ms, told.ended_ms);
  EXPECT_EQ(attempt.duration_ms, told.ended_ms - told.started_ms);
  EXPECT_TRUE(attempt.cached_known);
  EXPECT_EQ(std::set<std::string>(attempt.cached_node_ids.begin(), attempt.cached_node_ids.end()), told.cached);
  std::multiset<std::string> filenames;
  for (const model::Artifact& artifact : attempt.artifacts) {
    if (!artifact.filename.empty()) filenames.insert(artifact.filename);
  }
  EXPECT_EQ(filenames, told.filenames);
  const auto text = [&](const char* key) { return base::find_string(told.last, key).value_or(""); };
  if (told.end == "execution_success") {
    EXPECT_EQ(attempt.status, model::Status::success);
    EXPECT_EQ(attempt.exit_reason, model::ExitReason::success);
    EXPECT_FALSE(attempt.failure);
  } else if (told.end == "execution_interrupted") {
    EXPECT_EQ(attempt.status, model::Status::cancelled);
    EXPECT_EQ(attempt.exit_reason, model::ExitReason::interrupted);
  } else {
    ASSERT_EQ(told.end, "execution_error");
    EXPECT_EQ(attempt.status, model::Status::failed);
    const bool memory = text("exception_type").ends_with("OutOfMemoryError");
    EXPECT_EQ(attempt.exit_reason, memory ? model::ExitReason::outOfMemory : model::ExitReason::executionError);
    ASSERT_TRUE(attempt.failure);
    EXPECT_EQ(attempt.failure->node_id, text("node_id"));
    EXPECT_EQ(attempt.failure->node_type, text("node_type"));
    EXPECT_EQ(attempt.failure->exception_type, text("exception_type"));
    std::string message = text("exception_message");
    message.erase(message.find_last_not_of('\n') + 1);
    EXPECT_EQ(attempt.failure->message, message);
  }
}

TEST_P(EveryRecording, AgreesWithTheServersHistory) {
  const replay::Recording recording = load(GetParam());
  Playback playback;
  playback.tell_all(facts_of(recording));
  for (const Told& told : told_by_history(recording)) {
    SCOPED_TRACE(told.prompt_id);
    const model::Attempt* found = nullptr;
    for (const model::Attempt* attempt : playback.attempts()) {
      if (attempt->prompt_id == told.prompt_id && attempt->started_at_ms == told.started_ms) found = attempt;
    }
    ASSERT_TRUE(found) << "no attempt started at " << told.started_ms;
    expect_as_told(*found, told);
  }
}

std::string test_name(const testing::TestParamInfo<RecordingFile>& param) {
  std::string name = param.param.version + "_" + param.param.name;
  std::ranges::replace_if(
      name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Replay, EveryRecording, testing::ValuesIn(recording_files()), test_name);

}  // namespace
}  // namespace comfytrace::replay_test
