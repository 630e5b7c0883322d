#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace comfytrace::history::columns {

class ColumnStore;

// Numbers of runs, for what only the rows of the history can tell (text, regex).
class RidSet {
 public:
  void add(std::int64_t rid) {
    const auto word = static_cast<std::uint64_t>(rid) / 64;
    if (word >= words_.size() && !grow_to(rid)) return;
    words_[word] |= std::uint64_t{1} << (rid % 64);
  }
  // Many at once: bit i of words[k] is number (first + k) * 64 + i. False: no runs have such numbers.
  bool add_words(std::uint32_t first, std::span<const std::uint64_t> words);
  void remove(std::int64_t rid);
  // Leaves those that the other has, too.
  void keep_common(const RidSet& other);
  // Gives back what it takes beyond its greatest number.
  void shrink();
  // How many only one of both has.
  [[nodiscard]] std::size_t apart_from(const RidSet& other) const;
  [[nodiscard]] bool has(std::uint32_t rid) const {
    return rid / 64 < words_.size() && (words_[rid / 64] >> (rid % 64) & 1) != 0;
  }
  // Takes out those of `count` rows whose number is not here: `keep` has 1 for a row that is kept, else 0.
  void mask(const std::uint32_t* rids, std::uint32_t count, std::uint8_t* keep) const;
  [[nodiscard]] std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  // False: no run has that number.
  bool grow_to(std::int64_t rid);

  std::vector<std::uint64_t> words_;
};

// Sets that took time to find, by name, as they were at a snapshot. Those that nobody asked for the longest go when
// there are too many. Any thread.
class KnownRids {
 public:
  struct Known {
    std::shared_ptr<const RidSet> rids;
    std::weak_ptr<const ColumnStore> store;  // that of the snapshot,
    std::uint32_t rows = 0;                  // and its rows: what was saved since stands behind them
  };
  explicit KnownRids(std::size_t most_bytes = 4u << 20) : most_bytes_(most_bytes) {}

  [[nodiscard]] std::optional<Known> find(const std::string& name);
  void put(const std::string& name, Known known);

 private:
  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::list<std::pair<std::string, Known>> known_;  // the last asked first
};

}  // namespace comfytrace::history::columns
