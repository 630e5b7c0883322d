#include "history/sqlite/owner_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>

#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

TEST(OwnerLock, IsHeldByOneAndSaysByWhom) {
  const TestFolder folder;
  const auto file = folder.path() / "history.db";
  EXPECT_FALSE(OwnerLock::holder(file));
  auto first = OwnerLock::acquire(file, {42, 1'763'000'000'000, "box", ""});
  ASSERT_TRUE(first);
  first->set_url("http://box:8189");
  const auto second = OwnerLock::acquire(file, {43, 0, "box", ""});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::conflict);
  EXPECT_EQ(second.error().message, file.string() +
                                        " is in use by comfytrace (pid 42 on box) since 2025-11-13 02:13:20 UTC, "
                                        "listening at http://box:8189");
  EXPECT_EQ(OwnerLock::holder(file)->pid, 42);
}

TEST(OwnerLock, IsTheSameThroughALink) {
  const TestFolder folder;
  std::filesystem::create_directory(folder.path() / "real");
  std::filesystem::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  const auto first = OwnerLock::acquire(folder.path() / "real" / "history.db", {});
  ASSERT_TRUE(first);
  EXPECT_FALSE(OwnerLock::acquire(folder.path() / "link" / "history.db", {}));
}

TEST(OwnerLock, IsFreeAfterItsOwnerWasKilled) {
  const TestFolder folder;
  const auto file = folder.path() / "history.db";
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = OwnerLock::acquire(file, OwnerLock::this_process(1, ""));
    const char told = lock ? 'y' : 'n';
    [[maybe_unused]] const auto written = ::write(pipe[1], &told, 1);
    while (true) ::pause();
  }
  char told = 0;
  ASSERT_EQ(::read(pipe[0], &told, 1), 1);
  ASSERT_EQ(told, 'y');
  EXPECT_EQ(OwnerLock::holder(file)->pid, child);
  EXPECT_FALSE(OwnerLock::acquire(file, {}));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  EXPECT_TRUE(OwnerLock::acquire(file, {}));
}

TEST(OwnerLock, NeedsADirectory) {
  const auto lock = OwnerLock::acquire("/nonexistent/history.db", {});
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, base::ErrorCode::unavailable);
}

}  // namespace
}  // namespace comfytrace::history
