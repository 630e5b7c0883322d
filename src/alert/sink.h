#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "alert/notice.h"
#include "base/result.h"

namespace comfytrace::alert {

// How one try went.
struct Delivery {
  std::optional<base::Error> error;           // absent: delivered. Never holds a secret of the sink's settings
  bool worth_retrying = false;                // the same may succeed later
  std::optional<std::int64_t> not_before_ms;  // what the other side asked us to wait
};

// Where notices go. I/O thread only; never waits for anything there.
class Sink {
 public:
  using Done = std::function<void(Delivery)>;
  virtual ~Sink() = default;
  // One try. `done` is called once, later; never after cancel() or destruction. Not called again before that.
  virtual void send(const Notice& notice, Done done) = 0;
  // Gives up what is under way, at once.
  virtual void cancel() = 0;
};

}  // namespace comfytrace::alert
