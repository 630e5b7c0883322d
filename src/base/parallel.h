#pragma once

#include <cstddef>
#include <functional>

// Work for as many processors as the machine has, for answers that somebody waits for.
namespace comfytrace::base {

// How many threads take part in parallel() at most, the caller's among them: 1 to 4. Any thread.
[[nodiscard]] std::size_t parallel_threads();

// Calls work(0), work(1) ... work(parts - 1), each once, in no particular order and partly at once, on the caller's
// thread and on idle helpers of the process; returns when all have returned. Where the helpers are busy with other work
// the caller does it all: nothing waits for its turn. work(0) is on the caller's thread: there may stand what is bound
// to it. `work` may not throw. Any thread.
void parallel(std::size_t parts, const std::function<void(std::size_t part)>& work);

}  // namespace comfytrace::base
