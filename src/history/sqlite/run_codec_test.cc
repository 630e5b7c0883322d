#include "history/sqlite/run_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/codec.h"
#include "base/digest.h"
#include "history/sample_runs.h"

namespace comfytrace::history::sqlite {

// Details as a version packed them, the texts they name, and the run they were made of. Bytes are base64.
struct PackedRun {
  std::vector<std::string> names;
  std::vector<std::string> prompts;
  std::string details;
  model::Run run;
};
BOOST_DESCRIBE_STRUCT(PackedRun, (), (names, prompts, details, run))
struct PackedRuns {
  std::vector<PackedRun> runs;
};
BOOST_DESCRIBE_STRUCT(PackedRuns, (), (runs))

namespace {

class TextLists final : public SharedTexts {
 public:
  std::vector<std::string> names;
  std::vector<std::string> prompts;

  std::int64_t name_id(std::string_view text) override { return place_of(names, text); }
  std::int64_t prompt_id(std::string_view text) override { return place_of(prompts, text); }
  std::optional<std::string> name(std::int64_t id) override { return at(names, id); }
  std::optional<std::string> prompt(std::int64_t id) override { return at(prompts, id); }

 private:
  static std::int64_t place_of(std::vector<std::string>& list, std::string_view text) {
    const auto found = std::ranges::find(list, text);
    if (found != list.end()) return found - list.begin() + 1;
    list.emplace_back(text);
    return static_cast<std::int64_t>(list.size());
  }
  static std::optional<std::string> at(const std::vector<std::string>& list, std::int64_t id) {
    if (id < 1 || id > static_cast<std::int64_t>(list.size())) return std::nullopt;
    return list[static_cast<std::size_t>(id - 1)];
  }
};

// What stands in columns of its own is there before the details are read.
model::Run columns_of(const model::Run& run) {
  model::Run columns = run;
  columns.grouped = false;
  columns.policy.reset();
  columns.scenes.clear();
  return columns;
}

TEST(RunCodec, KeepsThePeakOfANode) {
  model::Run run = typical_run(1, 1);
  run.scenes[0].attempts[0].nodes[0].vram_peak_bytes = 9'663'676'416;
  TextLists texts;
  const std::string details = pack_details(run, texts);
  model::Run read = columns_of(run);
  ASSERT_TRUE(unpack_details(details, texts, read));
  EXPECT_EQ(read, run);
}

TEST(RunCodec, RefusesALaterVersion) {
  const model::Run run = simple_run("a", 1);
  TextLists texts;
  std::string details = pack_details(run, texts);
  const std::size_t version_at = 1;  // behind the byte that says that nothing is deflated
  ++details.at(version_at);
  model::Run read = columns_of(run);
  EXPECT_FALSE(unpack_details(details, texts, read));
  details.at(version_at) = 0;
  EXPECT_FALSE(unpack_details(details, texts, read));
}

TEST(RunCodec, KeepsScenesThatAreHalfLikeTheOneBefore) {
  RandomRuns random(20);
  for (int i = 0; i < 200; ++i) {
    model::Run run = random.run("run " + std::to_string(i));
    run.scenes.push_back(run.scenes.back());
    run.scenes.back().title += "!";
    run.scenes.push_back(run.scenes.front());
    for (auto* const bytes :
         {&run.scenes[0].attempts[0].vram_free_before_bytes, &run.scenes[0].attempts[0].vram_peak_bytes})
      if (*bytes) **bytes &= ~0xFFFFll;
    TextLists texts;
    const std::string details = pack_details(run, texts);
    model::Run read = columns_of(run);
    ASSERT_TRUE(unpack_details(details, texts, read));
    ASSERT_TRUE(read == run) << base::encode_json(run);
  }
}

// What each member of a node and of an environment is must be seen to differ from the attempt before.
TEST(RunCodec, KeepsNodesAndEnvironmentsThatDifferInOneMemberFromTheAttemptBefore) {
  const auto keeps = [](const auto& change) {
    model::Run run = typical_run(1, 3);
    run.scenes[1] = run.scenes[2] = run.scenes[0];
    change(run.scenes[1].attempts[0]);
    TextLists texts;
    const std::string details = pack_details(run, texts);
    model::Run read = columns_of(run);
    return unpack_details(details, texts, read) && read == run;
  };
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes[3].node_id = "33"; }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes[3].display_node_id = "33"; }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes[3].parent_node_id = ""; }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes[3].class_type = "Other"; }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes[3].title = "Other"; }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes.erase(attempt.nodes.begin()); }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes.clear(); }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.nodes.push_back(attempt.nodes.front()); }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.environment.reset(); }));
  EXPECT_TRUE(keeps([](model::Attempt& attempt) { attempt.environment->os = "nt"; }));
}

