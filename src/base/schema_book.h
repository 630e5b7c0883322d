#pragma once

#include <boost/core/type_name.hpp>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/codec.h"

// JSON Schemas (draft 2020-12, as OpenAPI 3.1 takes them) of what `encode` writes, made from the same descriptions.
namespace comfytrace::base {

// "comfytrace::model::Run" -> "Run".
[[nodiscard]] std::string schema_name(const std::string& type_name);
// What a key's ending says of its unit; empty: nothing.
[[nodiscard]] std::string_view unit_of(std::string_view key);

// The schemas of one document. Structs and enums are defined once, by their own names, and referred to.
class SchemaBook {
 public:
  // A schema as JSON text: spelled out for simple types, a reference for described ones.
  template <class T>
  std::string of();

  // The schema of a described struct, spelled out, without the members named in `omit` (as C++ spells them) and with
  // `more` ("\"key\":{…}" each) behind its own.
  template <class T>
  std::string object(const std::set<std::string_view>& omit = {}, const std::vector<std::string>& more = {});

  // Takes the place of what a struct of this name would be defined as. Before the first `of` of it.
  std::string define(const std::string& name, std::string schema) {
    definitions_[name] = std::move(schema);
    return reference(name);
  }
  [[nodiscard]] const std::map<std::string, std::string>& definitions() const { return definitions_; }

 private:
  static std::string reference(const std::string& name) { return R"({"$ref":"#/components/schemas/)" + name + "\"}"; }
  static std::string nullable(const std::string& schema) { return R"({"anyOf":[)" + schema + R"(,{"type":"null"}]})"; }

  std::map<std::string, std::string> definitions_;
};

template <class T>
std::string SchemaBook::of() {
  using namespace codec_detail;
  if constexpr (std::is_same_v<T, bool>) {
    return R"({"type":"boolean"})";
  } else if constexpr (std::is_same_v<T, json::value>) {
    return "{}";
  } else if constexpr (std::integral<T>) {
    return R"({"type":"integer","format":"int64"})";
  } else if constexpr (std::floating_point<T>) {
    return R"({"type":"number"})";
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return R"({"type":"string"})";
  } else if constexpr (IsOptional<T>::value) {
    return nullable(of<typename T::value_type>());
  } else if constexpr (IsVector<T>::value) {
    return R"({"type":"array","items":)" + of<typename T::value_type>() + "}";
  } else if constexpr (IsStringMap<T>::value) {
    return R"({"type":"object","additionalProperties":)" + of<typename T::mapped_type>() + "}";
  } else {
    const std::string name = schema_name(boost::core::type_name<T>());
    if (definitions_.contains(name)) return reference(name);
    if constexpr (DescribedEnum<T>) {
      std::string words;
      boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
          [&](auto d) { words += (words.empty() ? "\"" : ",\"") + std::string(d.name) + "\""; });
      return define(name, R"({"type":"string","enum":[)" + words + "]}");
    } else {
      definitions_[name] = "";  // it may refer to itself
      return define(name, object<T>());
    }
  }
}

template <class T>
std::string SchemaBook::object(const std::set<std::string_view>& omit, const std::vector<std::string>& more) {
  std::string properties;
  std::string required;
  const auto add = [&](const std::string& key, const std::string& property) {
    properties += (properties.empty() ? "" : ",") + property;
    required += (required.empty() ? "\"" : ",\"") + key + "\"";
  };
  boost::mp11::mp_for_each<
      boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>>(
      [&](auto d) {
        if (omit.contains(d.name)) return;
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
        const std::string key = camel_case(d.name);
        std::string schema = of<Member>();
        if (const auto unit = unit_of(key); !unit.empty() && schema.starts_with('{') && schema.size() > 2) {
          schema.insert(1, R"("description":")" + std::string(unit) + "\",");
        }
        add(key, "\"" + key + "\":" + schema);
      });
  for (const std::string& property : more) add(property.substr(1, property.find('"', 1) - 1), property);
  return R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}";
}

}  // namespace comfytrace::base
