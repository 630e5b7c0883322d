#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// "ctrc", in the header of every file of ours.
inline constexpr std::int64_t kApplicationId = 0x63747263;

// The step from schema `to - 1` to `to`. Runs within a transaction; throws SQLite::Exception.
struct Migration {
  std::int64_t to;
  std::function<void(Connection&)> apply;
};

// The steps that lead to the schema of this version, in order from 1.
[[nodiscard]] std::span<const Migration> migrations();

[[nodiscard]] inline std::int64_t newest(std::span<const Migration> steps) {
  return steps.back().to;
}

// The file's schema; 0: it is empty. Throws Refused: not our file, or newer than `known`.
[[nodiscard]] std::int64_t schema_of(Connection& connection, std::int64_t known);

// Brings the file to the newest schema, each step whole or not at all. Before the first step of a file that has
// something in it, a copy goes to `<file>.schema<N>.bak`.
void migrate(Connection& connection, std::span<const Migration> steps);

// Copies what `connection` sees to a new file at `to`, complete or not at all. Throws Refused: it exists already.
void copy_to(Connection& connection, const std::filesystem::path& to);

}  // namespace comfytrace::history::sqlite
