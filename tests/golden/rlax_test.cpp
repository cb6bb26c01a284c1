// SPDX-License-Identifier: MIT

// GAE and λ-returns of rlax, which computes each by a recursion of its own: rlax.txt has what its code makes of them.

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/advantage/gae.hpp>

TEMPLATE_TEST_CASE("rlax: λ-returns and truncated GAE", "[goldens]", float, double) {
    using T = TestType;
    const auto cases = test::read_goldens("rlax.txt");
    const test::golden& g = cases.at("gae");
    const auto get = [&](const char* key) { return std::vector<T>(g[key].begin(), g[key].end()); };
    const auto rewards = get("rewards"), values = get("values"), bootstrap = get("bootstrap_values"),
               lambdas = get("lambdas");
    const auto terminated = g.integers<std::uint8_t>("terminated");
    std::vector<T> advantages(rewards.size()), returns(rewards.size());
    rlhf::gae<T>({.sequences = 4, .steps = 6, .mask = rlhf::all, .denominator = rlhf::counted_here},
                 {.rewards = rewards,
                  .values = values,
                  .bootstrap_values = bootstrap,
                  .lambdas = lambdas,
                  .terminated = terminated,
                  .advantages = advantages,
                  .returns = returns},
                 {.gamma = g.number("gamma")});
    CHECK(test::worst_of_largest(advantages, g["advantages"]) < test::golden_tolerance<T>);
    CHECK(test::worst_of_largest(returns, g["returns"]) < test::golden_tolerance<T>);
}
