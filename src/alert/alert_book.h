#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/facts.h"
#include "alert/hysteresis.h"
#include "alert/notice.h"
#include "alert/rules.h"
#include "history/run_history.h"

namespace comfytrace::alert {

// A local time of day to another; it may go past midnight. Equal: never.
struct QuietHours {
  std::int64_t from_minute = 0;
  std::int64_t to_minute = 0;
  [[nodiscard]] bool holds(std::int64_t local_minute) const;
};

struct EngineOptions {
  RuleSettings rules;
  std::optional<QuietHours> quiet_hours;
  std::int64_t repeat_ms = 4 * 3'600'000;  // of an open alert that nobody has acknowledged; 0: never
  std::function<std::string()> new_id;     // empty: random UUIDs
};

// What came of the facts: alerts to be kept and shown, each as it is now, and notices for the outside sinks.
struct Changes {
  std::vector<history::Alert> alerts;
  std::vector<Notice> notices;
};

// What is open, since when, and whom it was told. One open alert a rule and subject. Pure: no I/O, no clock.
// Bounded: beyond kConditions a new condition is not looked at; of alerts that quiet hours hold back after they are
// over the newest kHeld are kept.
class AlertBook {
 public:
  static constexpr std::size_t kConditions = 4'096;
  static constexpr std::size_t kHeld = 1'000;
  static constexpr std::int64_t kForgottenAfter_ms = 7ll * 86'400'000;

  explicit AlertBook(EngineOptions options);

  // Takes up what an earlier life left open or untold. Nothing is raised or told again; what is no longer looked at
  // (its rule is off, its worker is not among `worker_ids`) is cleared.
  void restore(std::span<const history::Alert> alerts, std::span<const std::string> worker_ids, const Moment& now);

  // `describe` fills in message, evidence and ids when the alert is raised.
  using Describe = std::function<void(history::Alert&)>;
  void look(Rule rule, const std::string& subject, Level level, const Holds& holds, const Moment& now,
            const Describe& describe);
  // Repeats, the digest after quiet hours, and the end of alerts about something that has not been seen for
  // kForgottenAfter_ms.
  void tick(const Moment& now);
  // The alert as it is now; nullopt if no such alert is open.
  [[nodiscard]] std::optional<history::Alert> acknowledge(std::string_view id, const Moment& now);

  [[nodiscard]] Changes take_changes() { return std::exchange(changes_, {}); }
  // Oldest first.
  [[nodiscard]] std::vector<history::Alert> open() const;
  // Since when the condition is as bad as it is now (steady); for descriptions.
  [[nodiscard]] std::optional<std::int64_t> since_ms(Rule rule, const std::string& subject) const;
  [[nodiscard]] const RuleSettings& rules() const { return options_.rules; }

 private:
  struct Condition {
    Hysteresis hysteresis;
    std::optional<history::Alert> alert;
    std::int64_t seen_at_ms = 0;  // wall clock
  };
  using Key = std::pair<Rule, std::string>;

  void raise(const Key& key, Condition& condition, const Moment& now, const Describe& describe);
  void clear(history::Alert alert, const Moment& now);
  void forget_unseen(const Moment& now);
  void tell_held(const Moment& now);
  void repeat(const Moment& now);
  void hold(history::Alert alert);
  void notify(Occasion occasion, const history::Alert& alert, const Moment& now);
  [[nodiscard]] bool quiet(const Moment& now) const;

  const EngineOptions options_;
  std::map<Key, Condition> conditions_;
  std::vector<history::Alert> held_;  // over, and still to be told
  Changes changes_;
};

}  // namespace comfytrace::alert
