#include "base/json.h"

#include <algorithm>
#include <boost/json/stream_parser.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace comfytrace::base {
namespace {

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Replaces NaN, Infinity and -Infinity outside strings by null. Returns false if there was none.
bool replace_non_finite(std::string_view text, std::string& out) {
  bool replaced = false;
  bool in_string = false;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string) {
      out.push_back(c);
      if (c == '\\' && i + 1 < text.size()) {
        out.push_back(text[++i]);
      } else if (c == '"') {
        in_string = false;
      }
      ++i;
      continue;
    }
    if (c == '"') in_string = true;
    bool found = false;
    if (c == 'N' || c == 'I' || c == '-') {
      for (const std::string_view literal :
           {std::string_view("NaN"), std::string_view("Infinity"), std::string_view("-Infinity")}) {
        const std::size_t end = i + literal.size();
        if (text.substr(i, literal.size()) != literal) continue;
        if (end < text.size() && is_word_char(text[end])) continue;
        out += "null";
        i = end;
        found = replaced = true;
        break;
      }
    }
    if (!found) {
      out.push_back(c);
      ++i;
    }
  }
  return replaced;
}

struct Attempt {
  json::error_code error;
  std::size_t consumed = 0;
  json::value value;
};

Attempt try_parse(std::string_view text, const JsonLimits& limits) {
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::stream_parser parser({}, options);
  Attempt attempt;
  attempt.consumed = parser.write_some(text.data(), text.size(), attempt.error);
  if (attempt.error) return attempt;
  // A bare number is complete only when it is told that nothing follows.
  if (!parser.done()) parser.finish(attempt.error);
  if (attempt.error) return attempt;
  if (text.substr(attempt.consumed).find_first_not_of(" \t\r\n") != std::string_view::npos) {
    attempt.error = json::error::extra_data;
    return attempt;
  }
  attempt.value = parser.release();
  return attempt;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::too_large, "JSON of " + std::to_string(text.size()) + " bytes is over the bound of " +
                                           std::to_string(limits.max_bytes)};
  }
  Attempt first = try_parse(text, limits);
  if (!first.error) return std::move(first.value);
  std::string mended;
  if (first.error == json::error::syntax && replace_non_finite(text, mended)) {
    Attempt second = try_parse(mended, limits);
    if (!second.error) return std::move(second.value);
  }
  return Error{ErrorCode::invalid,
               "not valid JSON at byte " + std::to_string(first.consumed) + ": " + first.error.message()};
}

char* put_json_number(char* to, double value) {
  char* const end = to + kJsonNumberRoom;
  if (!std::isfinite(value)) return std::copy_n("null", 4, to);
  if (value == std::trunc(value) && std::abs(value) < 9007199254740992.0)
    return std::to_chars(to, end, static_cast<std::int64_t>(value)).ptr;
  return std::to_chars(to, end, value).ptr;
}

void write_json_number(std::string& out, double value) {
  std::array<char, kJsonNumberRoom> buffer;
  out.append(buffer.data(), static_cast<std::size_t>(put_json_number(buffer.data(), value) - buffer.data()));
}

void write_json_string(std::string& out, std::string_view text) {
  if (!is_valid_utf8(text)) {
    write_json_string(out, to_valid_utf8(text));
    return;
  }
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        constexpr std::string_view kDigits = "0123456789abcdef";
        out += "\\u00";
        out.push_back(kDigits[c >> 4]);
        out.push_back(kDigits[c & 15]);
      }
    }
  }
  out.append(text, plain, std::string_view::npos);
  out.push_back('"');
}

void write_json(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      break;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      write_json_integer(out, value.get_int64());
      break;
    case json::kind::uint64:
      write_json_integer(out, value.get_uint64());
      break;
    case json::kind::double_:
      write_json_number(out, value.get_double());
      break;
    case json::kind::string:
      write_json_string(out, value.get_string());
      break;
    case json::kind::array: {
      out.push_back('[');
      bool first = true;
      for (const auto& item : value.get_array()) {
        if (!first) out.push_back(',');
        first = false;
        write_json(out, item);
      }
      out.push_back(']');
      break;
    }
    case json::kind::object: {
      out.push_back('{');
      bool first = true;
      for (const auto& [key, item] : value.get_object()) {
        if (!first) out.push_back(',');
        first = false;
        write_json_string(out, key);
        out.push_back(':');
        write_json(out, item);
      }
      out.push_back('}');
      break;
    }
  }
}

std::string to_json(const json::value& value) {
  std::string out;
  write_json(out, value);
  return out;
}

const json::value* find(const json::value& object, std::string_view key) {
  return object.is_object() ? object.get_object().if_contains(key) : nullptr;
}

const json::object* find_object(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value ? value->if_object() : nullptr;
}

const json::array* find_array(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value ? value->if_array() : nullptr;
}

std::optional<std::string> find_string(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> as_integer(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return static_cast<std::int64_t>(value.get_uint64());
  }
  if (value.is_double()) {
    const double number = value.get_double();
    if (number == std::trunc(number) && std::abs(number) < 9.2e18) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

std::optional<double> as_number(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

std::optional<std::int64_t> find_integer(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value ? as_integer(*value) : std::nullopt;
}

std::optional<double> find_number(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value ? as_number(*value) : std::nullopt;
}

std::optional<bool> find_bool(const json::value& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (!value || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

}  // namespace comfytrace::base
