#pragma once

// JSON both ways for structs whose members are listed once with BOOST_DESCRIBE_STRUCT.
// A member `duration_ms` is the JSON key `durationMs`. std::nullopt is written as null; on reading, an absent
// or null key leaves the member at its default. Unknown keys are ignored.

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/codec_keys.h"
#include "base/enum_names.h"
#include "base/json.h"
#include "base/json_list.h"
#include "base/json_numbers.h"
#include "base/result.h"

namespace comfytrace::base {

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

namespace codec_detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsStringMap : std::false_type {};
template <class T>
struct IsStringMap<std::map<std::string, T>> : std::true_type {};

inline Error type_error(const std::string& path, std::string_view wanted, const json::value& got) {
  return Error{ErrorCode::invalid,
               "expected " + std::string(wanted) + ", got " + std::string(json::to_string(got.kind())), path};
}

}  // namespace codec_detail

template <class T>
void encode(std::string& out, const T& value) {
  using namespace codec_detail;
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, json::value>) {
    write_json(out, value);
  } else if constexpr (DescribedEnum<T>) {
    out.push_back('"');
    out += enum_name(value);
    out.push_back('"');
  } else if constexpr (std::integral<T>) {
    write_json_integer(out, value);
  } else if constexpr (std::floating_point<T>) {
    write_json_number(out, static_cast<double>(value));
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    write_json_string(out, value);
  } else if constexpr (IsOptional<T>::value) {
    if (value) {
      encode(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (IsVector<T>::value) {
    const auto encode_item = [&value](std::string& to, std::size_t i) { encode(to, value[i]); };
    write_json_list(out, value.size(), DescribedStruct<typename T::value_type>, encode_item);
  } else if constexpr (IsStringMap<T>::value) {
    out.push_back('{');
    bool first = true;
    for (const auto& [key, item] : value) {
      if (!first) out.push_back(',');
      first = false;
      write_json_string(out, key);
      out.push_back(':');
      encode(out, item);
    }
    out.push_back('}');
  } else {
    static_assert(DescribedStruct<T>, "list this struct's members with BOOST_DESCRIBE_STRUCT");
    using Members =
        boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;
    using Numbers = boost::mp11::mp_iota<boost::mp11::mp_size<Members>>;
    if constexpr (boost::mp11::mp_all_of_q<Members, IsSmallMember<T>>::value) {
      // As one piece: to append each key and number would take longer than to write them.
      static const std::size_t room = room_of<Members>();
      const std::size_t before = out.size();
      out.resize(before + room);
      char* to = put_text(out.data() + before, "{");
      boost::mp11::mp_for_each<Numbers>([&](auto i) {
        using Member = boost::mp11::mp_at<Members, decltype(i)>;
        to = put_small(put_text(to, written_key_of<Member, i == 0>()), value.*Member::pointer);
      });
      out.resize(static_cast<std::size_t>(put_text(to, "}") - out.data()));
    } else {
      out.push_back('{');
      boost::mp11::mp_for_each<Numbers>([&](auto i) {
        using Member = boost::mp11::mp_at<Members, decltype(i)>;
        out += written_key_of<Member, i == 0>();
        encode(out, value.*Member::pointer);
      });
      out.push_back('}');
    }
  }
}

template <class T>
[[nodiscard]] std::string encode_json(const T& value) {
  std::string out;
  encode(out, value);
  return out;
}

// Reads `in` into `out`; on error `out` is partly written. The error's field is the path, e.g. "$.scenes[0].status".
template <class T>
Result<void> decode(const json::value& in, T& out, const std::string& path = "$") {
  using namespace codec_detail;
  if constexpr (std::is_same_v<T, bool>) {
    if (!in.is_bool()) return type_error(path, "true or false", in);
    out = in.get_bool();
  } else if constexpr (std::is_same_v<T, json::value>) {
    out = in;
  } else if constexpr (DescribedEnum<T>) {
    if (!in.is_string()) return type_error(path, "a string", in);
    const std::string_view word = in.get_string();
    const auto found = enum_from_name<T>(word);
    if (!found) {
      return Error{ErrorCode::invalid, "unknown value \"" + std::string(word) + "\"", path,
                   "one of: " + enum_names<T>()};
    }
    out = *found;
  } else if constexpr (std::integral<T>) {
    const auto number = as_integer(in);
    if (!number) return type_error(path, "a whole number", in);
    if (!std::in_range<T>(*number)) return Error{ErrorCode::invalid, "number out of range", path};
    out = static_cast<T>(*number);
  } else if constexpr (std::floating_point<T>) {
    const auto number = as_number(in);
    if (!number) return type_error(path, "a number", in);
    out = static_cast<T>(*number);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!in.is_string()) return type_error(path, "a string", in);
    out = std::string(in.get_string());
  } else if constexpr (IsOptional<T>::value) {
    if (in.is_null()) {
      out.reset();
    } else {
      return decode(in, out.emplace(), path);
    }
  } else if constexpr (IsVector<T>::value) {
    if (!in.is_array()) return type_error(path, "an array", in);
    out.clear();
    out.reserve(in.get_array().size());
    for (const auto& item : in.get_array()) {
      const std::string item_path = path + "[" + std::to_string(out.size()) + "]";
      if (auto done = decode(item, out.emplace_back(), item_path); !done) return done;
    }
  } else if constexpr (IsStringMap<T>::value) {
    if (!in.is_object()) return type_error(path, "an object", in);
    out.clear();
    for (const auto& [key, item] : in.get_object()) {
      if (auto done = decode(item, out[std::string(key)], path + "." + std::string(key)); !done) return done;
    }
  } else {
    static_assert(DescribedStruct<T>, "list this struct's members with BOOST_DESCRIBE_STRUCT");
    if (!in.is_object()) return type_error(path, "an object", in);
    Result<void> result;
    boost::mp11::mp_for_each<
        boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>>(
        [&](auto d) {
          if (!result) return;
          const std::string& key = key_of<decltype(d)>();
          const json::value* member = in.get_object().if_contains(key);
          using Member = std::remove_reference_t<decltype(out.*d.pointer)>;
          if (!member || (member->is_null() && !std::is_same_v<Member, json::value>)) {
            // An absent key keeps the default member initialiser, so that older files read under newer code.
            return;
          }
          result = decode(*member, out.*d.pointer, path + "." + key);
        });
    return result;
  }
  return {};
}

template <class T>
[[nodiscard]] Result<T> decode_json(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  T out{};
  if (auto done = decode(*parsed, out); !done) return done.error();
  return out;
}

}  // namespace comfytrace::base
