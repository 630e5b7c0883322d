#include "replay/recording.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "replay/picture.h"

namespace comfytrace::replay {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> all_recordings() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(COMFYTRACE_SOURCE_DIR) / "tests/recordings")) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

// Every chunk of a PNG must be there in full with its checksum.
void expect_valid_png(std::string_view png) {
  ASSERT_TRUE(png.starts_with(std::string_view("\x89PNG\r\n\x1a\n", 8)));
  std::size_t at = 8;
  std::string types;
  while (at < png.size()) {
    const std::uint32_t size = u32_at(png, at);
    const std::string_view body = png.substr(at + 4, size + 4);
    ASSERT_EQ(body.size(), size + 4);
    types += std::string(body.substr(0, 4)) + " ";
    EXPECT_EQ(u32_at(png, at + 8 + size), crc32(0, reinterpret_cast<const Bytef*>(body.data()), size + 4));
    at += 12 + size;
  }
  EXPECT_EQ(types, "IHDR IDAT IEND ");
}

TEST(Recording, ReadsEveryRecordingOfARealServer) {
  const auto files = all_recordings();
  ASSERT_GE(files.size(), 40u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const auto recording = read_recording(file);
    ASSERT_TRUE(recording.ok()) << recording.error().sentence();
    EXPECT_EQ(recording->name, file.stem());
    EXPECT_EQ(recording->version, file.parent_path().filename());
    EXPECT_GT(recording->epoch_ms, 1'700'000'000'000);
    std::ifstream in(file);
    const auto rows = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
    EXPECT_EQ(recording->lines.size(), static_cast<std::size_t>(rows));
  }
}

