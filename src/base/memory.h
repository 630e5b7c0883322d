#pragma once

namespace comfytrace::base {

// Hands memory that was freed back to the system, which the allocator else keeps for the thread that had it. For
// threads that have done something large and will not soon again; takes some milliseconds. Any thread.
void return_freed_memory();

}  // namespace comfytrace::base
