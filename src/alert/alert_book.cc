#include "alert/alert_book.h"

#include <algorithm>

#include "base/counters.h"
#include "base/text.h"
#include "base/uuid.h"

namespace comfytrace::alert {
namespace {

using history::Alert;

constexpr std::size_t kMessageBytes = 1'000;

EngineOptions complete(EngineOptions options) {
  if (!options.new_id) options.new_id = [] { return base::random_uuid(); };
  return options;
}

// Only a run can show that these are over; a workflow that nobody runs any more never will.
bool is_about_runs(Rule rule) {
  return rule == Rule::deviation || rule == Rule::failureStreak || rule == Rule::vramHeadroom;
}

bool older_first(const Alert& a, const Alert& b) {
  return std::pair(a.raised_at_ms, a.id) < std::pair(b.raised_at_ms, b.id);
}

}  // namespace

bool QuietHours::holds(std::int64_t local_minute) const {
  if (from_minute <= to_minute) return local_minute >= from_minute && local_minute < to_minute;
  return local_minute >= from_minute || local_minute < to_minute;
}

AlertBook::AlertBook(EngineOptions options) : options_(complete(std::move(options))) {}

void AlertBook::restore(std::span<const Alert> alerts, std::span<const std::string> worker_ids, const Moment& now) {
  for (const Alert& alert : alerts) {
    if (alert.cleared_at_ms) {
      if (alert.held_back) hold(alert);
      continue;
    }
    const auto rule = base::enum_from_name<Rule>(alert.rule);
    const bool watched = !alert.worker_id || std::ranges::find(worker_ids, *alert.worker_id) != worker_ids.end();
    if (rule && options_.rules.enabled(*rule) && watched) {
      const auto [place, first] = conditions_.try_emplace({*rule, alert.subject});
      if (first) {
        place->second = Condition{Hysteresis(true), alert, now.at_ms};
        continue;
      }
    }
    Alert over = alert;
    over.cleared_at_ms = now.at_ms;
    over.held_back = false;
    changes_.alerts.push_back(std::move(over));
  }
}

void AlertBook::look(Rule rule, const std::string& subject, Level level, const Holds& holds, const Moment& now,
                     const Describe& describe) {
  if (!options_.rules.enabled(rule)) return;
  const Key key(rule, subject);
  auto place = conditions_.find(key);
  if (place == conditions_.end()) {
    if (level != Level::raise || conditions_.size() >= kConditions) return;
    place = conditions_.emplace(key, Condition{}).first;
  }
  Condition& condition = place->second;
  condition.seen_at_ms = now.at_ms;
  condition.hysteresis.look(level, now.steady_ms);
  if (condition.hysteresis.turns(holds, now.steady_ms)) {
    if (condition.hysteresis.raised()) return raise(key, condition, now, describe);
    clear(std::move(*condition.alert), now);
    conditions_.erase(place);
  } else if (!condition.hysteresis.raised() && level != Level::raise) {
    conditions_.erase(place);
  }
}

void AlertBook::raise(const Key& key, Condition& condition, const Moment& now, const Describe& describe) {
  Alert alert;
  alert.id = options_.new_id();
  alert.rule = base::enum_name(key.first);
  alert.severity = options_.rules.severity(key.first);
  alert.subject = key.second;
  alert.raised_at_ms = now.at_ms;
  describe(alert);
  base::counters().add(base::Counter::alerts_raised);
  alert.message = base::to_valid_utf8(base::bounded_text(alert.message, kMessageBytes));
  if (quiet(now)) {
    alert.held_back = true;
  } else {
    alert.told_at_ms = now.at_ms;
    notify(Occasion::raised, alert, now);
  }
  changes_.alerts.push_back(alert);
  condition.alert = std::move(alert);
}

void AlertBook::clear(Alert alert, const Moment& now) {
  alert.cleared_at_ms = now.at_ms;
  if (quiet(now)) {
    alert.held_back = true;
    hold(alert);
  } else if (alert.held_back) {
    // The quiet hours have ended, and the digest has not gone out yet.
    hold(alert);
  } else {
    alert.told_at_ms = now.at_ms;
    notify(Occasion::cleared, alert, now);
  }
  changes_.alerts.push_back(std::move(alert));
}

void AlertBook::hold(Alert alert) {
  if (held_.size() >= kHeld) held_.erase(held_.begin());
  held_.push_back(std::move(alert));
}

void AlertBook::notify(Occasion occasion, const Alert& alert, const Moment& now) {
  changes_.notices.push_back({occasion, now.at_ms, {alert}});
}

bool AlertBook::quiet(const Moment& now) const {
  return options_.quiet_hours && options_.quiet_hours->holds(now.local_minute);
}

void AlertBook::tick(const Moment& now) {
  forget_unseen(now);
  if (quiet(now)) return;
  tell_held(now);
  repeat(now);
}

void AlertBook::forget_unseen(const Moment& now) {
  for (auto it = conditions_.begin(); it != conditions_.end();) {
    Condition& condition = it->second;
    if (!is_about_runs(it->first.first) || now.at_ms - condition.seen_at_ms < kForgottenAfter_ms) {
      ++it;
      continue;
    }
    if (condition.alert) clear(std::move(*condition.alert), now);
    it = conditions_.erase(it);
  }
}

void AlertBook::tell_held(const Moment& now) {
  Notice digest{Occasion::digest, now.at_ms, std::exchange(held_, {})};
  for (auto& [key, condition] : conditions_) {
    if (!condition.alert || !condition.alert->held_back) continue;
    condition.alert->held_back = false;
    condition.alert->told_at_ms = now.at_ms;
    digest.alerts.push_back(*condition.alert);
  }
  if (digest.alerts.empty()) return;
  for (Alert& alert : digest.alerts) {
    alert.held_back = false;
    alert.told_at_ms = now.at_ms;
  }
  std::ranges::sort(digest.alerts, older_first);
  changes_.alerts.insert(changes_.alerts.end(), digest.alerts.begin(), digest.alerts.end());
  changes_.notices.push_back(std::move(digest));
}

void AlertBook::repeat(const Moment& now) {
  if (options_.repeat_ms <= 0) return;
  for (auto& [key, condition] : conditions_) {
    if (!condition.alert || condition.alert->acknowledged_at_ms) continue;
    // A wall clock that was set back must not put off the next one for as long as it was wrong.
    const std::int64_t told_at_ms = std::min(condition.alert->told_at_ms.value_or(now.at_ms), now.at_ms);
    if (now.at_ms - told_at_ms < options_.repeat_ms) {
      condition.alert->told_at_ms = told_at_ms;
      continue;
    }
    condition.alert->told_at_ms = now.at_ms;
    changes_.alerts.push_back(*condition.alert);
    notify(Occasion::repeated, *condition.alert, now);
  }
}

std::optional<Alert> AlertBook::acknowledge(std::string_view id, const Moment& now) {
  for (auto& [key, condition] : conditions_) {
    if (!condition.alert || condition.alert->id != id) continue;
    if (!condition.alert->acknowledged_at_ms) {
      condition.alert->acknowledged_at_ms = now.at_ms;
      changes_.alerts.push_back(*condition.alert);
    }
    return condition.alert;
  }
  return std::nullopt;
}

std::vector<Alert> AlertBook::open() const {
  std::vector<Alert> alerts;
  for (const auto& [key, condition] : conditions_) {
    if (condition.alert) alerts.push_back(*condition.alert);
  }
  std::ranges::sort(alerts, older_first);
  return alerts;
}

std::optional<std::int64_t> AlertBook::since_ms(Rule rule, const std::string& subject) const {
  const auto place = conditions_.find({rule, subject});
  return place == conditions_.end() ? std::nullopt : place->second.hysteresis.since_ms();
}

}  // namespace comfytrace::alert
