#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "history/filter_grammar.h"
#include "history/run_history.h"

namespace comfytrace::app {

// The history's file, opened to be asked, and the runs that the flags choose.
struct HistoryQuestion {
  std::unique_ptr<history::RunHistoryReader> reader;
  history::RunFilter filter;
  std::vector<model::Worker> workers;
  std::int64_t now_ms = 0;
};

// `pairs` as the filter's flags gave them. Errors: those of the settings, the grammar (naming the flag) and the file.
[[nodiscard]] base::Result<HistoryQuestion> ask_history(const Flags& flags,
                                                        const std::vector<history::KeyValue>& pairs);

// The ids that a command was given: "latest" is the newest run, "-" stands for the lines of standard input. Errors:
// not_found for "latest" of an empty history; those of the reader.
[[nodiscard]] base::Result<std::vector<std::string>> run_ids_of(const std::vector<std::string>& given,
                                                                const history::RunHistoryReader& reader);

}  // namespace comfytrace::app
