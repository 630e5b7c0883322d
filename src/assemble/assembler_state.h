#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assemble/attempt_book.h"
#include "assemble/change_log.h"
#include "assemble/node_timeline.h"
#include "assemble/outcome.h"
#include "assemble/run_assembler.h"
#include "assemble/worker_life.h"

namespace comfytrace::assemble {

// Where facts become changes of attempts. One file a kind of fact: event_facts.cc, queue_facts.cc, history_facts.cc.
struct RunAssembler::State {
  explicit State(Lookup lookup) : book(std::move(lookup)) {}

  AttemptBook book;
  ChangeLog changes;
  std::map<std::string, WorkerLife, std::less<>> workers;
  std::deque<std::pair<std::string, std::string>> forgotten;  // worker and prompt ids of deleted runs

  // The fact that is being applied.
  std::string worker_id;
  std::int64_t at_ms = 0;
  bool is_past = false;

  void on(const comfyui::Event& event);
  void on(const comfyui::QueueSnapshot& snapshot);
  void on(const HistoryRead& read);
  void on(const HistoryMissing& missing);
  void on(const Submitted& submitted);
  void on(const Connected&);
  void on(const Disconnected&);
  void on(const Resumed&);
  void on(const std::vector<model::DeviceSample>& samples);
  void on(const model::AttemptEnvironment& environment);
  void on(const comfyui::PromptQueued& queued);
  void on(const comfyui::PromptsRemoved& removed);
  void on(const comfyui::PromptRejected& rejected);
  void on(const comfyui::PromptPartlyRejected& rejected);

  // event_facts.cc
  void on_start(const comfyui::ExecutionStart& event);
  void on_cached(const comfyui::ExecutionCached& event);
  void on_progress_state(const comfyui::ProgressState& event);
  void on_executing(const comfyui::Executing& event);
  void on_progress(const comfyui::Progress& event);
  void on_executed(const comfyui::Executed& event);
  void on_blocked(const comfyui::ExecutionError& event);
  void on_end(const std::string& prompt_id, const Outcome& outcome);
  void on_nodes(Memo& memo, const NodeChange& change);

  // queue_facts.cc
  // `source` poll: the queue lists it. server: the worker tells that it has just queued it.
  void observe(const comfyui::QueueItem& item, bool is_running, model::TimeSource source);
  void take_item(Memo& memo, const comfyui::QueueItem& item, const comfyui::WorkflowFacts* facts, bool from_server);
  void reject(comfyui::QueueItem item, const comfyui::PromptAnswer& answer, model::Origin origin);
  void conclude(Memo& memo, model::Status status, model::ExitReason reason, std::string_view because);

  // history_facts.cc
  void take_entry(const comfyui::HistoryEntry& entry);
  Memo* match_entry(const comfyui::HistoryEntry& entry, const HistoryFacts& facts, bool& is_stale) const;

  WorkerLife& worker() { return workers[worker_id]; }
  [[nodiscard]] bool is_forgotten(const std::string& prompt_id) const;
  // The newest attempt of this prompt; begun if there is none in memory or in the history.
  Memo* known_or_begun(const std::string& prompt_id);
  // The same by the prompt's own data, which may name a run that is not in memory. Never begins one.
  Memo* known(const comfyui::QueueItem& item, const comfyui::WorkflowFacts& facts);
  Memo& begin(const std::string& prompt_id, AttemptBook::Age age = AttemptBook::Age::newest);
  // The attempt that executes on this worker, if there is exactly one.
  Memo* executing_one();
  void seen_alive(Memo& memo);
  void ensure_executing(Memo& memo, std::string_view because);
  void ask_history(Memo& memo, bool& asked);

  // Called after an attempt was changed: `kept` is worth saving, else only worth showing.
  void changed(Memo& memo, bool kept);
  // Whether the attempt's environment was not known and is now.
  bool note_environment(Memo& memo);
  void place(Memo& memo, const comfyui::Grouping& grouping);
  [[nodiscard]] model::LiveScene live(const RunRecord& record, std::size_t scene, std::int64_t updated_ms) const;
};

}  // namespace comfytrace::assemble
