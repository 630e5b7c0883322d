#include "history/sqlite/word_index.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

// The form, as ext/fts5/fts5_index.c of SQLite describes it. The index is a list of segments, older and newer, each a
// sequence of pages with words in order, each word with the rids of its runs in order. To delete adds a mark to a newer
// segment; the newest that is said of a word and a rid counts.
namespace comfytrace::history::sqlite {
namespace {

constexpr std::int64_t kVersion = 4;
constexpr std::int64_t kStructureId = 10;
constexpr int kPageBits = 37;  // of a page's id, below the segment's number
constexpr std::uint64_t kMostSegment = (1u << 16) - 1;
constexpr std::uint64_t kMostPage = (1u << 31) - 1;
constexpr char kOfWholeWords = '0';  // before every word: an index of prefixes would have another
constexpr std::int64_t kMostRid = std::numeric_limits<std::uint32_t>::max();  // that a set has room for
constexpr std::size_t kPageHead = 4;                                          // bytes

// Caught within this file.
struct OtherForm {};

void must(bool holds) {
  if (!holds) throw OtherForm{};
}

// Integers of 7 bits a byte, high bits first. Past the end it throws OtherForm.
class PageBytes {
 public:
  explicit PageBytes(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  [[nodiscard]] bool is_done() const { return at_ == end_; }
  std::uint64_t integer() {
    must(at_ != end_);
    const auto first = static_cast<unsigned char>(*at_++);
    return first < 0x80 ? first : longer(first & 0x7Fu);
  }
  std::string_view raw(std::uint64_t size) {
    must(size <= static_cast<std::uint64_t>(end_ - at_));
    const std::string_view bytes(at_, static_cast<std::size_t>(size));
    at_ += bytes.size();
    return bytes;
  }
  [[nodiscard]] std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  std::uint64_t longer(std::uint64_t value) {
    for (int bytes = 1;; ++bytes) {
      must(at_ != end_ && bytes < 9);
      const auto next = static_cast<unsigned char>(*at_++);
      if (bytes == 8) return value << 8 | next;
      value = value << 7 | (next & 0x7Fu);
      if (next < 0x80) return value;
    }
  }

  const char* at_;
  const char* end_;
};

std::size_t short_at(std::string_view page, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(page[at])) << 8 | static_cast<unsigned char>(page[at + 1]);
}

struct Segment {
  std::int64_t number = 0;
  std::int64_t first_page = 0;
  std::int64_t last_page = 0;
};

// The newest first.
std::vector<Segment> segments_of(Connection& connection) {
  Query query = connection.query("SELECT block FROM run_words_data WHERE id = ?");
  query.bind(kStructureId);
  must(query.step());
  PageBytes bytes(query.bytes(0));
  (void)bytes.raw(4);  // counts changes of the configuration
  std::uint64_t levels = bytes.integer();
  const std::uint64_t all = bytes.integer();
  (void)bytes.integer();  // pages written so far
  std::vector<Segment> segments;
  for (; levels > 0; --levels) {
    (void)bytes.integer();  // those that are being merged: what went to the next level already is cut off here
    const std::size_t newer = segments.size();
    for (std::uint64_t count = bytes.integer(); count > 0; --count) {
      Segment segment;
      for (std::int64_t* part : {&segment.number, &segment.first_page, &segment.last_page}) {
        const std::uint64_t value = bytes.integer();
        must(value <= (part == &segment.number ? kMostSegment : kMostPage));
        *part = static_cast<std::int64_t>(value);
      }
      segments.push_back(segment);
    }
    std::reverse(segments.begin() + static_cast<std::ptrdiff_t>(newer), segments.end());
  }
  must(segments.size() == all);
  return segments;
}

class Reading {
 public:
  Reading(Connection& connection, const std::string& word, std::int64_t max_rid, std::size_t most_gone)
      : connection_(connection),
        sought_(kOfWholeWords + word),
        max_rid_(static_cast<std::uint64_t>(std::clamp<std::int64_t>(max_rid, 0, kMostRid))),
        most_gone_(most_gone) {}

