#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assemble/attempt_book.h"
#include "assemble/run_assembler.h"
#include "assemble/worker_life.h"

namespace comfytrace::assemble {

[[nodiscard]] model::LiveScene live_scene(const model::Run& run, std::size_t scene, const Memo* memo,
                                          const WorkerLife* worker, std::int64_t updated_at_ms);

// What take_changes() will give. Scenes are built when taken; at a change of status at once, so that none is skipped.
class ChangeLog {
 public:
  void run_changed(RunRecord& record);
  void scene_changed(const std::string& run_id, std::size_t scene, std::int64_t at_ms);
  void status_changed(model::LiveScene scene, std::size_t index);
  void want_history(const std::string& worker_id, const std::string& prompt_id);
  void forget(std::string_view run_id);

  struct PendingScene {
    std::string run_id;
    std::size_t scene = 0;
    std::int64_t at_ms = 0;
    std::optional<model::LiveScene> built;
  };
  std::vector<std::string> runs;
  std::vector<PendingScene> scenes;
  std::vector<Changes::Wanted> wanted;
};

}  // namespace comfytrace::assemble
