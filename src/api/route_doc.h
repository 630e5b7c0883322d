#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/schema_book.h"

// What the OpenAPI document says of a route, written where the route is made.
namespace comfytrace::api {

// Gives the JSON Schema of a body; may define what it refers to.
using SchemaOf = std::string (*)(base::SchemaBook&);
template <class T>
inline constexpr SchemaOf kSchemaOf = [](base::SchemaBook& book) { return book.of<T>(); };

struct ParameterDoc {
  std::string name;
  std::string description;
  std::string type = "string";
  bool required = false;
  SchemaOf schema = nullptr;  // of the words it may be; null: any `type`
};

struct RouteDoc {
  std::string id;       // operationId: "listRuns"
  std::string summary;  // one sentence without its full stop
  std::vector<ParameterDoc> query = {};
  SchemaOf request = nullptr;   // of a JSON body; null: none is read
  SchemaOf response = nullptr;  // of the JSON answer; null: see `media_type`
  std::string media_type = {};  // of an answer that is not JSON; empty and no `response`: 204 without a body
};

}  // namespace comfytrace::api