  // From the newest to the oldest.
  void read(const Segment& segment) {
    if (segment.first_page == 0) return;  // all of it went to the next level
    std::int64_t page = std::max(segment.first_page, first_page_of_word(segment));
    Query pages = connection_.query("SELECT id, block FROM run_words_data WHERE id BETWEEN ? AND ? ORDER BY id");
    const std::int64_t before = segment.number << kPageBits;
    pages.bind(before + page).bind(before + segment.last_page);
    is_sought_ = false;
    bool goes_on = true;
    for (; goes_on && page <= segment.last_page; ++page) {
      must(pages.step() && pages.integer(0) == before + page);
      goes_on = read_page(pages.bytes(1));
    }
    end_word();
  }
  [[nodiscard]] columns::RidSet take() { return std::move(rids_); }

 private:
  std::int64_t first_page_of_word(const Segment& segment) {
    Query query = connection_.query(
        "SELECT pgno >> 1 FROM run_words_idx WHERE segid = ? AND term <= ? ORDER BY term DESC LIMIT 1");
    query.bind(segment.number).bind_blob(sought_);
    return query.step() ? query.integer(0) : 0;
  }

  // False: the words behind it are greater than those that are sought.
  bool read_page(std::string_view page) {
    must(page.size() >= kPageHead);
    const std::size_t size = short_at(page, 2);
    must(size >= kPageHead && size <= page.size());
    PageBytes places(page.substr(size));
    std::size_t place = places.is_done() ? size : static_cast<std::size_t>(places.integer());
    must(place >= kPageHead && place <= size);
    if (is_sought_) read_rids(page.substr(kPageHead, place - kPageHead));
    for (bool is_first = true; place < size; is_first = false) {
      const std::uint64_t length = places.is_done() ? size - place : places.integer();
      must(length > 0 && length <= size - place);
      PageBytes bytes(page.substr(place, static_cast<std::size_t>(length)));
      end_word();
      const std::uint64_t kept = is_first ? 0 : bytes.integer();
      must(kept <= word_.size());
      word_.resize(static_cast<std::size_t>(kept));
      word_ += bytes.raw(bytes.integer());
      is_sought_ = (is_sought_ && kept >= sought_.size()) || word_.starts_with(sought_);
      if (!is_sought_ && word_ > sought_) return false;
      if (is_sought_) read_rids(bytes.rest());
      place += static_cast<std::size_t>(length);
    }
    return true;
  }

  // Each is told by its distance to the one before on this page, with a zero behind it if it was deleted, and another
  // one if it was added again.
  void read_rids(std::string_view list) {
    const std::vector<std::uint32_t>* gone = nullptr;
    if (!gone_.empty()) {
      if (const auto at = gone_.find(word_); at != gone_.end()) gone = &at->second;
    }
    std::uint64_t rid = 0;
    // The place must stay in a register.
    const char* at = list.data();
    const char* const end = at + list.size();
    while (at != end) {
      if (!gone) rid = read_near(at, end, rid);
      if (at == end) break;
      const auto first = static_cast<unsigned char>(*at);
      if (first < 0x80) {
        rid += first;
        ++at;
      } else {
        PageBytes rest({at, static_cast<std::size_t>(end - at)});
        rid += rest.integer();
        at = rest.rest().data();
      }
      bool is_gone = false;
      if (at != end && *at == 0) {
        is_gone = ++at == end || *at != 0;
        if (!is_gone) ++at;
      }
      if (rid > max_rid_) continue;
      if (is_gone) {
        going_.push_back(static_cast<std::uint32_t>(rid));
      } else if (!gone || !std::ranges::binary_search(*gone, static_cast<std::uint32_t>(rid))) {
        rids_.add(static_cast<std::int64_t>(rid));
      }
    }
  }

