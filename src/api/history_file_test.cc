#include <filesystem>

#include "api/server_fixture.h"
#include "base/uuid.h"
#include "history/history_writer.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::api {
namespace {

using ::testing::SizeIs;

// The server over the history that people use: a file, its writer and its readers.
class HistoryFileTest : public ServerTest {
 protected:
  HistoryFileTest() {
    const auto path = directory / "history.db";
    std::filesystem::create_directories(directory);
    auto opened = history::SqliteHistory::open(path).value();
    file_pool = history::HistoryPool::start([path] { return history::open_reader(path); }).value();
    writer_thread = std::make_unique<history::HistoryWriter>(std::move(opened), history::HistoryWriter::Options{});
    services.ask = [this](Services::Question question) { return file_pool->post(std::move(question)); };
    services.amend = [this](std::string id, history::RunPatch patch, Services::Done done) {
      writer_thread->amend(std::move(id), std::move(patch), std::move(done));
    };
    services.remove = [this](std::string id, Services::Done done) {
      writer_thread->remove(std::move(id), std::move(done));
    };
    services.find_live_run = [this](std::string_view id) { return writer_thread->pending_run(id); };
  }
  ~HistoryFileTest() override {
    server.reset();
    file_pool.reset();
    writer_thread.reset();
    std::filesystem::remove_all(directory);
  }

  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("comfytrace-" + base::random_uuid());
  std::unique_ptr<history::HistoryPool> file_pool;
  std::unique_ptr<history::HistoryWriter> writer_thread;
};

TEST_F(HistoryFileTest, ShowsAmendsAndDeletesARunThatWasJustRecorded) {
  start();
  writer_thread->submit(run_of("a"));
  EXPECT_EQ(base::find_string(json_of(get("/api/v1/runs/a")), "title"), "A fox");
  const auto amended = ask("PATCH", "/api/v1/runs/a", R"({"notes":"see the tail","tags":["keep"]})");
  EXPECT_EQ(base::find_string(json_of(amended), "notes"), "see the tail");

  auto page = json_of(get("/api/v1/runs?text=tail&tag=keep"));
  ASSERT_THAT(*base::find_array(page, "runs"), SizeIs(1));
  EXPECT_EQ(base::find_string(base::find_array(page, "runs")->at(0), "runId"), "a");
  const auto timeline = json_of(get("/api/v1/runs/a/timeline"));
  EXPECT_THAT(*base::find_array(timeline, "attempts"), SizeIs(1));
  EXPECT_EQ(base::find_string(*base::find(json_of(get("/api/v1/health")), "history"), "kind"), "sqlite");

  EXPECT_EQ(ask("DELETE", "/api/v1/runs/a").status, 204);
  expect_problem(get("/api/v1/runs/a"), 404, "runId");
  writer_thread->submit(run_of("a"));
  page = json_of(get("/api/v1/runs"));
  EXPECT_THAT(*base::find_array(page, "runs"), SizeIs(0));
}

}  // namespace
}  // namespace comfytrace::api
