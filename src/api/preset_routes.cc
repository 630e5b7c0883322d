#include <boost/describe.hpp>
#include <utility>
#include <vector>

#include "api/context.h"
#include "api/run_query.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/text.h"
#include "history/run_rules.h"

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;

struct PresetList {
  std::vector<history::FilterPreset> presets;
};
BOOST_DESCRIBE_STRUCT(PresetList, (), (presets))

struct PresetBody {
  std::string query;
};
BOOST_DESCRIBE_STRUCT(PresetBody, (), (query))

void fail_no_preset(const CallPtr& call) {
  call->fail(404, "there is no preset with this name", "name");
}

void list_presets(const Context& context, const CallPtr& call) {
  context.ask(call, [call](const history::RunHistoryReader& reader) {
    auto presets = reader.presets();
    if (!presets) return call->fail(presets.error());
    call->reply_json(base::encode_json(PresetList{std::move(*presets)}));
  });
}

void get_preset(const Context& context, const CallPtr& call) {
  context.ask(call, [call](const history::RunHistoryReader& reader) {
    const auto preset = reader.preset(call->params[0]);
    if (!preset) return call->fail(preset.error());
    if (!*preset) return fail_no_preset(call);
    call->reply_json(base::encode_json(**preset));
  });
}

base::Result<std::string> query_of(std::string_view body) {
  const auto parsed = base::parse_json(body, base::JsonLimits{.max_bytes = 64u << 10, .max_depth = 4});
  const std::string example = R"(for example {"query":"status=failed&from=-7d"})";
  if (!parsed) return Error{parsed.error().code, "the body is not JSON: " + parsed.error().message, "$", example};
  const auto query = base::find_string(*parsed, "query");
  if (!query) return Error{ErrorCode::invalid, "the body has no query", "$.query", example};
  for (const auto& [key, value] : parsed->get_object()) {
    const std::string name = base::bounded_text(key, 100);
    if (key != "query") return Error{ErrorCode::invalid, "unknown key \"" + name + "\"", "$." + name, "only query"};
  }
  return canonical_preset_query(*query);
}

void save(Context& context, const CallPtr& call, const history::FilterPreset& preset) {
  context.services.save_preset(preset, [call, preset](const base::Result<void>& done) {
    if (!done) return call->fail(done.error());
    call->reply_json(base::encode_json(preset));
  });
}

void put_preset(Context& context, const CallPtr& call) {
  if (auto fits = history::check_preset_name(call->params[0]); !fits) return call->fail(fits.error());
  const auto query = query_of(call->request.body);
  if (!query) return call->fail(query.error());
  history::FilterPreset preset{call->params[0], *query, context.clock.now_ms()};
  context.ask(call, [call, preset, on_io = context.on_io()](const history::RunHistoryReader& reader) {
    const auto before = reader.preset(preset.name);
    if (!before) return call->fail(before.error());
    history::FilterPreset kept = preset;
    if (*before) kept.created_at_ms = (*before)->created_at_ms;
    on_io([call, kept](Context& back) { save(back, call, kept); });
  });
}

void delete_preset(const Context& context, const CallPtr& call) {
  context.services.remove_preset(call->params[0], [call](const base::Result<bool>& done) {
    if (!done) return call->fail(done.error());
    if (!*done) return fail_no_preset(call);
    call->reply_nothing();
  });
}

}  // namespace

void add_preset_routes(Router& router, const ContextPtr& context) {
  const std::string one = "/api/v1/filter-presets/{name}";
  router.add("GET", "/api/v1/filter-presets",
             {.id = "listPresets", .summary = "The saved filters", .response = kSchemaOf<PresetList>},
             [context](const CallPtr& call) { list_presets(*context, call); });
  router.add("GET", one, {.id = "getPreset", .summary = "A saved filter", .response = kSchemaOf<history::FilterPreset>},
             [context](const CallPtr& call) { get_preset(*context, call); });
  router.add("PUT", one,
             {.id = "savePreset",
              .summary = "Keeps a filter under a name, or replaces it",
              .request = kSchemaOf<PresetBody>,
              .response = kSchemaOf<history::FilterPreset>},
             [context](const CallPtr& call) { put_preset(*context, call); });
  router.add("DELETE", one, {.id = "deletePreset", .summary = "Deletes a saved filter"},
             [context](const CallPtr& call) { delete_preset(*context, call); });
}

}  // namespace comfytrace::api
