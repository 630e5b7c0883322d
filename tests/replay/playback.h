#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "assemble/run_assembler.h"
#include "replay/recorded_facts.h"

namespace comfytrace::replay_test {

// An assembler with a history beside it: what it gives is kept, and it can be ended and begun again with that.
class Playback {
 public:
  Playback();

  void tell(const assemble::Fact& fact);
  // All facts, then the answers a collector gets for what is still asked for.
  void tell_all(const std::vector<RecordedFact>& facts);
  // Told before the fact of that index; for disturbing a playback.
  using Disturbance = std::function<void(Playback&, std::size_t index)>;
  void tell_all(const std::vector<RecordedFact>& facts, const Disturbance& before);

  void disconnect_and_connect();
  void restart();

  [[nodiscard]] const std::map<std::string, model::Run>& runs() const { return kept_; }
  [[nodiscard]] std::vector<const model::Attempt*> attempts() const;

 private:
  void begin();
  void take();
  void finish(std::int64_t at_ms);

  std::unique_ptr<assemble::RunAssembler> assembler_;
  std::map<std::string, model::Run> kept_;
  std::set<std::string> wanted_;
  KnownServer server_;
  std::int64_t at_ms_ = 0;
};

// The runs as JSON for people: in order of creation, small objects on one line, nothing that is null or empty.
[[nodiscard]] std::string golden_text(const std::map<std::string, model::Run>& runs);

}  // namespace comfytrace::replay_test
