#include "alert/command_sink.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace comfytrace::alert {
namespace {

// A process that ends wakes nobody here; so short a look costs nothing while one runs, and none runs otherwise.
constexpr std::int64_t kLookEvery_ms = 20;

base::Error failure(const std::string& what, int code) {
  return {base::ErrorCode::unavailable, what + ": " + std::generic_category().message(code)};
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::lseek(descriptor, 0, SEEK_SET) == 0;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A variable cannot hold a NUL.
std::string without_nul(std::string text) {
  std::erase(text, '\0');
  return text;
}

// Signals as a program expects them: ours ignores some.
void set_up(posix_spawnattr_t& attributes) {
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM}) sigaddset(&defaults, signal);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
}

}  // namespace

std::vector<std::string> alert_environment(const Notice& notice) {
  std::vector<std::string> variables;
  const auto add = [&](const char* name, std::string value) {
    variables.push_back(without_nul(std::string("COMFYTRACE_ALERT_") + name + "=" + std::move(value)));
  };
  add("EVENT", std::string(base::enum_name(notice.occasion)));
  add("SEVERITY", std::string(base::enum_name(severity_of(notice))));
  add("TITLE", title_of(notice));
  add("TEXT", text_of(notice));
  add("COUNT", std::to_string(notice.alerts.size()));
  if (notice.alerts.empty()) return variables;
  const history::Alert& alert = notice.alerts.front();
  add("ID", alert.id);
  add("RULE", alert.rule);
  add("SUBJECT", alert.subject);
  add("RUN_ID", alert.run_id.value_or(""));
  add("WORKER_ID", alert.worker_id.value_or(""));
  add("RAISED_AT_MS", std::to_string(alert.raised_at_ms));
  add("CLEARED_AT_MS", alert.cleared_at_ms ? std::to_string(*alert.cleared_at_ms) : "");
  return variables;
}

CommandSink::CommandSink(net::asio::io_context& io, CommandSetting setting) : setting_(std::move(setting)), timer_(io) {
  CHECK(!setting_.argv.empty());
}

void CommandSink::send(const Notice& notice, Done done) {
  CHECK(!done_);
  done_ = std::move(done);
  auto child = spawn(notice);
  if (!child) {
    return timer_.after(0, [this, error = child.error()] { finish({error, false, std::nullopt}); });
  }
  child_ = *child;
  killed_ = false;
  kill_at_ms_ = base::system_clock().steady_ms() + setting_.timeout_ms;
  wait_for_end();
}

base::Result<pid_t> CommandSink::spawn(const Notice& notice) const {
  // A file instead of a pipe: it takes any length at once, whether the program reads it or not.
  const File input(::memfd_create("comfytrace-alert", MFD_CLOEXEC));
  if (input.get() < 0 || !write_whole(input.get(), notice_json(notice) + "\n")) {
    return failure("the alert cannot be handed over", errno);
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  set_up(attributes);

  std::vector<std::string> arguments = setting_.argv;
  std::vector<std::string> variables = alert_environment(notice);
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, arguments.front().c_str(), &files, &attributes,
                                     pointers_to(arguments).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (problem != 0) {
    base::Error error = failure(setting_.argv.front() + " cannot be started", problem);
    error.mend = "correct `argv` in the settings";
    return error;
  }
  return child;
}

void CommandSink::wait_for_end() {
  timer_.after(kLookEvery_ms, [this] { look(); });
}

void CommandSink::look() {
  int status = 0;
  const pid_t ended = ::waitpid(*child_, &status, WNOHANG);
  if (ended == 0) {
    if (!killed_ && base::system_clock().steady_ms() >= kill_at_ms_) {
      ::kill(-*child_, SIGKILL);
      killed_ = true;
    }
    return wait_for_end();
  }
  child_.reset();
  const std::string& program = setting_.argv.front();
  Delivery delivery;
  delivery.worth_retrying = true;
  if (killed_) {
    delivery.error = {base::ErrorCode::unavailable,
                      program + " was not done within " + std::to_string(setting_.timeout_ms) + " ms and was killed",
                      "", "raise `timeout_s`, or let it do its work in the background"};
  } else if (ended < 0 || !WIFEXITED(status)) {
    delivery.error = {base::ErrorCode::unavailable,
                      program + " ended by signal " + std::to_string(ended < 0 ? 0 : WTERMSIG(status))};
  } else if (WEXITSTATUS(status) != 0) {
    delivery.error = {base::ErrorCode::unavailable,
                      program + " ended with exit code " + std::to_string(WEXITSTATUS(status))};
  }
  finish(std::move(delivery));
}

void CommandSink::finish(Delivery delivery) {
  const Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(delivery));
}

void CommandSink::cancel() {
  done_ = nullptr;
  timer_.cancel();
  if (!child_) return;
  ::kill(-*child_, SIGKILL);
  ::waitpid(*child_, nullptr, WNOHANG);
  child_.reset();
}

}  // namespace comfytrace::alert
