#include "app/token.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/check.h"
#include "base/digest.h"

namespace comfytrace::app {

base::Result<std::string> read_token(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::string();
  std::ifstream in(file);
  std::string token;
  if (!(in >> token))
    return base::Error{base::ErrorCode::unavailable, "cannot read " + file.string(), "token", "run `comfytrace token`"};
  if (token.size() < 16) {
    return base::Error{base::ErrorCode::invalid, "the token in " + file.string() + " has fewer than 16 characters",
                       "token", "run `comfytrace token` to make one"};
  }
  return token;
}

base::Result<std::string> make_token(const std::filesystem::path& file) {
  std::string bytes(24, '\0');
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1);
  const std::string token = base::to_hex(bytes);
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return base::Error{base::ErrorCode::unavailable, "cannot write " + file.string() + ": " + std::strerror(errno),
                       "token"};
  const std::string line = token + "\n";
  const bool written =
      ::fchmod(fd, 0600) == 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(fd);
  if (!written) return base::Error{base::ErrorCode::unavailable, "cannot write " + file.string(), "token"};
  return token;
}

}  // namespace comfytrace::app