TEST(RunCodec, KeepsSettingsThatDifferInOneMemberFromTheSceneBefore) {
  const auto keeps = [](const auto& change) {
    model::Run run = typical_run(1, 3);
    run.scenes[1] = run.scenes[2] = run.scenes[0];
    change(run.scenes[1].parameters);
    TextLists texts;
    const std::string details = pack_details(run, texts);
    model::Run read = columns_of(run);
    return unpack_details(details, texts, read) && read == run;
  };
  using model::Parameters;
  EXPECT_TRUE(keeps([](Parameters& p) { p.checkpoints = {"other.safetensors"}; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.loras = {{"detail.safetensors", 0.5, 0.5}}; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.vaes = {"vae.safetensors"}; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.text_encoders = {"t5.safetensors"}; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.sampler = "heun"; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.scheduler.reset(); }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.steps = 21; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.cfg = 7.25; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.denoise.reset(); }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.width = 512; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.height.reset(); }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.batch_size = 2; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.frames = 1; }));
  EXPECT_TRUE(keeps([](Parameters& p) { p.fps = 24; }));
}

TEST(RunCodec, KeepsSeedsAndIdsThatAreAlmostNumbersAndUuids) {
  const std::vector<std::string> seeds{"",
                                       "0",
                                       "00",
                                       "7",
                                       "007",
                                       "-7",
                                       "+7",
                                       "7 ",
                                       "7:",
                                       "/7",
                                       "72057594037927935",
                                       "72057594037927936",
                                       "9999999999999999999",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "99999999999999999999",
                                       "1844674407370955161a",
                                       "184467440737095516150"};
  std::vector<std::string> ids{"", "a", "01234567-89ab-cdef-0123-456789abcdef",
                               "01234567-89ab-cdef-0123-456789abcdef0"};
  for (std::size_t i = 0; i < ids[2].size(); ++i) {
    for (const char other : {'/', ':', '`', 'g', 'A', 'F', '-', '\0', '\xB1'}) {
      ids.push_back(ids[2]);
      ids.back()[i] = other;
    }
  }
  model::Run run = typical_run(1, 1);
  run.scenes.resize(std::max(ids.size(), seeds.size()), run.scenes.front());
  for (std::size_t i = 0; i < seeds.size(); ++i) run.scenes[i].parameters.seed = seeds[i];
  for (std::size_t i = 0; i < ids.size(); ++i) run.scenes[i].attempts[0].prompt_id = ids[i];
  TextLists texts;
  const std::string details = pack_details(run, texts);
  model::Run read = columns_of(run);
  ASSERT_TRUE(unpack_details(details, texts, read));
  EXPECT_TRUE(read == run) << base::encode_json(read);
}

// A number is given out for a text once in a run, and is no other's.
TEST(RunCodec, KeepsTextsThatAreAlikeInLengthAndEnds) {
  model::Run run = typical_run(1, 1);
  auto& explanations = run.scenes[0].attempts[0].explanations;
  for (const char* what : {"", "a", "ab", "abc", "abcd", "abed", "abcdefgh", "abcdXfgh", "abcdefghijklmnopqrstuvwxyz0",
                           "abcdefghijkl", "abcXefgXijkl", "7", "queued 7", "queued 8"}) {
    for (int twice = 0; twice < 2; ++twice) {
      explanations.push_back({1, what, std::string(what) + " with much that stands behind it, and then an end"});
      run.scenes[0].attempts[0].artifacts.push_back({what, what, what, what, model::MediaKind::image, {}, false});
    }
  }
  TextLists texts;
  const std::string details = pack_details(run, texts);
  model::Run read = columns_of(run);
  ASSERT_TRUE(unpack_details(details, texts, read));
  EXPECT_TRUE(read == run) << base::encode_json(read);
}

TEST(RunCodec, LeavesOutWhatIsAsInTheSceneBefore) {
  model::Run run = typical_run(1, 1);
  TextLists texts;
  const std::size_t one = pack_details(run, texts).size();
  run.scenes.push_back(run.scenes.front());
  run.scenes.back().parameters.steps = 21;
  const std::size_t changed = pack_details(run, texts).size() - one;
  run.scenes.back().parameters.steps = 20;
  const std::size_t alike = pack_details(run, texts).size() - one;
  EXPECT_LT(alike + 12, changed);
}

void reads_packed(const std::string& file_name) {
  std::ifstream file(std::string(COMFYTRACE_SOURCE_DIR) + "/src/history/sqlite/testdata/" + file_name);
  std::stringstream text;
  text << file.rdbuf();
  const auto packed = base::decode_json<PackedRuns>(text.str());
  ASSERT_TRUE(packed) << packed.error().sentence();
  ASSERT_FALSE(packed->runs.empty());
  for (const PackedRun& one : packed->runs) {
    TextLists texts;
    for (const std::string& name : one.names) texts.names.push_back(*base::from_base64(name));
    for (const std::string& prompt : one.prompts) texts.prompts.push_back(*base::from_base64(prompt));
    model::Run read = columns_of(one.run);
    ASSERT_TRUE(unpack_details(*base::from_base64(one.details), texts, read));
    EXPECT_TRUE(read == one.run) << base::encode_json(read);
  }
}

TEST(RunCodec, ReadsWhatVersion1Packed) {
  reads_packed("details_of_version_1.json");
}

TEST(RunCodec, ReadsWhatVersion2Packed) {
  reads_packed("details_of_version_2.json");
}

}  // namespace
}  // namespace comfytrace::history::sqlite
