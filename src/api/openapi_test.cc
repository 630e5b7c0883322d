#include "api/openapi.h"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "api/schema_check.h"
#include "api/server_fixture.h"

namespace comfytrace::api {
namespace {

namespace json = base::json;

// Two spaces a level, so that a change of the document is a change of few lines.
void indent(std::string& out, const json::value& value, int level) {
  const std::string line = "\n" + std::string(static_cast<std::size_t>(level + 1) * 2, ' ');
  const std::string end = "\n" + std::string(static_cast<std::size_t>(level) * 2, ' ');
  if (value.is_object() && !value.get_object().empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.get_object()) {
      out += (std::exchange(first, false) ? "" : ",") + line + boost::json::serialize(json::value(key)) + ": ";
      indent(out, member, level + 1);
    }
    out += end + "}";
  } else if (value.is_array() && !value.get_array().empty() && !value.get_array().front().is_string()) {
    out += '[';
    bool first = true;
    for (const auto& item : value.get_array()) {
      out += (std::exchange(first, false) ? "" : ",") + line;
      indent(out, item, level + 1);
    }
    out += end + "]";
  } else {
    out += boost::json::serialize(value);
  }
}

class OpenApi : public ServerTest {};

TEST_F(OpenApi, IsTheDocumentInDocs) {
  start();
  json::value document = json_of(get("/api/v1/openapi.json"));
  document.as_object()["info"].as_object()["version"] = "";
  std::string text;
  indent(text, document, 0);
  text += "\n";
  const std::string path = COMFYTRACE_SOURCE_DIR "/docs/openapi.json";
  if (std::getenv("UPDATE_GOLDENS")) std::ofstream(path) << text;
  std::ostringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), text) << "UPDATE_GOLDENS=1 writes docs/openapi.json anew; review it";
}

TEST_F(OpenApi, NamesEveryOperationOnceAndDefinesAllItRefersTo) {
  start();
  const std::string text = get("/api/v1/openapi.json").body;
  const json::value document = base::parse_json(text).value();
  std::set<std::string> ids;
  for (const auto& [pattern, operations] : document.at("paths").get_object()) {
    EXPECT_TRUE(pattern.starts_with("/api/v1/")) << pattern;
    for (const auto& [method, operation] : operations.get_object()) {
      EXPECT_TRUE(ids.insert(std::string(operation.at("operationId").get_string())).second) << pattern;
      EXPECT_FALSE(operation.at("summary").get_string().empty()) << pattern;
    }
  }
  const json::object& schemas = document.at("components").at("schemas").get_object();
  constexpr std::string_view kReference = "#/components/schemas/";
  for (auto at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at + 1)) {
    const auto from = at + kReference.size();
    EXPECT_TRUE(schemas.contains(text.substr(from, text.find('"', from) - from)));
  }
}

// A route without a document would be one that nobody outside knows of.
TEST_F(OpenApi, HoldsEveryRouteOfTheInterface) {
  start();
  const json::value document = json_of(get("/api/v1/openapi.json"));
  std::ifstream api(COMFYTRACE_SOURCE_DIR "/docs/api.md");
  std::string line;
  std::size_t rows = 0;
  while (std::getline(api, line)) {
    if (!line.starts_with("| `")) continue;
    std::istringstream row(line.substr(3, line.find('`', 3) - 3));
    std::string methods;
    std::string path;
    row >> methods >> path;
    if (!path.starts_with('/')) continue;
    ++rows;
    std::istringstream each(methods);
    for (std::string method; std::getline(each, method, '|');) {
      EXPECT_NE(operation_of(document, method, "/api/v1" + path.substr(0, path.find('?'))), "") << line;
    }
  }
  EXPECT_GE(rows, 10u);
}

}  // namespace
}  // namespace comfytrace::api
