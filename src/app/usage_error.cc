#include "app/usage_error.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace comfytrace::app {
namespace {

// The last command that was given, which did not know the rest.
const CLI::App& given_command(const CLI::App& app) {
  const CLI::App* command = &app;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = command->get_subcommands())
    command = chosen.back();
  return *command;
}

std::string full_name(const CLI::App& command) {
  std::string name = command.get_name();
  for (const CLI::App* parent = command.get_parent(); parent; parent = parent->get_parent())
    name = parent->get_name() + " " + name;
  return name;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> names;
  // What is in no group is not in the help.
  for (const CLI::App* of : command.get_subcommands({})) {
    if (!of->get_group().empty()) names.push_back(of->get_name());
  }
  return names;
}

// How many letters must be put in, left out or changed (Levenshtein 1966).
std::size_t letters_apart(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t k = 0; k < b.size(); ++k) {
      const std::size_t changed = diagonal + (a[i] == b[k] ? 0 : 1);
      diagonal = row[k + 1];
      row[k + 1] = std::min({changed, row[k] + 1, row[k + 1] + 1});
    }
  }
  return row.back();
}

// "group-by" has the word "by".
bool has_words_of(std::string_view text, std::string_view name) {
  const std::string in = fmt::format("-{}-", text);
  return in.find(fmt::format("-{}-", name)) != std::string::npos;
}

std::string_view without_dashes(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('-'), text.size()));
}

// "" where none is like it.
std::string most_like(std::string_view given, const std::vector<std::string>& names) {
  std::string most;
  // So many letters apart and more, they have little in common.
  std::size_t least = std::max<std::size_t>(without_dashes(given).size() / 3, 1) + 1;
  for (const std::string& name : names) {
    const std::string_view own = without_dashes(name);
    const bool has_words = has_words_of(without_dashes(given), own) || has_words_of(own, without_dashes(given));
    const std::size_t apart = has_words ? 1 : letters_apart(without_dashes(given), own);
    if (apart >= least) continue;
    least = apart;
    most = name;
  }
  return most;
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& problem) {
  const CLI::App& command = given_command(app);
  const std::string name = full_name(command);
  const std::string all = fmt::format("`{} --help` says what there is", name);
  const std::vector<std::string> rest = command.remaining();
  const auto say = [&](std::string_view what, std::string_view given, const std::string& like) {
    return like.empty() ? fmt::format("{}: no such {}: {} ({})\n", name, what, given, all)
                        : fmt::format("{}: no such {}: {} (did you mean {}? {})\n", name, what, given, like, all);
  };
  // A flag that is not known leaves its value behind, too.
  const auto flag =
      std::ranges::find_if(rest, [](const std::string& text) { return text.size() > 1 && text[0] == '-'; });
  if (flag != rest.end()) {
    const std::string given = flag->substr(0, flag->find('='));
    return say("flag", given, most_like(given, flags_of(command)));
  }
  const auto commands = commands_of(command);
  if (rest.empty() && !commands.empty())
    return command.help(command.get_parent() ? full_name(*command.get_parent()) : "");
  if (!commands.empty()) return say("command", rest.front(), most_like(rest.front(), commands));
  return fmt::format("{}: {} ({})\n", name, problem.what(), all);
}

}  // namespace comfytrace::app
