#include "app/filter_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

namespace comfytrace::app {
namespace {

void add_flag(CLI::App* command, std::vector<history::KeyValue>& pairs, const std::string& flag, std::string key,
              std::string_view help) {
  command
      ->add_option_function<std::string>(
          "--" + flag, [&pairs, name = std::move(key)](const std::string& value) { pairs.emplace_back(name, value); },
          std::string(help))
      ->group("Filter");
}

}  // namespace

void add_filter_flags(CLI::App* command, std::vector<history::KeyValue>& pairs) {
  for (const auto& key : history::filter_keys())
    add_flag(command, pairs, std::string(key.flag), std::string(key.name), key.help);
  add_flag(command, pairs, "preset", "preset", "A saved filter; flags beside it go before it");
}

void add_list_flags(CLI::App* command, std::vector<history::KeyValue>& pairs) {
  const auto add = [&](const char* name, const char* help) {
    command->add_option_function<std::string>(
        std::string("--") + name,
        [&pairs, key = std::string(name)](const std::string& value) { pairs.emplace_back(key, value); }, help);
  };
  add("sort", "newest, oldest, longest, shortest or vram [newest]");
  add("limit", "How many, 1 to 1000 [50]");
  add("cursor", "Where the page before ended");
  add("offset", "Leave out so many, from the beginning or the cursor");
}

base::Error of_flags(base::Error error) {
  if (error.field.empty()) return error;
  const auto keys = history::filter_keys();
  const auto named = std::ranges::find(keys, std::string_view(error.field), &history::FilterKey::name);
  error.field = "--" + (named == keys.end() ? error.field : std::string(named->flag));
  return error;
}

}  // namespace comfytrace::app
