#include "base/codec.h"

namespace comfytrace::base {

std::string camel_case(std::string_view snake_case) {
  std::string out;
  bool upper = false;
  for (const char c : snake_case) {
    if (c == '_') {
      upper = !out.empty();
      continue;
    }
    out.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    upper = false;
  }
  return out;
}

}  // namespace comfytrace::base
