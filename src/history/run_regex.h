#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/run.h"

namespace re2 {
class RE2;
}

namespace comfytrace::history {

// A regular expression (RE2's syntax) that is looked for in texts without regard to case. Any text takes time linear in
// its length, and memory is bounded. Copies share; any thread.
class RunRegex {
 public:
  static constexpr std::size_t kMaxPatternBytes = 500;

  // Errors: invalid (what is wrong and where; or too long or too large), field "regex".
  [[nodiscard]] static base::Result<RunRegex> compile(std::string_view pattern);

  [[nodiscard]] bool finds(std::string_view text) const;
  // In the run's title, error, one of its prompts or its notes.
  [[nodiscard]] bool finds(const model::Run& run) const;
  [[nodiscard]] const std::string& pattern() const;

 private:
  explicit RunRegex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace comfytrace::history
