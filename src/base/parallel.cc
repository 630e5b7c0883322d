#include "base/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace comfytrace::base {
namespace {

constexpr std::size_t kMostThreads = 4;

struct Job {
  const std::function<void(std::size_t)>& work;
  const std::size_t parts;
  const Job* const within;  // whose part asked for it, if any
  // Guarded by the helpers' mutex.
  std::size_t next = 0;
  std::size_t done = 0;

  // A part of it, or a part's part, and so on.
  [[nodiscard]] bool is_within(const Job& other) const {
    for (const Job* at = within; at; at = at->within) {
      if (at == &other) return true;
    }
    return false;
  }
};

// The one whose part the thread is at, if any.
const Job*& job_of_this_thread() {
  static thread_local const Job* job = nullptr;
  return job;
}

class Helpers {
 public:
  explicit Helpers(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { help(); });
  }
  Helpers(const Helpers&) = delete;
  ~Helpers() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Job& job) {
    std::unique_lock lock(mutex_);
    jobs_.push_back(&job);
    for (std::size_t i = 1; i < std::min(job.parts, threads_.size() + 1); ++i) wanted_.notify_one();
    // Whoever waits for the job that this one is within may take a part too.
    if (job.within) finished_.notify_all();
    // Part 0 is the caller's: nobody has held the lock since the job was put there.
    while (job.next < job.parts) take_part(job, lock);
    while (job.done < job.parts) {
      // Work of others could keep the caller longer than its own does; what is within its own it waits for anyway.
      const auto within = std::ranges::find_if(jobs_, [&](const Job* other) { return other->is_within(job); });
      if (within != jobs_.end()) {
        take_part(**within, lock);
      } else {
        finished_.wait(lock);
      }
    }
  }

 private:
  // Leaves the job behind when its last part is taken.
  void take_part(Job& job, std::unique_lock<std::mutex>& lock) {
    const std::size_t part = job.next++;
    if (job.next == job.parts) std::erase(jobs_, &job);
    lock.unlock();
    const Job* const before = std::exchange(job_of_this_thread(), &job);
    job.work(part);
    job_of_this_thread() = before;
    lock.lock();
    if (++job.done == job.parts) finished_.notify_all();
  }

  void help() {
    std::unique_lock lock(mutex_);
    while (true) {
      wanted_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
      if (ends_) return;
      take_part(*jobs_.front(), lock);
    }
  }

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable finished_;
  std::deque<Job*> jobs_;  // those with parts that nobody has taken
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::size_t parallel_threads() {
  static const std::size_t kThreads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  return kThreads;
}

void parallel(std::size_t parts, const std::function<void(std::size_t part)>& work) {
  if (parts <= 1 || parallel_threads() == 1) {
    for (std::size_t part = 0; part < parts; ++part) work(part);
    return;
  }
  // Begun with the first work that wants them.
  static Helpers helpers(parallel_threads() - 1);
  Job job{work, parts, job_of_this_thread()};
  helpers.run(job);
}

}  // namespace comfytrace::base
