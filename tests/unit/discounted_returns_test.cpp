// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/gae.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/discounted_returns.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}

template <class T>
void contract_holds(const rlhf::discounted_returns_options& o, bool time_major) {
    const contract::problem<T> p{
        .inputs = {numbers<T>}, .sequences = {numbers<T>}, .time_major = false, .only_time_major = time_major};
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        rlhf::discounted_returns<T>(
            c.batch, {.rewards = c.in[0], .bootstrap_values = c.sequence[0], .returns = c.out[0]}, o, c.run);
    });
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        const test::flags_like terminated(c.in[0], 1);
        rlhf::discounted_returns<T>(c.batch, {.rewards = c.in[0], .terminated = terminated.view(), .returns = c.out[0]},
                                    o, c.run);
    });
}

} // namespace

TEMPLATE_TEST_CASE("discounted_returns: same bits however the batch is laid out", "", float, double) {
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero})
        for (const bool time_major : {false, true}) {
            contract_holds<TestType>({.gamma = 0.99, .gaps = how}, time_major);
        }
}

TEMPLATE_TEST_CASE("discounted_returns: the reference on every layout, mask, gap and flag", "", float, double) {
    using T = TestType;
    test::random r(2);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds) {
            const test::rows rows(r, how, kind, 6, kind == test::mask_kind::gaps ? 300 : 29);
            const auto rewards = test::normals<T>(r, rows.size), bootstrap = test::normals<T>(r, rows.sequences);
            const auto terminated = test::flags(r, rows.size, 0.1);
            for (const auto gap : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
                for (const double gamma : {0.0, 0.9375, 1.0})
                    for (int what = 0; what < 4; ++what) {
                        std::vector<T> returns(rows.size, T(9)), again(rows.size);
                        rlhf::discounted_returns_arrays<T> a{.rewards = rewards, .returns = returns};
                        reference::gae_arrays b{.rewards = reference::to_real(rewards), .values = {}};
                        if ((what & 1) != 0)
                            a.bootstrap_values = bootstrap, b.bootstrap_values = reference::to_real(bootstrap);
                        if ((what & 2) != 0) a.terminated = terminated, b.terminated = terminated;
                        rlhf::discounted_returns<T>(rows.library, a, {.gamma = gamma, .gaps = gap});
                        const auto want = reference::discounted_returns(
                            rows.plain, b, {.gamma = gamma, .gaps = static_cast<reference::gaps>(gap)});
                        CAPTURE(how, kind, gap, gamma, what);
                        CHECK(test::close_where_counted(returns, want, rows.plain,
                                                        std::numeric_limits<T>::epsilon() *
                                                            static_cast<double>(4 * rows.longest() + 8)));
                    }
        }
}

TEMPLATE_TEST_CASE("discounted_returns: a bootstrap value flows through chunks", "", float, double) {
    using T = TestType;
    const std::size_t steps = 3 * 16384 + 777;
    const std::vector<T> rewards(steps, T(1)), bootstrap{T(3)};
    std::vector<T> returns(steps);
    const rlhf::batch one{.sequences = 1, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::discounted_returns<T>(one, {.rewards = rewards, .bootstrap_values = bootstrap, .returns = returns},
                                {.gamma = 1});
    std::size_t wrong = 0;
    for (std::size_t t = 0; t < steps; ++t) wrong += returns[t] != static_cast<T>(3 + steps - t);
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("discounted_returns: three steps by hand, in place", "", float, double) {
    using T = TestType;
    std::vector<T> x{1, 2, 4, 8};
    const std::vector<T> bootstrap{16};
    const rlhf::batch b{.sequences = 1, .steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::discounted_returns<T>(b, {.rewards = x, .bootstrap_values = bootstrap, .returns = x}, {.gamma = 0.5});
    CHECK(x == std::vector<T>{5, 8, 12, 16});
    const std::vector<std::uint8_t> terminated{0, 1, 0, 1}, mask{1, 0, 1, 1};
    x = {1, 2, 4, 8};
    rlhf::discounted_returns<T>(
        b, {.rewards = x, .bootstrap_values = bootstrap, .terminated = terminated, .returns = x}, {.gamma = 0.5});
    CHECK(x == std::vector<T>{2, 2, 8, 8});
    rlhf::batch masked = b;
    masked.mask = mask;
    const auto gap = [&](rlhf::gaps how) {
        std::vector<T> rewards{1, 2, 4, 8}, returns(4);
        rlhf::discounted_returns<T>(masked, {.rewards = rewards, .returns = returns}, {.gamma = 0.5, .gaps = how});
        return returns;
    };
    CHECK(gap(rlhf::gaps::skip) == std::vector<T>{5, 0, 8, 8});
    CHECK(gap(rlhf::gaps::zero) == std::vector<T>{3, 0, 8, 8});
    CHECK(gap(rlhf::gaps::ignore) == std::vector<T>{4, 0, 8, 8});
}

TEST_CASE("discounted_returns: what it refuses") {
    std::vector<float> six(6), five(5), seven(7);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&](const rlhf::discounted_returns_arrays<float>& a, rlhf::discounted_returns_options o = {}) {
        return test::refusal([&] { rlhf::discounted_returns<float>(b, a, o); });
    };
    CHECK(says({.rewards = six, .returns = six}) == "");
    CHECK(says({.rewards = five, .returns = six}) == "rlhf::discounted_returns: rewards has 5 elements, expected 6");
    CHECK(says({.rewards = six, .bootstrap_values = five, .returns = six}) ==
          "rlhf::discounted_returns: bootstrap_values has 5 elements, expected 2 (one per sequence)");
    CHECK(says({.rewards = std::span(seven).first(6), .returns = std::span(seven).last(6)}) ==
          "rlhf::discounted_returns: returns overlaps rewards");
    CHECK(says({.rewards = six, .returns = six}, {.gamma = -1}) ==
          "rlhf::discounted_returns: gamma is -1, expected [0, 1]");
    CHECK(says({.rewards = six, .returns = six}, {.gamma = std::nan("")}) ==
          "rlhf::discounted_returns: gamma is nan, expected [0, 1]");
}
