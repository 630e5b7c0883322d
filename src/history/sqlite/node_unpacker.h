#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/node_records.h"
#include "history/sqlite/run_codec.h"

namespace comfytrace::history::sqlite {

// Takes what the nodes did out of the details of many runs, and leaves the rest packed. The shared texts of what the
// nodes are, which are the same from run to run, are looked up once. One thread.
class NodeUnpacker {
 public:
  // Both must outlive it.
  NodeUnpacker(SharedTexts& texts, NodeRecorder& to) : texts_(texts), to_(to) {}

  // To the run that was begun last: the last attempt of each scene. Takes what pack_details() gave. False: the bytes
  // are damaged or of a later version; some scenes may be there then.
  [[nodiscard]] bool unpack(std::string_view bytes);

  // Of a shared text. Absent: there is none.
  [[nodiscard]] std::optional<std::uint32_t> identity_of(std::int64_t id);
  [[nodiscard]] std::optional<std::uint32_t> structure_of(std::int64_t id);
  [[nodiscard]] NodeRecorder& to() { return to_; }

 private:
  struct Known {
    std::int64_t id = 0;
    std::uint32_t identity = 0;
  };
  SharedTexts& texts_;
  NodeRecorder& to_;
  std::vector<Known> known_;                              // in order of first sight
  std::unordered_map<std::int64_t, std::size_t> places_;  // in those
  std::size_t next_ = 0;                                  // the one after the last: mostly the next that is asked for
  std::unordered_map<std::int64_t, std::uint32_t> structures_;
  model::Run room_;  // for what is read and not wanted
};

}  // namespace comfytrace::history::sqlite
