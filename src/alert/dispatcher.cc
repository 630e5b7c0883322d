#include "alert/dispatcher.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/counters.h"
#include "net/timer.h"

namespace comfytrace::alert {
namespace {

base::Counters& counters() {
  return base::counters();
}

}  // namespace

// One sink and what waits for it.
class Dispatcher::Lane {
 public:
  Lane(net::asio::io_context& io, const base::Clock& clock, const Options& options, SinkInfo info,
       std::unique_ptr<Sink> sink)
      : clock_(clock), options_(options), info_(std::move(info)), sink_(std::move(sink)), timer_(io) {}

  void send(const Notice& notice) {
    Notice wanted = at_least(notice, info_.min_severity);
    if (wanted.alerts.empty()) return;
    // The first one may be under way.
    const std::size_t waiting = waiting_.size() - (trying_ && !waiting_.empty() ? 1 : 0);
    if (waiting >= options_.capacity) {
      waiting_.erase(waiting_.end() - static_cast<std::ptrdiff_t>(waiting));
      lose();
      if (!trying_) tries_ = 0;
    }
    waiting_.push_back(std::move(wanted));
    next();
  }

  void test(const Notice& notice, std::function<void(SinkOutcome)> done) {
    tests_.emplace_back(notice, std::move(done));
    next();
  }

  [[nodiscard]] SinkState state() const {
    return {info_.name, info_.kind, info_.target,     info_.min_severity, static_cast<std::int64_t>(waiting_.size()),
            delivered_, lost_,      delivered_at_ms_, last_error_};
  }

 private:
  void next() {
    if (trying_ || testing_) return;
    if (!tests_.empty()) {
      testing_ = true;
      sink_->send(tests_.front().first, [this](const Delivery& delivery) { tested(delivery); });
    } else if (!waiting_.empty() && !timer_.waiting()) {
      trying_ = true;
      sink_->send(waiting_.front(), [this](const Delivery& delivery) { tried(delivery); });
    }
  }

  void note(const Delivery& delivery) {
    last_error_.reset();
    if (delivery.error) {
      last_error_ = delivery.error->sentence();
      counters().add(base::Counter::alert_tries_failed);
    } else {
      delivered_at_ms_ = clock_.now_ms();
    }
  }

  void tested(const Delivery& delivery) {
    testing_ = false;
    note(delivery);
    const auto done = std::move(tests_.front().second);
    tests_.pop_front();
    SinkOutcome outcome{info_.name, !delivery.error, std::nullopt};
    if (delivery.error) outcome.error = delivery.error->sentence();
    next();
    done(std::move(outcome));
  }

  void tried(const Delivery& delivery) {
    trying_ = false;
    note(delivery);
    if (!delivery.error) {
      ++delivered_;
      return done_with_first();
    }
    const auto failed = static_cast<std::size_t>(tries_++);
    if (!delivery.worth_retrying || failed >= options_.retry_ms.size()) {
      lose();
      return done_with_first();
    }
    timer_.after(std::max(options_.retry_ms[failed], delivery.not_before_ms.value_or(0)), [this] { next(); });
    next();
  }

  void done_with_first() {
    waiting_.pop_front();
    tries_ = 0;
    next();
  }

  void lose() {
    ++lost_;
    counters().add(base::Counter::alert_notices_lost);
  }

  const base::Clock& clock_;
  const Options& options_;
  const SinkInfo info_;
  std::unique_ptr<Sink> sink_;
  net::Timer timer_;  // until the first one is tried again
  std::deque<Notice> waiting_;
  std::deque<std::pair<Notice, std::function<void(SinkOutcome)>>> tests_;
  bool trying_ = false;   // the first of `waiting_`
  bool testing_ = false;  // the first of `tests_`
  std::int64_t tries_ = 0;
  std::int64_t delivered_ = 0;
  std::int64_t lost_ = 0;
  std::optional<std::int64_t> delivered_at_ms_;
  std::optional<std::string> last_error_;
};

Dispatcher::Dispatcher(net::asio::io_context& io, const base::Clock& clock, Options options)
    : io_(io), clock_(clock), options_(std::move(options)) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::add(SinkInfo info, std::unique_ptr<Sink> sink) {
  lanes_.push_back(std::make_unique<Lane>(io_, clock_, options_, std::move(info), std::move(sink)));
}

void Dispatcher::send(const Notice& notice) {
  for (const auto& lane : lanes_) lane->send(notice);
}

void Dispatcher::test(std::function<void(std::vector<SinkOutcome>)> done) {
  struct Gathering {
    std::vector<SinkOutcome> outcomes;
    std::size_t missing;
    std::function<void(std::vector<SinkOutcome>)> done;
  };
  auto all =
      std::make_shared<Gathering>(Gathering{std::vector<SinkOutcome>(lanes_.size()), lanes_.size(), std::move(done)});
  if (lanes_.empty()) {
    net::asio::post(io_, [all, alive = std::weak_ptr(alive_)] {
      if (alive.lock()) all->done({});
    });
    return;
  }
  const Notice notice = test_notice(clock_.now_ms());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i]->test(notice, [all, i](SinkOutcome outcome) {
      all->outcomes[i] = std::move(outcome);
      if (--all->missing == 0) all->done(std::move(all->outcomes));
    });
  }
}

std::vector<SinkState> Dispatcher::states() const {
  std::vector<SinkState> states;
  for (const auto& lane : lanes_) states.push_back(lane->state());
  return states;
}

void Dispatcher::stop() {
  alive_.reset();
  lanes_.clear();
}

}  // namespace comfytrace::alert
