#include "base/result.h"

namespace comfytrace::base {

std::string Error::sentence() const {
  std::string text = field.empty() ? message : field + ": " + message;
  if (!mend.empty()) text += " (" + mend + ")";
  return text;
}

}  // namespace comfytrace::base
