#include "api/schema_check.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace comfytrace::api {
namespace {

namespace json = base::json;

const json::value* member(const json::value& value, std::string_view key) {
  return value.is_object() ? value.get_object().if_contains(key) : nullptr;
}

bool is_placeholder(std::string_view segment) {
  return segment.starts_with('{');
}

bool same_path(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const auto pattern_end = std::min(pattern.find('/', 1), pattern.size());
    const auto path_end = std::min(path.find('/', 1), path.size());
    const std::string_view wanted = pattern.substr(1, pattern_end - 1);
    const std::string_view given = path.substr(1, path_end - 1);
    const std::string_view suffix = is_placeholder(wanted) ? wanted.substr(wanted.find('}') + 1) : std::string_view();
    if (is_placeholder(wanted) ? !given.ends_with(suffix) || given.size() <= suffix.size() : wanted != given)
      return false;
    // "{id}" must not swallow the verb of "{id}:dismiss".
    if (is_placeholder(wanted) && suffix.empty() && given.find(':') != std::string_view::npos) return false;
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
  }
  return pattern.empty() && path.empty();
}

// The answer's schema with all that it may refer to beside it, as a schema of its own.
json::value schema_of(const json::value& document, const std::string& operation_id) {
  for (const auto& [pattern, operations] : document.at("paths").get_object()) {
    for (const auto& [method, operation] : operations.get_object()) {
      if (operation.at("operationId").get_string() != operation_id) continue;
      const json::value* ok = member(operation.at("responses"), "200");
      if (!ok) return {};
      const json::value* content = member(ok->at("content"), "application/json");
      if (!content) return {};
      return json::value{{"allOf", json::array{content->at("schema")}}, {"components", document.at("components")}};
    }
  }
  return {};
}

}  // namespace

std::string operation_of(const json::value& document, const std::string& method, const std::string& target) {
  const std::string path = target.substr(0, target.find('?'));
  std::string lower;
  for (const char c : method) lower.push_back(static_cast<char>(c | 0x20));
  for (const auto& [pattern, operations] : document.at("paths").get_object()) {
    if (!same_path(pattern, path)) continue;
    if (const json::value* operation = member(operations, lower)) {
      return std::string(operation->at("operationId").get_string());
    }
  }
  return "";
}

std::string against_schema(const json::value& document, const std::string& operation_id, const json::value& answer) {
  static std::map<std::string, std::shared_ptr<valijson::Schema>> schemas;
  auto& schema = schemas[operation_id];
  const json::value source = schema_of(document, operation_id);
  if (source.is_null()) return operation_id + " answers no JSON by the document";
  if (!schema) {
    schema = std::make_shared<valijson::Schema>();
    valijson::SchemaParser().populateSchema(valijson::adapters::BoostJsonAdapter(source), *schema);
  }
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(*schema, valijson::adapters::BoostJsonAdapter(answer), &results)) return "";
  std::string sentence = operation_id + ":";
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    sentence += "\n ";
    for (const std::string& part : error.context) sentence += " " + part;
    sentence += ": " + error.description;
  }
  return sentence;
}

TEST(SchemaCheck, FindsAnAnswerThatIsNotAsDocumented) {
  const json::value document = json::parse(R"({"paths":{"/a/{id}":{"get":{"operationId":"getA","responses":{"200":{
    "content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{"A":{
    "type":"object","required":["n"],"properties":{"n":{"anyOf":[{"type":"integer"},{"type":"null"}]}}}}}})");
  EXPECT_EQ(operation_of(document, "GET", "/a/7?x=1"), "getA");
  EXPECT_EQ(operation_of(document, "GET", "/a/7/b"), "");
  EXPECT_EQ(operation_of(document, "POST", "/a/7"), "");
  EXPECT_EQ(against_schema(document, "getA", json::parse(R"({"n":1})")), "");
  EXPECT_EQ(against_schema(document, "getA", json::parse(R"({"n":null})")), "");
  EXPECT_NE(against_schema(document, "getA", json::parse(R"({"n":"1"})")), "");
  EXPECT_NE(against_schema(document, "getA", json::parse(R"({})")), "");
}

}  // namespace comfytrace::api
