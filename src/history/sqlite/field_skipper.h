#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/sqlite/field_io.h"

namespace comfytrace::history::sqlite {

// A FieldReader for whoever wants a few of the fields: numbers are read, texts are passed over, and all items of a list
// are read into its first one.
class FieldSkipper : public FieldReader {
 public:
  using FieldReader::FieldReader;

  void text(const std::string&) { (void)bytes_.text(); }
  void text(const std::optional<std::string>&) {
    if (const std::uint64_t coded = bytes_.u64()) (void)bytes_.raw(static_cast<std::size_t>(coded - 1));
  }
  void text_like(const std::string&, const std::string&) {
    (void)bytes_.u64();
    (void)bytes_.u64();
    (void)bytes_.text();
  }
  void name(const std::string&) {
    if (bytes_.u64() == 0) (void)bytes_.text();
  }
  void name(const std::optional<std::string>&) {
    if (bytes_.byte() != 0) name(std::string());
  }
  void sentence(const std::string& value) { name(value); }
  void prompt(const std::optional<std::string>&) {
    if (bytes_.u64() == 1) (void)bytes_.text();
  }
  void id(const std::string&);
  void seed(const std::optional<std::string>&);
  template <class T, class Each>
  void list(std::vector<T>& items, const Each& each) {
    const std::size_t count = bytes_.count();
    if (count > 0 && items.empty()) items.emplace_back();
    for (std::size_t i = 0; i < count && !bytes_.failed(); ++i) each(items.front());
  }
  template <class T, class Each>
  void maybe(std::optional<T>& item, const Each& each) {
    if (bytes_.byte() != 0) each(item ? *item : item.emplace());
  }
};

}  // namespace comfytrace::history::sqlite
