#include "history/sqlite/facet_check.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "history/sqlite/run_index.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr std::array<const char*, 10> kCalled{
    "a kind that is not known", "worker", "workflow", "name of a workflow", "model", "tag", "story",
    "title of a story",         "prompt", "device"};

// Texts that are in the file already. What is not there has no number that a list could have.
class KnownTexts final : public SharedTexts {
 public:
  explicit KnownTexts(Dictionary& texts) : texts_(texts) {}
  std::int64_t name_id(std::string_view text) override { return texts_.find_name(text).value_or(0); }
  std::int64_t prompt_id(std::string_view text) override { return texts_.find_prompt(text).value_or(0); }
  std::optional<std::string> name(std::int64_t id) override { return texts_.name(id); }
  std::optional<std::string> prompt(std::int64_t id) override { return texts_.prompt(id); }

 private:
  Dictionary& texts_;
};

}  // namespace

void FacetCheck::count(Sums& sums, std::int64_t kind, std::int64_t value, std::int64_t rid) {
  Sum& sum = sums[kind > 0 && kind < static_cast<std::int64_t>(sums.size()) ? static_cast<std::size_t>(kind) : 0];
  base::Hash64 hash;
  hash.mix(static_cast<std::uint64_t>(value));
  hash.mix(static_cast<std::uint64_t>(rid));
  ++sum.count;
  sum.hashes += hash.value();
}

void FacetCheck::add(std::int64_t rid, const model::Run& run) {
  KnownTexts texts(session_.texts);
  for (const auto& [kind, value] : facets_of(run, texts)) count(of_runs_, kind, value, rid);
}

std::vector<std::string> FacetCheck::compare() {
  Sums of_lists;
  std::pair<std::int64_t, std::int64_t> key;
  std::int64_t last = -1;  // of the key, so far
  bool in_order = true;
  Query query =
      session_.connection.query("SELECT kind, value, rid, others FROM facet_blocks ORDER BY kind, value, rid");
  while (query.step()) {
    const std::pair next{query.integer(0), query.integer(1)};
    if (next != key) last = -1;
    key = next;
    for (const std::int64_t rid : rids_of_block(query.integer(2), query.bytes(3))) {
      in_order = in_order && rid > last;
      last = rid;
      count(of_lists, key.first, key.second, rid);
    }
  }
  std::vector<std::string> differing;
  if (!in_order) differing.emplace_back("a list of runs that filters look into is not in order");
  for (std::size_t kind = 0; kind < of_lists.size(); ++kind) {
    if (of_lists[kind] == of_runs_[kind]) continue;
    differing.push_back("by " + std::string(kCalled[kind]) + " a filter finds " + std::to_string(of_lists[kind].count) +
                        " times a run, of which the runs tell " + std::to_string(of_runs_[kind].count));
  }
  return differing;
}

}  // namespace comfytrace::history::sqlite
