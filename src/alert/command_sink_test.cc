#include "alert/command_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "net/test_peer.h"

namespace comfytrace::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CommandSinkTest : public testing::Test {
 protected:
  CommandSinkTest() {
    folder =
        std::filesystem::path(testing::TempDir()) /
        ("command-" + std::to_string(::getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
  }
  ~CommandSinkTest() override { std::filesystem::remove_all(folder); }

  // A script that a shell reads; the sink itself uses none.
  CommandSetting script(const std::string& text, std::int64_t timeout_ms = 20'000) const {
    return {{"/bin/sh", "-c", text, "sh", folder.string()}, timeout_ms};
  }
  Delivery send(CommandSetting setting, const Notice& notice = test_notice(5)) {
    CommandSink sink(io, std::move(setting));
    std::optional<Delivery> delivery;
    sink.send(notice, [&](Delivery got) { delivery = std::move(got); });
    EXPECT_FALSE(delivery) << "never from inside the call";
    EXPECT_TRUE(net::run_until(io, [&] { return delivery.has_value(); }));
    return delivery.value_or(Delivery{});
  }
  std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }

  std::filesystem::path folder;
  net::asio::io_context io;
};

TEST_F(CommandSinkTest, HandsOverTheNoticeOnStandardInputAndInTheEnvironment) {
  Notice notice = test_notice(5);
  notice.alerts[0].rule = "workerDown";
  notice.alerts[0].message = std::string("$(touch ") + (folder / "harm").string() + "); `id` \" ' \n second line";
  notice.alerts[0].worker_id = "w1";
  const auto delivery =
      send(script("cat > $1/in; printf '%s' "
                  "\"$COMFYTRACE_ALERT_RULE/$COMFYTRACE_ALERT_WORKER_ID/$COMFYTRACE_ALERT_TEXT\" > $1/env"),
           notice);
  EXPECT_FALSE(delivery.error) << delivery.error->sentence();
  EXPECT_EQ(read("in"), notice_json(notice) + "\n");
  EXPECT_EQ(read("env"), "workerDown/w1/" + notice.alerts[0].message);
  EXPECT_FALSE(std::filesystem::exists(folder / "harm")) << "what an alert says is never run";
}

TEST_F(CommandSinkTest, PassesArgumentsAsTheyAre) {
  const auto delivery =
      send({{"/bin/sh", "-c", "printf '%s' \"$2\" > $1/out", "sh", folder.string(), "a b; $HOME 'c'"}, 20'000});
  EXPECT_FALSE(delivery.error);
  EXPECT_EQ(read("out"), "a b; $HOME 'c'");
}

TEST_F(CommandSinkTest, CaresNotWhetherAnybodyReadsAHugeNotice) {
  Notice huge = test_notice(5);
  huge.alerts.resize(5'000, huge.alerts[0]);
  EXPECT_FALSE(send({{"/bin/true"}, 20'000}, huge).error);
  EXPECT_FALSE(send(script("wc -c > $1/size"), huge).error);
  EXPECT_EQ(std::stoul(read("size")), notice_json(huge).size() + 1);
}

TEST_F(CommandSinkTest, SaysHowItFailedAndTriesAgain) {
  Delivery delivery = send(script("exit 7"));
  ASSERT_TRUE(delivery.error);
  EXPECT_THAT(delivery.error->message, HasSubstr("exit code 7"));
  EXPECT_TRUE(delivery.worth_retrying);
  delivery = send(script("kill -9 $$"));
  ASSERT_TRUE(delivery.error);
  EXPECT_THAT(delivery.error->message, HasSubstr("signal 9"));
}

TEST_F(CommandSinkTest, GivesUpOnAProgramThatIsNotThere) {
  const Delivery delivery = send({{"/does/not/exist", "token-of-somebody"}, 1'000});
  ASSERT_TRUE(delivery.error);
  EXPECT_FALSE(delivery.worth_retrying);
  EXPECT_THAT(delivery.error->sentence(), HasSubstr("/does/not/exist cannot be started"));
  EXPECT_THAT(delivery.error->sentence(), Not(HasSubstr("token")));
}

TEST_F(CommandSinkTest, KillsWhatIsNotDoneInTimeWithAllThatItStarted) {
  // Without a kill of the whole group the child would hold the pipe's end open for an hour.
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const Delivery delivery = send(script("exec 3> $1/fifo; echo up >&3; sleep 3600 & wait", 300));
  ASSERT_TRUE(delivery.error);
  EXPECT_THAT(delivery.error->message, HasSubstr("was killed"));
  char buffer[16];
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 3);
  EXPECT_TRUE(net::run_until(io, [&] { return ::read(reader, buffer, sizeof buffer) == 0; })) << "nobody holds it open";
  ::close(reader);
}

TEST_F(CommandSinkTest, LeavesItNoOpenFileOfOursAndSignalsAsUsual) {
  const int leaky = ::open("/dev/null", O_RDONLY);  // without CLOEXEC, as sockets of ours are
  ASSERT_GT(leaky, 2);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const auto delivery = send(script("ls /proc/self/fd > $1/fds; grep SigIgn /proc/$$/status > $1/signals"));
  ::signal(SIGPIPE, before);
  ::close(leaky);
  EXPECT_FALSE(delivery.error);
  // 0, 1, 2 and the folder that `ls` reads.
  EXPECT_EQ(read("fds"), "0\n1\n2\n3\n");
  const std::string ignored = read("signals");
  ASSERT_TRUE(ignored.starts_with("SigIgn:"));
  EXPECT_EQ(std::stoull(ignored.substr(7), nullptr, 16) >> (SIGPIPE - 1) & 1, 0u);
}

TEST_F(CommandSinkTest, EndsWhatRunsWhenItIsCancelled) {
  CommandSink sink(io, script("echo $$ > $1/pid; exec sleep 3600"));
  bool called = false;
  sink.send(test_notice(5), [&](const Delivery&) { called = true; });
  ASSERT_TRUE(net::run_until(io, [&] { return read("pid").ends_with('\n'); }));
  const pid_t child = std::stoi(read("pid"));
  sink.cancel();
  // Gone, or a zombie that nobody has waited for.
  EXPECT_TRUE(net::run_until(io, [&] {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string text((std::istreambuf_iterator<char>(status)), {});
    return text.empty() || text.find(") Z ") != std::string::npos;
  }));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace comfytrace::alert
