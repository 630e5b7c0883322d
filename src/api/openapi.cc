#include "api/openapi.h"

#include <map>
#include <vector>

#include "base/codec.h"
#include "base/json.h"

namespace comfytrace::api {
namespace {

namespace json = base::json;

struct Problem {
  std::string type;
  std::string title;
  std::int64_t status = 0;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (type, title, status, detail))

std::string quoted(std::string_view text) {
  std::string out;
  base::encode(out, std::string(text));
  return out;
}

std::string parameter(std::string_view in, const ParameterDoc& doc, base::SchemaBook& book) {
  std::string out = R"({"name":)" + quoted(doc.name) + R"(,"in":")" + std::string(in) + "\"";
  if (in == "path" || doc.required) out += R"(,"required":true)";
  if (!doc.description.empty()) out += R"(,"description":)" + quoted(doc.description);
  return out + R"(,"schema":)" + (doc.schema ? doc.schema(book) : R"({"type":")" + doc.type + "\"}") + "}";
}

std::vector<std::string> placeholders(std::string_view pattern) {
  std::vector<std::string> names;
  for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    names.emplace_back(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
  }
  return names;
}

std::string answers(const RouteDoc& doc, base::SchemaBook& book) {
  std::string ok;
  if (doc.response) {
    ok = R"("200":{"description":"done","content":{"application/json":{"schema":)" + doc.response(book) + "}}}";
  } else if (!doc.media_type.empty()) {
    ok = R"("200":{"description":"done","content":{)" + quoted(doc.media_type) + ":{}}}";
  } else {
    ok = R"("204":{"description":"done"})";
  }
  return ok + R"(,"default":{"$ref":"#/components/responses/Problem"})";
}

std::string operation(const Router::Route& route, base::SchemaBook& book) {
  const RouteDoc& doc = route.doc;
  std::string out = R"({"operationId":)" + quoted(doc.id) + R"(,"summary":)" + quoted(doc.summary);
  std::string parameters;
  const auto add = [&](const std::string& one) { parameters += (parameters.empty() ? "" : ",") + one; };
  for (const auto& name : placeholders(route.pattern)) add(parameter("path", {name, ""}, book));
  for (const auto& query : doc.query) add(parameter("query", query, book));
  if (!parameters.empty()) out += R"(,"parameters":[)" + parameters + "]";
  if (doc.request) {
    out += R"(,"requestBody":{"required":true,"content":{"application/json":{"schema":)" + doc.request(book) + "}}}";
  }
  return out + R"(,"responses":{)" + answers(doc, book) + "}}";
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return text;
}

std::string joined(const std::map<std::string, std::string>& members) {
  std::string out;
  for (const auto& [key, value] : members) out += (out.empty() ? "" : ",") + quoted(key) + ":" + value;
  return out;
}

}  // namespace

std::string openapi_json(const Router& router, std::string_view version) {
  base::SchemaBook book;
  // Field and mend are there where there is something to name.
  std::string problem = book.object<Problem>();
  problem.insert(problem.find("},\"required\""), R"(,"field":{"type":"string"},"mend":{"type":"string"})");
  book.define("Problem", std::move(problem));
  std::map<std::string, std::string> paths;
  for (const Router::Route& route : router.routes()) {
    if (route.doc.id.empty()) continue;
    std::string& path = paths[route.pattern];
    path += (path.empty() ? "" : ",") + quoted(lower(route.method)) + ":" + operation(route, book);
  }
  for (auto& [pattern, operations] : paths) operations = "{" + operations + "}";
  return R"({"openapi":"3.1.0","info":{"title":"comfytrace","version":)" + quoted(version) +
         R"(,"description":"Nothing leaves your machine. Words, units and rules: docs/api.md.","license":{"name":"Apache-2.0","identifier":"Apache-2.0"}})" +
         R"(,"paths":{)" + joined(paths) + R"(},"components":{"schemas":{)" + joined(book.definitions()) +
         R"(},"responses":{"Problem":{"description":"what is wrong, and the mend","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}}}})";
}

}  // namespace comfytrace::api
