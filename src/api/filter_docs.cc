#include "api/filter_docs.h"

#include <iterator>
#include <utility>

#include "history/filter_grammar.h"

namespace comfytrace::api {

std::vector<ParameterDoc> filter_docs(std::vector<ParameterDoc> more) {
  std::vector<ParameterDoc> docs;
  for (const history::FilterKey& key : history::filter_keys()) {
    docs.push_back({std::string(key.name), std::string(key.help)});
  }
  docs.push_back({"preset", "A saved filter; parameters beside it take the place of its own"});
  docs.insert(docs.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return docs;
}

}  // namespace comfytrace::api
