#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/codec.h"
#include "history/sample_runs.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::history {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A file that the first schema and the first form of a run's details were written in.
TEST(OlderFile, OfTheFirstSchemaIsReadAsItWasWritten) {
  const std::filesystem::path kept = COMFYTRACE_SOURCE_DIR "/tests/histories";
  const auto expected = base::decode_json<std::vector<model::Run>>(text_of(kept / "schema1.json"));
  ASSERT_TRUE(expected) << expected.error().sentence();
  ASSERT_GE(expected->size(), 8u);
  TestFolder folder;
  const auto path = folder.path() / "history.db";
  std::filesystem::copy_file(kept / "schema1.sqlite", path);
  const auto opened = SqliteHistory::open(path);
  ASSERT_TRUE(opened) << opened.error().sentence();
  for (const model::Run& run : *expected) {
    const auto read = (*opened)->get(run.run_id);
    ASSERT_TRUE(read && read->has_value()) << run.run_id;
    EXPECT_EQ(**read, run);
    // Written anew in today's form it is still the same.
    ASSERT_TRUE((*opened)->save({&run, 1}));
    EXPECT_EQ(**(*opened)->get(run.run_id), run);
  }
}

}  // namespace
}  // namespace comfytrace::history
