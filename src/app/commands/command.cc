#include "app/commands/command.h"

#include <cstdio>

namespace comfytrace::app {

int report(const base::Error& error) {
  std::fprintf(stderr, "comfytrace: %s\n", error.sentence().c_str());
  return error.code == base::ErrorCode::invalid ? kUsage : kFailed;
}

void print_line(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

}  // namespace comfytrace::app
