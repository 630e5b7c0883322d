#include "history/columns/sealed_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "history/columns/class_times.h"

namespace comfytrace::history::columns {
namespace {

// A full chunk of rows of several shapes, two of which have the same classes.
class SealedTimesTest : public ::testing::Test {
 protected:
  SealedTimesTest() {
    const std::array<NodeShape, 5> shapes{
        NodeShape{{"KSampler", "SaveImage", "VAEDecode"}, {1, 1, 1}}, NodeShape{{}, {}},
        NodeShape{{"KSampler", "SaveImage", "VAEDecode"}, {4, 4, 4}}, NodeShape{{"VAEDecode"}, {2}},
        NodeShape{{"SaveImage", "UNETLoader"}, {1, 1}}};
    for (const NodeShape& shape : shapes) ids_.push_back(shapes_.id_of(shape));
    std::mt19937_64 random(5);
    for (std::uint32_t row = 0; row < kChunkRows; ++row) {
      const std::uint32_t shape = ids_[random() % ids_.size()];
      std::vector<NodeClassFacts> classes;
      for (const std::string& name : shapes_[shape].classes) {
        // Columns of one byte, two, three and eight.
        const std::int64_t below = name == "VAEDecode" ? 256 : name == "SaveImage" ? 40'000 : 9'000'000;
        classes.push_back({name, 1, static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below))});
        if (name == "UNETLoader" && row % 100 == 0) classes.back().duration_ms -= std::int64_t{1} << 40;
      }
      std::string times;
      put_times(times, shape, classes);
      EXPECT_TRUE(open_.append(row, times));
    }
  }
  // Both as numbers of shapes, then times.
  void expect_same(const SealedTimes& sealed) const {
    std::vector<std::int64_t> expected;
    std::vector<std::int64_t> told;
    for (std::uint32_t row = 0; row < kChunkRows; ++row) {
      expected.push_back(open_.read(row, shapes_, expected));
      told.push_back(sealed.read(row, told));
    }
    EXPECT_EQ(told, expected);
  }

  Interner<NodeShape> shapes_;
  std::vector<std::uint32_t> ids_;
  OpenTimes open_;
};

TEST_F(SealedTimesTest, HoldTheTimesOfEveryRow) {
  expect_same(*SealedTimes::of(open_, shapes_));
}

TEST_F(SealedTimesTest, ShapesWithTheSameClassesHaveTheirColumnsTogether) {
  const auto sealed = SealedTimes::of(open_, shapes_);
  ASSERT_EQ(sealed->parts().size(), 4u);
  std::uint32_t end = 0;
  std::size_t runs = 0;
  for (const SealedTimes::Part& part : sealed->parts()) {
    EXPECT_EQ(part.begin, end);
    end += part.count;
    runs += part.runs.size();
    for (const SealedTimes::Run& run : part.runs)
      EXPECT_EQ(shapes_[run.shape].classes, shapes_[part.runs.front().shape].classes);
  }
  EXPECT_EQ(end, kChunkRows);
  EXPECT_EQ(runs, 5u);
}

