#include "base/text.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <vector>

namespace comfytrace::base {
namespace {

// Length of the well-formed sequence at `i`, or 0.
std::size_t sequence_length(std::string_view bytes, std::size_t i) {
  const auto at = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0u; };
  const auto continues = [&](std::size_t k) { return (at(k) & 0xC0u) == 0x80u; };
  const unsigned lead = at(i);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(i + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(i + 1) || !continues(i + 2)) return 0;
    if (lead == 0xE0 && at(i + 1) < 0xA0) return 0;
    if (lead == 0xED && at(i + 1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return 0;
    if (lead == 0xF0 && at(i + 1) < 0x90) return 0;
    if (lead == 0xF4 && at(i + 1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// Whether eight bytes follow from there, all of them ASCII.
bool is_ascii_eight(std::string_view bytes, std::size_t i) {
  if (bytes.size() - i < 8) return false;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes.data() + i, 8);
  return (eight & 0x8080808080808080u) == 0;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    if (static_cast<unsigned char>(bytes[i]) < 0x80) {
      i += is_ascii_eight(bytes, i) ? 8 : 1;
      continue;
    }
    const std::size_t length = sequence_length(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = sequence_length(bytes, i);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
    } else {
      out.append(bytes, i, length);
      i += length;
    }
  }
  return out;
}

std::string bounded_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + " \xE2\x80\xA6 (" + std::to_string(text.size() - end) + " more bytes)";
}

std::string printable(std::string_view text) {
  std::string out;
  const std::string valid = to_valid_utf8(text);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto c = static_cast<unsigned char>(valid[i]);
    // U+0080..U+009F are control characters too, C2 80..9F in UTF-8.
    const bool high_control = c == 0xC2 && i + 1 < valid.size() && static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    if (c == '\n' || c == '\t') {
      out += ' ';
    } else if (c < 0x20 || c == 0x7F) {
      out += "\xEF\xBF\xBD";
    } else if (high_control) {
      out += "\xEF\xBF\xBD";
      ++i;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const auto numbers = [](std::string_view text) {
    std::vector<std::uint64_t> parts;
    for (const char *at = text.data(), *end = at + text.size(); at <= end;) {
      std::uint64_t number = 0;
      at = std::from_chars(at, end, number).ptr;
      parts.push_back(number);
      if (at == end || *at != '.') break;
      ++at;
    }
    while (!parts.empty() && parts.back() == 0) parts.pop_back();
    return parts;
  };
  return numbers(a) <=> numbers(b);
}

}  // namespace comfytrace::base
