#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/parallel.h"

namespace comfytrace::base {

// So many items take long enough to be written by several threads.
inline constexpr std::size_t kManyListItems = 128;
// So many bytes at most are taken beforehand.
inline constexpr std::size_t kMostListRoom = std::size_t{1} << 20;

// Appends a JSON array of `count` items, each of which write_item(text, i) appends to a text: at once on several
// threads, where they are many and each `is_large`. Any thread.
template <class WriteItem>
void write_json_list(std::string& out, std::size_t count, bool is_large, const WriteItem& write_item) {
  const auto write = [&](std::string& to, std::size_t from, std::size_t end) {
    for (std::size_t i = from; i < end; ++i) {
      const std::size_t before = to.size();
      if (i > 0) to.push_back(',');
      write_item(to, i);
      // Most are about as long as the first; where that is long, it may well not be like the others.
      if (i == from && end - from >= kManyListItems / 8)
        to.reserve(before + std::min((to.size() - before) * (end - from) * 9 / 8, kMostListRoom));
    }
  };
  out.push_back('[');
  if (is_large && count >= kManyListItems) {
    std::vector<std::string> parts(parallel_threads());
    const auto begin_of = [&](std::size_t part) { return count * part / parts.size(); };
    parallel(parts.size(), [&](std::size_t part) { write(parts[part], begin_of(part), begin_of(part + 1)); });
    std::size_t size = out.size() + 1;
    for (const std::string& part : parts) size += part.size();
    out.reserve(size);
    for (const std::string& part : parts) out += part;
  } else {
    write(out, 0, count);
  }
  out.push_back(']');
}

}  // namespace comfytrace::base
