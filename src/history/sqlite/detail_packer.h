#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// Keeps the details of a run (run_codec.h) short: by zstd with a dictionary of what the runs of this file have in
// common, which alone makes texts of some hundred bytes worth packing. The dictionaries are rows of
// `detail_dictionaries`, are learned from the newest runs and never change, since the runs packed with one need it for
// good. Belongs to one connection; one thread at a time. Throws SQLite::Exception.
class DetailPacker {
 public:
  explicit DetailPacker(Connection& connection);
  ~DetailPacker();
  DetailPacker(const DetailPacker&) = delete;

  // What pack_details() gave, in the shortest form there is for it.
  [[nodiscard]] std::string packed(std::string details);
  // Back to what unpack_details() takes, from any form that was ever written. Empty: damaged, or its dictionary is
  // missing. Valid until the next call and no longer than `kept`.
  [[nodiscard]] std::string_view details(std::string_view kept);

  // Of the one that writes, outside a transaction. Learns a dictionary once there are runs enough to learn from, and
  // another when the runs that come have become so different that the last one fits them worse. Takes the time of
  // packing some thousand runs when it does, which is seldom.
  void learn_if_due();
  // Within the transaction that deleted runs: with the last of them goes what was learned from them.
  void forget_if_unused();

 private:
  struct Zstd;
  struct Reading;
  [[nodiscard]] const Reading* reading(std::int64_t id);
  void use_newest();
  void learn();
  [[nodiscard]] std::vector<std::string> newest_runs();

  Connection& connection_;
  std::unique_ptr<Zstd> zstd_;  // made when it is needed: most connections only read lists
  std::unordered_map<std::int64_t, std::unique_ptr<Reading>> readings_;
  std::string room_;
  bool has_looked_ = false;
  std::int64_t until_look_ = 0;   // so many runs more
  std::int64_t plain_bytes_ = 0;  // since the last look
  std::int64_t packed_bytes_ = 0;
};

}  // namespace comfytrace::history::sqlite
