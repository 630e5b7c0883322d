#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace comfytrace::history::columns {

// So many values in the bucket of base/log_bucket.h that lies so far above that of the one before; the first: above
// bucket 0. Larger steps and counts take several.
struct BucketStep {
  std::uint8_t above = 0;
  std::uint8_t count = 0;
};

// Values >= 0 counted in buckets of base/log_bucket.h. Memory only from the smallest to the largest value.
class LogHistogram {
 public:
  // These, which lie from `least` to `most`.
  void add(std::span<const std::int64_t> values, std::int64_t least, std::int64_t most);
  // Of the other, whose values are from `least` to `most`.
  void merge(const LogHistogram& other, std::int64_t least, std::int64_t most);
  // Takes out the values of another, from `least` to `most`, which are here.
  void subtract(const LogHistogram& part, std::int64_t least, std::int64_t most);
  // `least` and `most` are among the values that were counted there.
  void merge(std::span<const BucketStep> steps, std::int64_t least, std::int64_t most);
  // Hands over what was counted, of which `least` and `most` bound the values, and is empty then but for its room.
  [[nodiscard]] std::vector<BucketStep> take(std::int64_t least, std::int64_t most);

  // Forgets what was counted, of which `least` and `most` bound the values, but keeps its room.
  void clear(std::int64_t least, std::int64_t most);

  // Makes room for these values.
  void reach(std::int64_t least, std::int64_t most);
  // Counts values of these buckets. There is room for them.
  void add_buckets(std::span<const std::uint16_t> buckets);

  // The middles of the buckets of the values at these places among all, counted from 0; places ascend, and no value
  // is below `least`.
  template <std::size_t kCount>
  [[nodiscard]] std::array<double, kCount> at(const std::array<std::int64_t, kCount>& places,
                                              std::int64_t least) const {
    std::array<double, kCount> middles{};
    find(places, least, middles);
    return middles;
  }

 private:
  void find(std::span<const std::int64_t> places, std::int64_t least, std::span<double> middles) const;
  [[nodiscard]] std::span<std::uint32_t> between(std::int64_t least, std::int64_t most);
  [[nodiscard]] std::size_t place_of(std::int64_t value) const;
  std::uint32_t first_ = 0;
  std::vector<std::uint32_t> counts_;
};

}  // namespace comfytrace::history::columns
