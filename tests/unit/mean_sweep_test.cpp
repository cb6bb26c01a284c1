// SPDX-License-Identifier: MIT
#include "reference/masked_mean.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/mean_sweep.hpp>

namespace {

/// The sweep of a mean of `x` with its gradient in `d`.
template <class T>
auto bind(rlhf::detail::call& c, const std::vector<T>& x, std::vector<T>& d, T sign, rlhf::aggregation how) {
    return rlhf::detail::mean_sweep<T, rlhf::native>(c, rlhf::view<const T>(x), "logs", rlhf::gradient<T>(d), "slopes",
                                                     sign, how);
}

constexpr std::array aggregations{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                                  rlhf::aggregation::sequence_mean_token_sum};

} // namespace

TEMPLATE_TEST_CASE("mean_sweep: the sign is in the mean and in its gradient, under every aggregation", "", float,
                   double) {
    using T = TestType;
    const double small = sizeof(T) == 4 ? 1e-6 : 1e-13;
    test::random r(31);
    const test::rectangle b = test::mixed_rectangle(r);
    const auto x = test::normals<T>(r, b.size(), 1);
    for (std::size_t how = 0; how < aggregations.size(); ++how)
        for (const T sign : {T(1), T(-1)}) {
            const auto batch = b.batch();
            rlhf::detail::call c("f", batch);
            std::vector<T> d(b.size(), T(9));
            const auto [n, sweep] = bind(c, x, d, sign, aggregations[how]);
            const auto totals = sweep({});
            const auto want =
                reference::masked_mean(b.reference(), reference::to_real(x), static_cast<reference::aggregation>(how));
            CHECK(n.sums(totals.loss).loss() == Approx(static_cast<double>(sign * want.mean)).epsilon(small));
            long double sum = 0;
            for (std::size_t i = 0; i < x.size(); ++i) sum += b.mask[i] != 0 ? sign * x[i] : 0;
            CHECK(totals.value.value() == Approx(static_cast<double>(sum)).epsilon(small));
            for (std::size_t i = 0; i < d.size(); ++i) REQUIRE(test::close(d[i], sign * want.d_values[i], 1));
        }
}

TEMPLATE_TEST_CASE("mean_sweep: one token alone gets the bits of the sweep", "", float, double) {
    using T = TestType;
    test::random r(32);
    const test::rectangle b = test::mixed_rectangle(r, 40);
    const auto x = test::normals<T>(r, b.size());
    for (const auto how : aggregations) {
        const auto batch = b.batch();
        std::vector<T> all(b.size()), one(b.size());
        rlhf::detail::call c("f", batch), again("f", batch);
        (void)bind(c, x, all, T(-1), how).sweep({});
        const auto sweep = bind(again, x, one, T(-1), how).sweep;
        for (std::size_t i = 0; i < one.size(); ++i)
            if (b.mask[i] != 0)
                sweep.token(static_cast<std::int64_t>(i / b.steps), static_cast<std::int64_t>(i % b.steps));
        CHECK(test::same_bits(one, all));
    }
}

TEST_CASE("mean_sweep: errors name the caller's function and arrays, before anything is written") {
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<float> three(3, 7), two(2, 7);
    const auto says = [&](const std::vector<float>& x, std::vector<float>& d, const rlhf::batch& of) {
        return test::refusal([&] {
            rlhf::detail::call c("caller", of);
            (void)bind(c, x, d, 1.F, rlhf::aggregation::token_mean);
        });
    };
    CHECK(says(two, three, b) == "rlhf::caller: logs has 2 elements, expected 3");
    CHECK(says(three, two, b) == "rlhf::caller: slopes has 2 elements, expected 3");
    CHECK(says(three, three, b) == "rlhf::caller: slopes overlaps logs");
    auto part = b;
    part.denominator = rlhf::counts{.tokens = 2, .sequences = 1};
    std::vector<float> d(3, 7);
    CHECK(says(three, d, part) == "rlhf::caller: the batch counts 3 tokens, more than its denominator 2; a part cannot "
                                  "exceed the whole");
    CHECK(d == three);
}
