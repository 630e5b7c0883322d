#include "history/columns/open_times.h"

#include "base/check.h"
#include "history/columns/value_bytes.h"

namespace comfytrace::history::columns {

void put_times(std::string& bytes, std::uint32_t shape, const std::vector<NodeClassFacts>& classes) {
  put_number(bytes, shape);
  for (const NodeClassFacts& of_class : classes) put_value(bytes, of_class.duration_ms);
}

std::string_view take_times(std::string_view& bytes, const Interner<NodeShape>& shapes) {
  ValueReader reader(bytes);
  const std::uint64_t shape = reader.number();
  if (!reader.good() || shape >= shapes.size()) return {};
  for (std::size_t i = 0; i < shapes[shape].classes.size(); ++i) (void)reader.number();
  if (!reader.good()) return {};
  const std::string_view taken = bytes.substr(0, bytes.size() - reader.rest().size());
  bytes = reader.rest();
  return taken;
}

bool OpenTimes::append(std::uint32_t row, std::string_view times) {
  if (times.size() > kMostBytes) return false;
  const auto begin = bytes_.append(times);
  CHECK(begin.has_value());
  begin_[row] = *begin;
  return true;
}

std::string_view OpenTimes::text(std::uint32_t row, const Interner<NodeShape>& shapes) const {
  std::string_view rest(reinterpret_cast<const char*>(bytes_.at(begin_[row])), PagedBytes::rest(begin_[row]));
  return take_times(rest, shapes);
}

std::uint32_t OpenTimes::read(std::uint32_t row, const Interner<NodeShape>& shapes,
                              std::vector<std::int64_t>& ms) const {
  TimesReader times = at(row);
  for (std::size_t i = 0; i < shapes[times.shape()].classes.size(); ++i) ms.push_back(times.next_ms());
  return times.shape();
}

}  // namespace comfytrace::history::columns
