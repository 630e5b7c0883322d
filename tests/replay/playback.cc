#include "replay/playback.h"

#include <gtest/gtest.h>

#include "assemble/invariants.h"
#include "base/codec.h"

namespace comfytrace::replay_test {

Playback::Playback() {
  begin();
}

void Playback::begin() {
  assembler_ = std::make_unique<assemble::RunAssembler>([this](std::string_view run_id) -> std::optional<model::Run> {
    const auto found = kept_.find(std::string(run_id));
    if (found == kept_.end()) return std::nullopt;
    return found->second;
  });
}

void Playback::take() {
  assemble::Changes changes = assembler_->take_changes();
  for (model::Run& run : changes.runs) {
    for (const std::string& wrong : assemble::violations(run)) ADD_FAILURE() << wrong;
    std::string run_id = run.run_id;
    kept_[std::move(run_id)] = std::move(run);
  }
  for (const auto& wanted : changes.wanted_history) wanted_.insert(wanted.prompt_id);
}

void Playback::tell(const assemble::Fact& fact) {
  at_ms_ = fact.at_ms;
  server_.take(fact);
  assembler_->apply(fact);
  take();
}

void Playback::tell_all(const std::vector<RecordedFact>& facts) {
  tell_all(facts, [](Playback&, std::size_t) {});
}

void Playback::tell_all(const std::vector<RecordedFact>& facts, const Disturbance& before) {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    before(*this, i);
    tell(facts[i].fact);
  }
  finish(at_ms_ + 2000);
}

// A collector asks the history for two seconds, then says that it has nothing.
void Playback::finish(std::int64_t at_ms) {
  if (!server_.is_connected()) return;
  for (const std::string& prompt_id : assembler_->open_prompts(kWorker)) {
    if (wanted_.contains(prompt_id) && !server_.holds(prompt_id))
      tell({kWorker, at_ms, assemble::HistoryMissing{prompt_id}});
  }
}

void Playback::disconnect_and_connect() {
  if (!server_.is_connected()) return;
  const KnownServer server = server_;
  tell({kWorker, at_ms_, assemble::Disconnected{}});
  tell({kWorker, at_ms_, assemble::Connected{}});
  tell({kWorker, at_ms_, server.queue()});
  tell({kWorker, at_ms_, server.history()});
}

void Playback::restart() {
  begin();
  for (const auto& [run_id, run] : kept_) {
    if (model::is_open(run.status)) assembler_->adopt(run);
  }
  if (!server_.is_connected()) return;
  tell({kWorker, at_ms_, assemble::Connected{}});
  tell({kWorker, at_ms_, server_.queue()});
  tell({kWorker, at_ms_, server_.history()});
}

std::vector<const model::Attempt*> Playback::attempts() const {
  std::vector<const model::Attempt*> all;
  for (const auto& [run_id, run] : kept_) {
    for (const model::Scene& scene : run.scenes) {
      for (const model::Attempt& attempt : scene.attempts) all.push_back(&attempt);
    }
  }
  return all;
}

namespace {

constexpr std::size_t kLine = 116;

bool is_empty(const base::json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty()) ||
         (value.is_array() && value.get_array().empty()) || (value.is_object() && value.get_object().empty());
}

base::json::value without_empty(const base::json::value& value) {
  if (value.is_array()) {
    base::json::array out;
    for (const auto& item : value.get_array()) out.push_back(without_empty(item));
    return out;
  }
  if (!value.is_object()) return value;
  base::json::object out;
  for (const auto& [key, item] : value.get_object()) {
    base::json::value kept = without_empty(item);
    if (!is_empty(kept)) out.emplace(key, std::move(kept));
  }
  return out;
}

// Small objects on one line, so that a node or an explanation is one line of a diff.
void print(std::string& out, const base::json::value& value, std::size_t indent) {
  const std::string flat = base::to_json(value);
  if (!(value.is_array() || value.is_object()) || flat.size() + indent <= kLine) {
    out += flat;
    return;
  }
  const std::string margin(indent + 1, ' ');
  bool first = true;
  out += value.is_array() ? "[" : "{";
  const auto line = [&] {
    out += first ? "\n" : ",\n";
    first = false;
    out += margin;
  };
  if (value.is_array()) {
    for (const auto& item : value.get_array()) {
      line();
      print(out, item, indent + 1);
    }
  } else {
    for (const auto& [key, item] : value.get_object()) {
      line();
      base::write_json_string(out, key);
      out += ": ";
      print(out, item, indent + 1);
    }
  }
  out += "\n" + std::string(indent, ' ') + (value.is_array() ? "]" : "}");
}

}  // namespace

std::string golden_text(const std::map<std::string, model::Run>& runs) {
  std::vector<const model::Run*> ordered;
  for (const auto& [run_id, run] : runs) ordered.push_back(&run);
  std::ranges::stable_sort(ordered, {}, &model::Run::created_at_ms);
  base::json::array all;
  for (const model::Run* run : ordered) {
    auto parsed = base::parse_json(base::encode_json(*run));
    EXPECT_TRUE(parsed.ok());
    all.push_back(without_empty(*parsed));
  }
  std::string out;
  print(out, all, 0);
  return out + "\n";
}

}  // namespace comfytrace::replay_test
