#include "app/history_question.h"

#include <iostream>

#include "api/run_query.h"
#include "app/filter_flags.h"
#include "base/clock.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {

base::Result<HistoryQuestion> ask_history(const Flags& flags, const std::vector<history::KeyValue>& pairs) {
  auto settings = load_settings(flags, process_environment());
  if (!settings) return settings.error();
  HistoryQuestion question;
  question.now_ms = base::system_clock().now_ms();
  const auto request = api::parse_filter_request(pairs);
  if (!request) return of_flags(request.error());
  auto reader = history::open_reader(settings->store);
  if (!reader) return reader.error();
  auto workers = (*reader)->workers();
  if (!workers) return workers.error();
  auto filter = api::resolve_filter(*request, **reader, {}, question.now_ms);
  if (!filter) return of_flags(filter.error());
  question.workers = std::move(*workers);
  question.reader = std::move(*reader);
  question.filter = std::move(*filter);
  return question;
}

base::Result<std::vector<std::string>> run_ids_of(const std::vector<std::string>& given,
                                                  const history::RunHistoryReader& reader) {
  std::vector<std::string> ids;
  for (const std::string& id : given) {
    if (id == "-") {
      for (std::string text; std::getline(std::cin, text);) {
        if (!text.empty()) ids.push_back(text);
      }
    } else if (id == "latest") {
      auto newest = reader.page({}, 1, "");
      if (!newest) return newest.error();
      if (newest->runs.empty()) {
        return base::Error{base::ErrorCode::not_found, "there are no runs yet", "", "`comfytrace serve` records them"};
      }
      ids.push_back(newest->runs.front().run_id);
    } else {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace comfytrace::app
