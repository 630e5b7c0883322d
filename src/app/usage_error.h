#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace comfytrace::app {

// What is wrong with a command line that `app` could not take, and the mend: of a flag or a command that is not known
// the one that is most like it; where a command is missing, which there are. Lines for people. Any thread.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& problem);

}  // namespace comfytrace::app
