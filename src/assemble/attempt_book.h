#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assemble/graph_index.h"
#include "assemble/run_assembler.h"
#include "model/run.h"

namespace comfytrace::assemble {

struct RunRecord;

// What is known of an attempt beyond what is kept of it.
struct Memo {
  std::string worker_id;
  std::string prompt_id;
  RunRecord* record = nullptr;  // nullptr while it is not known to which run the prompt belongs
  std::size_t scene = 0;
  std::size_t index = 0;                     // in the scene's attempts
  std::unique_ptr<model::Attempt> unplaced;  // the attempt, as long as `record` is nullptr
  int seen_life = 0;                         // the worker's life in which it was last seen alive or remembered
  bool server_item = false;                  // the graph as the worker holds it has been read
  bool in_queue = false;                     // the last look at the queue showed it
  bool asked_after_end = false;              // its history was asked for since an end event
  bool asked_after_marker = false;           // the same since the end marker
  bool asked_after_leaving = false;          // the same since it left the queue
  bool end_marker = false;                   // executing{null} came
  std::optional<std::int64_t> contact_lost_at_ms;
  bool noted_loss = false;  // the last loss of contact is the only one that the notes tell of
  std::shared_ptr<const GraphIndex> graph;

  [[nodiscard]] model::Attempt& attempt() const;
};

struct RunRecord {
  model::Run run;
  bool is_changed = false;
  std::uint64_t touched = 0;
  std::vector<Memo*> memos;
};

// The runs in memory and where each attempt is. An attempt is found by worker and prompt id; a prompt id that was used
// again has several, oldest first.
class AttemptBook {
 public:
  explicit AttemptBook(RunAssembler::Lookup lookup) : lookup_(std::move(lookup)) {}

  using Memos = std::vector<std::unique_ptr<Memo>>;

  // Attempts of this prompt in memory, oldest first.
  [[nodiscard]] const Memos& all(const std::string& worker_id, const std::string& prompt_id) const;
  [[nodiscard]] Memo* newest(const std::string& worker_id, const std::string& prompt_id) const;

  // The run in memory, or looked up and taken into memory.
  RunRecord* find_run(std::string_view run_id);
  [[nodiscard]] RunRecord* find_in_memory(std::string_view run_id);
  RunRecord& adopt(model::Run run);
  RunRecord& make_run(model::Run run);

  enum class Age { newest, oldest };
  // A new attempt whose run is not known yet. Their number is bounded: the oldest are given up, which invalidates
  // their memos.
  Memo& begin(const std::string& worker_id, const std::string& prompt_id, Age age = Age::newest);
  // Gives an unplaced attempt its place.
  void place(Memo& memo, RunRecord& record, std::size_t scene);
  void drop(Memo& memo);

  void forget_run(std::string_view run_id);
  void touch(RunRecord& record) { record.touched = ++clock_; }
  // Lets go of the finished runs used least recently, down to the bound.
  void evict();

  [[nodiscard]] const std::map<std::string, std::unique_ptr<RunRecord>, std::less<>>& runs() const { return runs_; }

 private:
  static std::string key(std::string_view worker_id, std::string_view prompt_id);

  RunAssembler::Lookup lookup_;
  std::map<std::string, std::unique_ptr<RunRecord>, std::less<>> runs_;
  std::unordered_map<std::string, Memos> memos_;
  std::deque<std::pair<std::string, Memo*>> unplaced_;
  std::uint64_t clock_ = 0;
};

}  // namespace comfytrace::assemble
