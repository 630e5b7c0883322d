#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace comfytrace::history {

// Who writes to a history file.
struct Owner {
  std::int64_t pid = 0;
  std::int64_t started_at_ms = 0;
  std::string host;
  std::string url;  // empty: not known
};
BOOST_DESCRIBE_STRUCT(Owner, (), (pid, started_at_ms, host, url))

// Exclusive ownership of a history file: an flock on `<file>.lock`, which also says who the owner is. The lock dies
// with its process, so that a crash leaves no obstacle. Movable; one thread at a time.
class OwnerLock {
 public:
  // Errors: conflict (names the owner), unavailable (the lock file cannot be made).
  [[nodiscard]] static base::Result<OwnerLock> acquire(const std::filesystem::path& file, Owner owner);
  // Who holds `file` right now, if anybody.
  [[nodiscard]] static std::optional<Owner> holder(const std::filesystem::path& file);
  // This process, now.
  [[nodiscard]] static Owner this_process(std::int64_t now_ms, std::string url);

  OwnerLock(OwnerLock&& other) noexcept;
  OwnerLock& operator=(OwnerLock&& other) noexcept;
  ~OwnerLock();

  void set_url(const std::string& url);

 private:
  OwnerLock(int fd, Owner owner) : fd_(fd), owner_(std::move(owner)) {}
  void write() const;
  int fd_ = -1;
  Owner owner_;
};

}  // namespace comfytrace::history
