#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/columns/rid_set.h"
#include "history/sqlite/run_rows.h"
#include "model/run.h"

namespace comfytrace::history::sqlite {

// Compares what a text filter finds with the words that the runs have: by every first byte of a word, and by the words
// that most runs have. Within one transaction, which is open. One thread. All throw SQLite::Exception.
class WordCheck {
 public:
  explicit WordCheck(Session& session);

  void add(std::int64_t rid, const model::Run& run);
  // After all runs: how many beginnings of words were compared, and a sentence on each of which a run differs.
  struct Found {
    std::int64_t compared = 0;
    std::vector<std::string> differing;
  };
  [[nodiscard]] Found compare();

 private:
  Session& session_;
  columns::RidSet all_;
  std::unordered_map<std::string, columns::RidSet> expected_;  // by the beginning of a word
  std::size_t longest_ = 1;                                    // bytes of the longest of those
};

}  // namespace comfytrace::history::sqlite
