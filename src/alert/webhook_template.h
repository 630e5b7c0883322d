#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/notice.h"
#include "base/result.h"

namespace comfytrace::alert {

// A JSON text with {placeholders}, each standing inside a string or, if it is a number, anywhere. Values are escaped,
// so that what an alert says can neither end a string nor add to the document. A brace that no letter follows is a
// brace.
class WebhookTemplate {
 public:
  // Errors: invalid: an unknown placeholder (with the known ones), or a text that does not give JSON whatever the
  // values are.
  [[nodiscard]] static base::Result<WebhookTemplate> parse(std::string_view text);
  [[nodiscard]] std::string render(const Notice& notice) const;

 private:
  std::vector<std::pair<std::string, bool>> parts_;  // text, or the name of a placeholder (true)
};

// "event, id, …": for messages and documents.
[[nodiscard]] std::string placeholder_names();

}  // namespace comfytrace::alert
