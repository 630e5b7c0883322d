#include <sqlite3.h>

#include <boost/version.hpp>

#include "app/commands/command.h"
#include "app/page.h"
#include "app/token.h"
#include "base/json.h"

namespace comfytrace::app {

int version_command(const CommonOptions& common) {
  if (!common.json) {
    print_line("comfytrace " COMFYTRACE_VERSION);
    return kDone;
  }
  const base::json::object version{{"version", COMFYTRACE_VERSION},
                                   {"compiler", "g++ " __VERSION__},
                                   {"boost", BOOST_LIB_VERSION},
                                   {"sqlite", sqlite3_libversion()},
                                   {"page", page_assets().size() > 1}};
  print_line(base::to_json(version));
  return kDone;
}

int token_command(const CommonOptions& common) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto token = make_token(settings->token_file);
  if (!token) return report(token.error());
  if (common.json) {
    print_line(base::to_json(base::json::object{{"token", *token}, {"file", settings->token_file.string()}}));
  } else {
    print_line(*token);
  }
  return kDone;
}

}  // namespace comfytrace::app
