#include "history/sqlite/word_check.h"

#include <algorithm>

#include "history/sqlite/word_rids.h"
#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

// Each takes a bit a run.
constexpr std::int64_t kCommonWords = 100;

}  // namespace

WordCheck::WordCheck(Session& session) : session_(session) {
  session_.connection.exec("CREATE VIRTUAL TABLE temp.words_by_runs USING fts5vocab('main', 'run_words', 'row')");
  {
    Query query = session_.connection.query("SELECT term FROM temp.words_by_runs ORDER BY doc DESC, term LIMIT ?");
    query.bind(kCommonWords);
    while (query.step()) longest_ = std::max(longest_, expected_.try_emplace(query.text(0)).first->first.size());
  }
}

void WordCheck::add(std::int64_t rid, const model::Run& run) {
  all_.add(rid);
  for (const std::string& word : search_words(run)) {
    expected_[word.substr(0, 1)].add(rid);
    for (std::size_t size = 2; size <= std::min(word.size(), longest_); ++size) {
      const auto common = expected_.find(word.substr(0, size));
      if (common != expected_.end()) common->second.add(rid);
    }
  }
}

WordCheck::Found WordCheck::compare() {
  // A word that is in the index alone.
  for (int byte = 1; byte < 256; ++byte) expected_.try_emplace(std::string(1, static_cast<char>(byte)));
  Found found;
  for (const auto& [begin, rids] : expected_) {
    ++found.compared;
    columns::RidSet told = rids_of_index(session_, begin);
    told.keep_common(all_);
    const std::size_t apart = told.apart_from(rids);
    if (apart == 0) continue;
    const bool is_readable = static_cast<unsigned char>(begin.front()) < 0x80 || begin.size() > 1;
    found.differing.push_back(std::to_string(apart) + " runs differ in whether a text filter finds them by " +
                              (is_readable ? "\"" + begin + "\"" : "a letter that is not Latin"));
  }
  std::ranges::sort(found.differing);
  return found;
}

}  // namespace comfytrace::history::sqlite
