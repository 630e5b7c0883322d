#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/codec.h"
#include "history/run_history.h"

namespace comfytrace::alert {

// Why something is told outside.
enum class Occasion {
  raised,
  repeated,  // still open, and nobody has acknowledged it
  cleared,
  digest,  // what quiet hours held back
  test,
};
BOOST_DESCRIBE_ENUM(Occasion, raised, repeated, cleared, digest, test)

// One message to the outside sinks.
struct Notice {
  Occasion occasion = Occasion::raised;
  std::int64_t at_ms = 0;
  std::vector<history::Alert> alerts;  // one; of a digest all, oldest first
};
BOOST_DESCRIBE_STRUCT(Notice, (), (occasion, at_ms, alerts))

// The worst of its alerts.
[[nodiscard]] history::AlertSeverity severity_of(const Notice& notice);
// One line, bounded.
[[nodiscard]] std::string title_of(const Notice& notice);
// The whole as text, at most about 1.5 KB; of a digest the first alerts and how many more there are.
[[nodiscard]] std::string text_of(const Notice& notice);
// {"event","title","text","severity","atMs","alerts":[Alert]}
[[nodiscard]] std::string notice_json(const Notice& notice);
// What is left for somebody who wants to hear of `least` and worse only; no alerts: nothing.
[[nodiscard]] Notice at_least(Notice notice, history::AlertSeverity least);

// Made up, so that people can see what they will get.
[[nodiscard]] Notice test_notice(std::int64_t at_ms);

}  // namespace comfytrace::alert
