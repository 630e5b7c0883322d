#include "generate/random.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/uuid.h"

namespace comfytrace::generate {
namespace {

TEST(RandomArithmetic, AgreesWithTheStandardLibrary) {
  Random random(1, "test");
  for (int i = 0; i < 20'000; ++i) {
    const double x = (random.uniform() - 0.5) * 200;
    EXPECT_NEAR(exp_of(x) / std::exp(x), 1, 1e-13) << x;
    const double y = std::exp(x);
    EXPECT_NEAR(log_of(y), std::log(y), 1e-14 * (1 + std::abs(x))) << y;
  }
}

// Computed apart from this code, in Python, from the published xoshiro256++ and splitmix64.
TEST(RandomNumbers, AreThoseOfThePublishedGenerator) {
  Random random(7, "a");
  EXPECT_EQ(random.next(), 0xf2295c62d6b74445u);
  for (int i = 2; i < 1000; ++i) (void)random.next();
  EXPECT_EQ(random.next(), 0xa937dbe171b335feu);
}

TEST(RandomNumbers, OfTwoStreamsDiffer) {
  Random a(7, "a");
  Random b(7, "b");
  EXPECT_NE(a.next(), b.next());
}

TEST(RandomNumbers, HaveTheMomentsOfTheirDistributions) {
  Random random(3, "moments");
  constexpr int kCount = 200'000;
  double uniform = 0, normal = 0, squares = 0, fourth = 0, exponential = 0, logs = 0;
  for (int i = 0; i < kCount; ++i) {
    uniform += random.uniform();
    const double z = random.normal();
    normal += z;
    squares += z * z;
    fourth += z * z * z * z;
    exponential += random.exponential();
    logs += std::log(random.lognormal(0.3));
  }
  // Five standard errors each.
  const double se = 1 / std::sqrt(kCount);
  EXPECT_NEAR(uniform / kCount, 0.5, 5 * 0.289 * se);
  EXPECT_NEAR(normal / kCount, 0, 5 * se);
  EXPECT_NEAR(squares / kCount, 1, 5 * 1.42 * se);
  EXPECT_NEAR(fourth / kCount, 3, 5 * 9.8 * se);
  EXPECT_NEAR(exponential / kCount, 1, 5 * se);
  EXPECT_NEAR(logs / kCount, 0, 5 * 0.3 * se);
}

TEST(RandomNumbers, BelowABoundReachAllOfIt) {
  Random random(4, "below");
  int seen[7] = {};
  for (int i = 0; i < 7'000; ++i) ++seen[random.below(7)];
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(RandomNumbers, OfAParetoHaveItsTail) {
  Random random(5, "tail");
  int beyond = 0;
  for (int i = 0; i < 100'000; ++i) beyond += random.pareto(2) > 10;
  EXPECT_NEAR(beyond, 1000, 160);
}

TEST(Uuid, OfTwoNumbersIsCanonical) {
  Random random(6, "uuid");
  EXPECT_TRUE(base::is_canonical_uuid(uuid_of(random.next(), random.next())));
  EXPECT_EQ(uuid_of(0, 0), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(uuid_of(~0ull, ~0ull), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

}  // namespace
}  // namespace comfytrace::generate
