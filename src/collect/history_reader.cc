#include "collect/history_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/counters.h"
#include "net/http.h"

namespace comfytrace::collect {
namespace {

using Entries = std::vector<comfyui::HistoryEntry>;

// From so many wanted prompts on, one read of the newest entries is cheaper than asking for each.
constexpr std::size_t kManyWanted = 4;
constexpr std::int64_t kFailuresToGiveUp = 3;

// Tells an entry from a later one under a reused prompt id.
std::string key_of(const comfyui::HistoryEntry& entry) {
  std::int64_t stamp_ms = 0;
  for (const comfyui::Event& message : entry.messages) {
    if (const auto* start = std::get_if<comfyui::ExecutionStart>(&message)) stamp_ms = start->timestamp_ms.value_or(0);
  }
  return fmt::format("{}\n{}\n{}", entry.prompt.prompt_id, entry.prompt.number, stamp_ms);
}

}  // namespace

HistoryReader::HistoryReader(net::asio::io_context& io, const base::Clock& clock, WorkerRequests& requests,
                             const CollectorTimings& timings, Handlers handlers)
    : clock_(clock),
      requests_(requests),
      timings_(timings),
      handlers_(std::move(handlers)),
      timer_(io),
      seen_(static_cast<std::size_t>(2 * timings.back_fill_entries)) {}

void HistoryReader::start() {
  running_ = true;
  connecting_ = true;
  newest_ = timings_.page_entries;
  newest_not_before_ms_ = 0;
  // What was missing under the last connection may be there now: the window begins anew.
  for (auto& [prompt_id, wanted] : wanted_) wanted = {};
  pump();
}

void HistoryReader::stop() {
  running_ = in_flight_ = false;
  back_fill_.reset();
  timer_.cancel();
}

void HistoryReader::want(const std::string& prompt_id) {
  if (wanted_.try_emplace(prompt_id).second) pump();
}

void HistoryReader::look_for_short_prompts() {
  newest_ = std::max(newest_, timings_.idle_entries);
  pump();
}

void HistoryReader::pump() {
  if (!running_ || in_flight_) return;
  timer_.cancel();
  const std::int64_t now_ms = clock_.steady_ms();
  std::size_t never_asked = 0;
  auto next = wanted_.end();
  for (auto it = wanted_.begin(); it != wanted_.end(); ++it) {
    if (!it->second.asked) ++never_asked;
    if (next == wanted_.end() || it->second.next_look_ms < next->second.next_look_ms) next = it;
  }
  if (never_asked >= kManyWanted) newest_ = std::max(newest_, timings_.page_entries);

  if (newest_ > 0 && now_ms >= newest_not_before_ms_) return ask_newest();
  if (next != wanted_.end() && next->second.next_look_ms <= now_ms) return ask_wanted(next->first);
  if (back_fill_ && back_fill_->next_page_ms <= now_ms) return ask_page();

  std::optional<std::int64_t> wake_ms;
  const auto consider = [&](std::int64_t at_ms) { wake_ms = std::min(wake_ms.value_or(at_ms), at_ms); };
  if (newest_ > 0) consider(newest_not_before_ms_);
  if (next != wanted_.end()) consider(next->second.next_look_ms);
  if (back_fill_) consider(back_fill_->next_page_ms);
  if (wake_ms) timer_.after(*wake_ms - now_ms, [this] { pump(); });
}

void HistoryReader::get(const std::string& target, std::function<void(base::Result<Entries>)> done) {
  in_flight_ = true;
  requests_.get(target, [this, target, done = std::move(done)](base::Result<std::string> body) {
    in_flight_ = false;
    if (!body) {
      done(body.error());
    } else {
      std::size_t skipped = 0;
      auto entries = comfyui::decode_history(*body, &skipped);
      base::counters().add(base::Counter::bodies_malformed, skipped);
      if (entries) {
        done(std::move(*entries));
      } else {
        done(malformed_body(target, entries.error()));
      }
    }
    pump();
  });
}

void HistoryReader::ask_newest() {
  const std::int64_t asked = std::exchange(newest_, 0);
  get(fmt::format("/history?max_items={}", asked),
      [this, asked](base::Result<Entries> entries) { take_newest(asked, std::move(entries)); });
}

void HistoryReader::take_newest(std::int64_t asked, base::Result<Entries> entries) {
  for (auto& [prompt_id, wanted] : wanted_) wanted.asked = true;
  if (!entries) {
    newest_not_before_ms_ = clock_.steady_ms() + timings_.tick_ms;
    // Entries too large for one answer come in smaller pages.
    const bool smaller = entries.error().code == base::ErrorCode::too_large && asked > 1;
    newest_ = std::max(newest_, smaller ? asked / 4 + 1 : asked);
    if (smaller && connecting_) begin_back_fill();
    return;
  }
  const auto count = static_cast<std::int64_t>(entries->size());
  const bool full = count >= asked;
  const bool first = std::exchange(connecting_, false);
  const auto fresh = static_cast<std::int64_t>(hand_over(std::move(*entries), first));
  if (!running_) return;
  if (!full) {
    // Fewer than asked for: that was all there is.
    complete_ = true;
    return;
  }
  if (first && !complete_) return begin_back_fill();
  if (fresh < count) return;
  // Not one of them was known: there may be more behind.
  if (asked < timings_.page_entries) {
    newest_ = timings_.page_entries;
  } else {
    begin_back_fill();
  }
}

void HistoryReader::begin_back_fill() {
  if (back_fill_) return;
  back_fill_.emplace();
  back_fill_->page = timings_.page_entries;
}

void HistoryReader::ask_page() {
  get(fmt::format("/history?max_items={}&offset={}", back_fill_->page, back_fill_->offset),
      [this](base::Result<Entries> entries) { take_page(std::move(entries)); });
}

void HistoryReader::take_page(base::Result<Entries> entries) {
  if (!back_fill_) return;
  const std::int64_t now_ms = clock_.steady_ms();
  if (!entries) {
    back_fill_->next_page_ms = now_ms + timings_.tick_ms;
    if (entries.error().code == base::ErrorCode::too_large) {
      // One entry that is too large by itself is left out.
      if (back_fill_->page == 1) ++back_fill_->offset;
      back_fill_->page = std::max<std::int64_t>(1, back_fill_->page / 4);
      back_fill_->next_page_ms = now_ms + timings_.back_fill_pause_ms;
    } else if (++back_fill_->failures >= kFailuresToGiveUp) {
      back_fill_.reset();  // until the next connect
      complete_ = false;
    }
    return;
  }
  const auto count = static_cast<std::int64_t>(entries->size());
  const std::string first = count > 0 ? key_of(entries->front()) : "";
  // A server that does not know `offset` would give the same page for ever.
  const bool repeated = count > 0 && first == back_fill_->first_of_last_page;
  hand_over(std::move(*entries), false);
  if (!back_fill_) return;
  back_fill_->first_of_last_page = first;
  back_fill_->failures = 0;
  back_fill_->offset += count;
  back_fill_->next_page_ms = now_ms + timings_.back_fill_pause_ms;
  if (count == 0 || repeated || back_fill_->offset >= timings_.back_fill_entries) {
    back_fill_.reset();
    complete_ = true;
  }
}

void HistoryReader::ask_wanted(const std::string& prompt_id) {
  get("/history/" + net::percent_encode(prompt_id),
      [this, prompt_id](base::Result<Entries> entries) { take_wanted(prompt_id, std::move(entries)); });
}

void HistoryReader::take_wanted(const std::string& prompt_id, base::Result<Entries> entries) {
  const auto it = wanted_.find(prompt_id);
  if (it == wanted_.end()) return;
  it->second.asked = true;
  const std::int64_t now_ms = clock_.steady_ms();
  if (!entries) {
    // No answer proves nothing: only answers without the entry count towards the window.
    it->second.next_look_ms = now_ms + timings_.tick_ms;
    return;
  }
  if (!entries->empty()) {
    wanted_.erase(it);
    hand_over(std::move(*entries), true);
    return;
  }
  if (!it->second.first_look_ms) it->second.first_look_ms = now_ms;
  if (now_ms - *it->second.first_look_ms < timings_.history_window_ms) {
    it->second.next_look_ms = now_ms + timings_.history_retry_ms;
    return;
  }
  wanted_.erase(it);
  handlers_.missing(prompt_id);
}

std::size_t HistoryReader::hand_over(Entries entries, bool even_if_known) {
  std::size_t fresh = 0;
  Entries out;
  for (comfyui::HistoryEntry& entry : entries) {
    const bool is_fresh = seen_.add(key_of(entry));
    const bool was_wanted = wanted_.erase(entry.prompt.prompt_id) > 0;
    if (is_fresh) ++fresh;
    if (is_fresh || was_wanted || even_if_known) out.push_back(std::move(entry));
  }
  // Also when empty: after a connect the owner is told that nothing is remembered.
  if (!out.empty() || even_if_known) handlers_.entries(std::move(out));
  return fresh;
}

}  // namespace comfytrace::collect