TEST_F(SealedTimesTest, AColumnIsAsNarrowAsItsTimesAllowAndReadAsOneOrOneByOne) {
  const auto sealed = SealedTimes::of(open_, shapes_);
  std::vector<int> widths;
  for (const SealedTimes::Part& part : sealed->parts()) {
    for (const SealedTimes::Column& column : part.columns) {
      widths.push_back(column.width);
      constexpr std::uint32_t kFirst = 77;
      std::vector<std::int32_t> ms(1'001);
      if (!sealed->ms_of(column, part, kFirst, 1'001, ms.data())) continue;
      for (std::uint32_t i = 0; i < ms.size(); ++i) ASSERT_EQ(ms[i], sealed->ms_at(column, part, kFirst + i));
    }
  }
  EXPECT_EQ(widths, (std::vector<int>{3, 2, 1, 2, 8, 1}));
}

TEST_F(SealedTimesTest, AreFoundFromThoseOfAnyOtherRow) {
  const auto sealed = SealedTimes::of(open_, shapes_);
  SealedTimes::Spot near;
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    const std::uint32_t row = i * i * 31 % kChunkRows;
    std::vector<std::int64_t> ms;
    const std::uint32_t shape = sealed->read(row, ms);
    near = sealed->spot_of(row, near);
    ASSERT_EQ(near.run->shape, shape);
    ASSERT_EQ(near.part->columns.size(), ms.size());
    for (std::size_t k = 0; k < ms.size(); ++k)
      ASSERT_EQ(sealed->ms_at(near.part->columns[k], *near.part, near.index), ms[k]);
  }
}

TEST_F(SealedTimesTest, AreTheSameAfterBeingKept) {
  const auto sealed = SealedTimes::of(open_, shapes_);
  const auto loaded = SealedTimes::load(sealed->kept(), shapes_);
  ASSERT_TRUE(loaded);
  expect_same(*loaded);
  EXPECT_EQ(loaded->bytes(), sealed->bytes());
}

TEST_F(SealedTimesTest, WhatDoesNotFitTogetherIsNotLoaded) {
  const auto sealed = SealedTimes::of(open_, shapes_);
  const SealedTimes::Kept good = sealed->kept();
  auto kept = good;
  kept.shapes.back() = 5;
  EXPECT_FALSE(SealedTimes::load(kept, shapes_)) << "a shape that nobody knows";
  kept = good;
  kept.run_of_row[7] = 5;
  EXPECT_FALSE(SealedTimes::load(kept, shapes_)) << "a row of no shape";
  kept = good;
  kept.widths.pop_back();
  EXPECT_FALSE(SealedTimes::load(kept, shapes_)) << "a column too few";
  kept = good;
  kept.widths[0] = 4;
  EXPECT_FALSE(SealedTimes::load(kept, shapes_)) << "a width that there is not";
  kept = good;
  kept.times.remove_suffix(1);
  EXPECT_FALSE(SealedTimes::load(kept, shapes_)) << "a byte too few";
}

TEST_F(SealedTimesTest, WhoReadsWhileAChunkFillsKeepsWhatTheySaw) {
  ClassTimes times;
  for (std::uint32_t row = 0; row < kChunkRows; ++row) ASSERT_TRUE(times.append(row, open_.text(row, shapes_)));
  const ClassTimes::View before = times.view();
  times.seal(shapes_);
  ASSERT_TRUE(before.open);
  EXPECT_EQ(before.open->text(9, shapes_), open_.text(9, shapes_));
  const ClassTimes::View after = times.view();
  EXPECT_FALSE(after.open);
  ASSERT_TRUE(after.sealed);
  expect_same(*after.sealed);
}

TEST_F(SealedTimesTest, TimesThatAreCutOffOrOfNoKnownShapeAreNotTaken) {
  std::string_view text = open_.text(3, shapes_);
  std::string_view cut = text.substr(0, text.size() - 1);
  EXPECT_EQ(take_times(cut, shapes_), "");
  std::string_view unknown("\x05", 1);
  EXPECT_EQ(take_times(unknown, shapes_), "");
  const std::string twice = std::string(text) + std::string(text);
  std::string_view rest = twice;
  EXPECT_EQ(take_times(rest, shapes_), text);
  EXPECT_EQ(rest, text);
}

TEST(OpenTimes, DoNotTakeMoreThanEveryRowMayHave) {
  OpenTimes open;
  EXPECT_TRUE(open.append(0, std::string(OpenTimes::kMostBytes, '\1')));
  EXPECT_FALSE(open.append(1, std::string(OpenTimes::kMostBytes + 1, '\1')));
}

TEST_F(SealedTimesTest, OpenOnesAreReadAlikeWhetherMoreIsKnownToStandBehindThem) {
  for (std::uint32_t row = 0; row < kChunkRows; row += row % 7 + 1) {
    const std::uint32_t later = std::min(row + row % 5, kChunkRows - 1);
    TimesReader plain = open_.at(row);
    TimesReader quick = open_.at(row, later);
    ASSERT_EQ(quick.shape(), plain.shape());
    for (std::size_t i = 0; i < shapes_[plain.shape()].classes.size(); ++i) ASSERT_EQ(quick.next_ms(), plain.next_ms());
  }
}

TEST(OpenTimes, ReadNumbersOfEverySize) {
  std::vector<NodeClassFacts> classes;
  for (int bits = 0; bits < 63; ++bits) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::int64_t ms = (std::int64_t{1} << bits) + off;
      classes.push_back({"A", 1, ms});
      classes.push_back({"A", 1, -ms});
    }
  }
  std::string times;
  put_times(times, 300, classes);
  ASSERT_GT(times.size(), 1'500u);  // and each part of it fits into a row
  OpenTimes open;
  for (std::size_t begin = 0; begin < classes.size(); begin += 60) {
    const std::vector<NodeClassFacts> some(
        classes.begin() + static_cast<std::ptrdiff_t>(begin),
        classes.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 60, classes.size())));
    const auto row = static_cast<std::uint32_t>(begin / 60);
    times.clear();
    put_times(times, 300, some);
    ASSERT_TRUE(open.append(row, times));
    ASSERT_TRUE(open.append(row + 1, "x"));  // what stands behind
    TimesReader reader = open.at(row, row + 1);
    EXPECT_EQ(reader.shape(), 300u);
    for (const NodeClassFacts& of_class : some) ASSERT_EQ(reader.next_ms(), of_class.duration_ms);
  }
}

}  // namespace
}  // namespace comfytrace::history::columns
