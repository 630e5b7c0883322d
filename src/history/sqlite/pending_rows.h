#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// What a transaction owes to the indexes and lists beside `runs`. It waits for the transaction's end: rows then go in
// together and in the order of their keys, which leads SQLite to the same pages again and again, and what counts runs
// is written once. Triggers would do some of it row by row, and are off on the connection that writes.
class PendingRows {
 public:
  // Of a run that came in this transaction: its number is above all others.
  void add_facet(std::int64_t kind, std::int64_t value, std::int64_t rid) { facets_[{kind, value}].push_back(rid); }
  // Of any run.
  void change_facet(std::int64_t kind, std::int64_t value, std::int64_t rid, bool has) {
    facet_changes_[{kind, value}][rid] = has;
  }
  void add_place(std::int64_t hash, std::int64_t rid) { places_.push_back({hash, rid}); }
  void add_words(std::int64_t rid, std::string words) { words_.emplace_back(rid, std::move(words)); }
  // So many more runs of this kind.
  void count(std::string_view status, bool archived, std::int64_t runs) {
    tally_[{std::string(status), archived}] += runs;
  }
  // The run came or changed, which the columns in the file do not have.
  void changed(std::int64_t rid) { changed_.push_back(rid); }

  // Inserts all of it, and forgets it. True: prompts went with the last runs that had them. Throws SQLite::Exception,
  // Damaged.
  [[nodiscard]] bool write(Connection& connection);
  // Some of it alone, for a transaction that takes rows out again.
  void write_places(Connection& connection);
  void write_words(Connection& connection);
  void forget();

 private:
  using FacetKey = std::pair<std::int64_t, std::int64_t>;  // kind, value
  struct FacetHash {
    std::size_t operator()(const FacetKey& key) const {
      return std::hash<std::int64_t>()(key.first << 48 ^ key.second);
    }
  };
  void write_facets(Connection& connection);
  [[nodiscard]] bool write_facet_changes(Connection& connection);

  std::unordered_map<FacetKey, std::vector<std::int64_t>, FacetHash> facets_;
  std::map<FacetKey, std::map<std::int64_t, bool>> facet_changes_;  // by run: whether it has it
  std::vector<std::array<std::int64_t, 2>> places_;                 // hash, rid
  std::vector<std::pair<std::int64_t, std::string>> words_;
  std::map<std::pair<std::string, bool>, std::int64_t> tally_;
  std::vector<std::int64_t> changed_;
};

}  // namespace comfytrace::history::sqlite