  // Nearly every distance takes one byte, and nearly nothing was deleted: as long as it is so, eight are read at once.
  // Returns the last rid, and moves `at` behind it.
  std::uint64_t read_near(const char*& at, const char* end, std::uint64_t rid) {
    constexpr std::size_t kAtOnce = 8;
    constexpr std::uint64_t kMostFar = 127;
    constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
    constexpr std::uint64_t kHigh = kEach << 7;
    // What comes behind the eight may be a mark of the last one. No number may pass what there is room for.
    const std::uint64_t most = max_rid_ - std::min(max_rid_, kAtOnce * kMostFar);
    std::uint64_t eight = 0;
    const auto are_near = [&] {
      if (static_cast<std::size_t>(end - at) <= kAtOnce || at[kAtOnce] == 0 || rid >= most) return false;
      std::memcpy(&eight, at, sizeof eight);
      // None has its high bit, and none is zero.
      return ((eight | (eight - kEach)) & kHigh) == 0;
    };
    while (are_near()) {
      // Apart from the set, so that none waits for what the one before wrote; a branch would be guessed wrong often.
      const std::uint64_t first = rid / 64;
      std::uint64_t word = 0;
      std::uint64_t before = first;
      do {
        for (std::size_t i = 0; i < kAtOnce; ++i, eight >>= 8) {
          rid += eight & 0xFF;
          const std::uint64_t place = rid / 64;
          word = (word & (std::uint64_t{0} - static_cast<std::uint64_t>(place == before))) | std::uint64_t{1}
                                                                                                 << rid % 64;
          near_[place - first] = word;
          before = place;
        }
        at += kAtOnce;
      } while (before - first + kAtOnce * kMostFar / 64 + 1 < near_.size() && are_near());
      const std::span<std::uint64_t> words = std::span(near_).first(static_cast<std::size_t>(before - first) + 1);
      rids_.add_words(static_cast<std::uint32_t>(first), words);
      std::ranges::fill(words, std::uint64_t{0});
    }
    return rid;
  }

  // What a segment says of a word counts for the older ones.
  void end_word() {
    if (going_.empty()) return;
    auto& gone = gone_[word_];
    const auto newer = static_cast<std::ptrdiff_t>(gone.size());
    gone.insert(gone.end(), going_.begin(), going_.end());
    std::inplace_merge(gone.begin(), gone.begin() + newer, gone.end());
    all_gone_ += going_.size();
    must(all_gone_ <= most_gone_);
    going_.clear();
  }

  Connection& connection_;
  const std::string sought_;
  const std::uint64_t max_rid_;
  const std::size_t most_gone_;
  std::string word_;  // the last that was read
  bool is_sought_ = false;
  columns::RidSet rids_;
  std::array<std::uint64_t, 256> near_{};                             // words of it while they are read, else zero
  std::unordered_map<std::string, std::vector<std::uint32_t>> gone_;  // by word, of newer segments, in order
  std::vector<std::uint32_t> going_;                                  // of this word and this segment, in order
  std::size_t all_gone_ = 0;
};

bool is_known_form(Connection& connection) {
  Query query = connection.query(
      "SELECT v FROM run_words_config WHERE k = 'version' AND NOT EXISTS (SELECT 1 FROM run_words_config WHERE k = "
      "'secure-delete')");
  return query.step() && query.integer(0) == kVersion;
}

}  // namespace

std::optional<columns::RidSet> rids_in_index(Connection& connection, const std::string& word, std::int64_t max_rid,
                                             std::size_t most_gone) {
  if (!is_known_form(connection)) return std::nullopt;
  try {
    Reading reading(connection, word, max_rid, most_gone);
    for (const Segment& segment : segments_of(connection)) reading.read(segment);
    return reading.take();
  } catch (const OtherForm&) {
    return std::nullopt;
  }
}

}  // namespace comfytrace::history::sqlite
