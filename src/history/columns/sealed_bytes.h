#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Packed columns as they stand in the file: the version of their form, a checksum of everything behind it, how long
// they were, and all of it compressed.
namespace comfytrace::history::columns {

// Counts up with every change of the form, of the shared facts' members or of what run_facts.h makes of a run.
inline constexpr std::uint32_t kForm = 4;
// What the classes of node took stands in the details of each run, and a number more says where these are; else as 4.
inline constexpr std::uint32_t kMixedForm = 3;
// By zlib instead of Zstandard, the shared facts as JSON, no number as a step from the one before; else as 3.
inline constexpr std::uint32_t kOlderForm = 2;

[[nodiscard]] std::string seal(std::string_view plain);

// Opens what seal() made, one after another into the same memory. One thread.
class Unsealer {
 public:
  Unsealer();
  ~Unsealer();
  Unsealer(const Unsealer&) = delete;

  // Which form it is of; 0: it is damaged, or of a form that is not known.
  [[nodiscard]] std::uint32_t open(std::string_view sealed);
  // What open() found; valid until the next one.
  [[nodiscard]] std::string_view plain() const { return {room_.get(), size_}; }

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  std::unique_ptr<char[]> room_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace comfytrace::history::columns