TEST(Recording, KeepsWhatALineSays) {
  const auto recording = parse_recording(
      R"({"t":0.0001,"dir":"note","note":"x","version":"0.8.0","epoch_ms":1795376385872})"
      "\n"
      R"({"t":1.5,"dir":"http<","client":"A","method":"GET","path":"/queue?x=1","status":200,"json":{"a":[1]}})"
      "\n"
      R"({"t":1.6,"dir":"ws<","client":"B","note":"CLOSED close_code=1006"})"
      "\n"
      R"({"t":1.7,"dir":"http>","client":"A","method":"POST","path":"/prompt","raw":"{nope"})"
      "\n",
      "name");
  ASSERT_TRUE(recording.ok()) << recording.error().sentence();
  ASSERT_EQ(recording->lines.size(), 4u);
  EXPECT_EQ(recording->lines[0].direction, Direction::note);
  EXPECT_EQ(recording->lines[0].offset_us, 100);
  const RecordedLine& answer = recording->lines[1];
  EXPECT_EQ(answer.direction, Direction::http_in);
  EXPECT_EQ(answer.client, "A");
  EXPECT_EQ(answer.path, "/queue?x=1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(frame_bytes(answer), R"({"a":[1]})");
  EXPECT_EQ(recording->lines[2].note, "CLOSED close_code=1006");
  EXPECT_FALSE(recording->lines[2].json);
  EXPECT_EQ(frame_bytes(recording->lines[3]), "{nope");
}

TEST(Recording, NamesTheLineAndTheKeyThatIsWrong) {
  const std::string head = R"({"t":0,"dir":"note","epoch_ms":1})"
                           "\n";
  const auto field_of = [](const std::string& text) {
    const auto recording = parse_recording(text, "x");
    return recording.ok() ? "accepted" : recording.error().field;
  };
  EXPECT_EQ(field_of(head + R"({"dir":"note"})"), "line 2, t");
  EXPECT_EQ(field_of(head + R"({"t":-1,"dir":"note"})"), "line 2, t");
  EXPECT_EQ(field_of(head + R"({"t":1,"dir":"wss"})"), "line 2, dir");
  EXPECT_EQ(field_of(head + R"({"t":1,"dir":"ws<","client":7})"), "line 2, client");
  EXPECT_EQ(field_of(head + R"({"t":1,"dir":"ws<","status":"ok"})"), "line 2, status");
  EXPECT_EQ(field_of(head + R"({"t":1,"dir":"ws<","binary":[]})"), "line 2, binary");
  EXPECT_EQ(field_of(head + "[]\n"), "line 2");
  EXPECT_EQ(field_of(head + "nonsense\n" + head), "line 2");
  EXPECT_EQ(field_of(R"({"t":0,"dir":"note"})"), "line 1, epoch_ms");
  EXPECT_EQ(field_of(""), "x");
}

TEST(Recording, ToleratesALastLineThatWasCutOff) {
  const auto recording = parse_recording(
      "{\"t\":0,\"dir\":\"note\",\"epoch_ms\":1}\n{\"t\":1,\"dir\":\"ws<\",\"json\":{\"type\":\"sta", "cut");
  ASSERT_TRUE(recording.ok()) << recording.error().sentence();
  EXPECT_EQ(recording->lines.size(), 1u);
}

TEST(Recording, SaysWhichFileIsMissing) {
  const auto recording = read_recording("/nowhere/x.jsonl");
  ASSERT_FALSE(recording.ok());
  EXPECT_EQ(recording.error().code, base::ErrorCode::not_found);
  EXPECT_EQ(recording.error().field, "/nowhere/x.jsonl");
}

TEST(FrameBytes, RebuildsEveryRecordedBinaryFrame) {
  std::size_t texts = 0;
  std::size_t previews = 0;
  for (const auto& file : all_recordings()) {
    SCOPED_TRACE(file);
    const auto recording = read_recording(file);
    ASSERT_TRUE(recording.ok());
    for (const RecordedLine& line : recording->lines) {
      if (!line.binary) continue;
      const std::string frame = frame_bytes(line);
      const auto type = base::find_integer(*line.binary, "type");
      ASSERT_EQ(u32_at(frame, 0), type);
      if (type == 3) {
        ++texts;
        EXPECT_EQ(frame.size(), base::find_integer(*line.binary, "len"));
        const std::string node_id = *base::find_string(*line.binary, "node_id");
        EXPECT_EQ(u32_at(frame, 4), node_id.size());
        EXPECT_EQ(frame.substr(8), node_id + *base::find_string(*line.binary, "text"));
      } else if (type == 1) {
        ++previews;
        EXPECT_EQ(u32_at(frame, 4), 2u);
        expect_valid_png(std::string_view(frame).substr(8));
      } else {
        ++previews;
        const auto metadata = base::parse_json(std::string_view(frame).substr(8, u32_at(frame, 4)));
        ASSERT_TRUE(metadata.ok());
        EXPECT_EQ(base::find_string(*metadata, "image_type"), "image/png");
        EXPECT_EQ(base::find_string(*metadata, "node_id"), "10");
        expect_valid_png(std::string_view(frame).substr(8 + u32_at(frame, 4)));
      }
    }
  }
  EXPECT_EQ(texts, 48u);
  EXPECT_EQ(previews, 622u);
}

TEST(FrameBytes, RebuildsATextLongerThanItsRecordedHead) {
  const auto recording = parse_recording(
      R"({"t":0,"dir":"ws<","epoch_ms":1,"binary":{"len":999,"head_hex":"00000003","type":3,"node_id":"5.0.1","text":"hä"}})",
      "x");
  ASSERT_TRUE(recording.ok());
  EXPECT_EQ(frame_bytes(recording->lines[0]), std::string("\0\0\0\3\0\0\0\5", 8) + "5.0.1hä");
}

TEST(Picture, ChangesWithItsPhaseAndWithNothingElse) {
  EXPECT_EQ(gradient_png(64, 48, 3), gradient_png(64, 48, 3));
  EXPECT_NE(gradient_png(64, 48, 3), gradient_png(64, 48, 4));
  expect_valid_png(gradient_png(1, 1, 0));
  expect_valid_png(gradient_png(256, 256, 9));
}

}  // namespace
}  // namespace comfytrace::replay
