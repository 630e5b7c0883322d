#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace comfytrace::api {

// What goes from the history by itself, daily. Archived and tagged runs never do. Absent: off.
struct Retention {
  std::optional<std::int64_t> days;
  std::optional<std::int64_t> max_bytes;
};
BOOST_DESCRIBE_STRUCT(Retention, (), (days, max_bytes))

// How this comfytrace was started. No secret stands here.
struct Setup {
  std::string listen_host;
  std::int64_t listen_port = 0;
  bool token_needed = false;               // whoever asks must show the token
  std::optional<std::string> config_file;  // the one that was read
  Retention retention;
};
BOOST_DESCRIBE_STRUCT(Setup, (), (listen_host, listen_port, token_needed, config_file, retention))

}  // namespace comfytrace::api
