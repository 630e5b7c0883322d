#pragma once

#include <vector>

#include "base/result.h"
#include "history/filter_grammar.h"

namespace CLI {
class App;
}

namespace comfytrace::app {

// Adds a flag for every parameter of the filter (history/filter_grammar.h) and --preset; what is given is appended to
// `pairs`, as a query string would. `pairs` must outlive the parsing.
void add_filter_flags(CLI::App* command, std::vector<history::KeyValue>& pairs);
// Likewise --sort, --limit, --cursor and --offset.
void add_list_flags(CLI::App* command, std::vector<history::KeyValue>& pairs);

// The same error, naming the flag instead of the parameter.
[[nodiscard]] base::Error of_flags(base::Error error);

}  // namespace comfytrace::app
