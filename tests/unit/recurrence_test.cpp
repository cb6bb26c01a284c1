// SPDX-License-Identifier: MIT

// A recurrence has the same bits in registers of any width and in plain C++.

#include "support/catch.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/gae_backward.hpp>

namespace {

/// A batch with gaps and flags, in numbers of which some are zeros of both signs.
template <class T>
struct example {
    const test::rows& rows;
    bool next_values, flags;
    std::vector<T> x, y, next, bootstrap;
    std::vector<std::uint8_t> terminated, truncated;

    example(test::random& r, const test::rows& of, bool next_values_, bool flags_)
        : rows(of), next_values(next_values_), flags(flags_), x(numbers(r)), y(numbers(r)), next(numbers(r)),
          bootstrap(test::normals<T>(r, of.sequences)), terminated(test::flags(r, of.size, 0.1)),
          truncated(test::flags(r, of.size, 0.1)) {}

    /// Everything that gae and gae_backward write.
    template <class Arch>
    [[nodiscard]] std::vector<T> results(const rlhf::gae_options& o) const {
        std::vector<T> a(rows.size), b(rows.size), c(rows.size), d(rows.size), e(rows.size), last(rows.sequences);
        const auto given = []<class E>(bool wanted, const std::vector<E>& v) {
            return wanted ? rlhf::view<const E>(v) : rlhf::view<const E>();
        };
        rlhf::gae<T, Arch>(rows.library,
                           {.rewards = x,
                            .values = y,
                            .next_values = given(next_values, next),
                            .bootstrap_values = bootstrap,
                            .terminated = given(flags, terminated),
                            .truncated = given(flags && next_values, truncated),
                            .advantages = a,
                            .returns = b},
                           o);
        rlhf::gae_backward_arrays<T> g{.d_advantages = x,
                                       .d_returns = y,
                                       .next_values = given(next_values, next),
                                       .terminated = given(flags, terminated),
                                       .truncated = given(flags && next_values, truncated),
                                       .d_rewards = c,
                                       .d_values = d,
                                       .d_bootstrap_values = last};
        if (next_values) g.d_next_values = e;
        rlhf::gae_backward<T, Arch>(rows.library, g, {.gamma = o.gamma, .lambda = o.lambda, .gaps = o.gaps});
        for (const auto& more : {b, c, d, e, last}) a.insert(a.end(), more.begin(), more.end());
        return a;
    }

private:
    [[nodiscard]] std::vector<T> numbers(test::random& r) const {
        auto v = test::normals<T>(r, rows.size);
        for (T& e : v)
            if (r.below(2) == 0) e = r.below(2) == 0 ? T(0) : -T(0);
        return v;
    }
};

} // namespace

TEMPLATE_TEST_CASE("recurrences: the same bits in registers and in plain C++", "", float, double) {
    using T = TestType;
    test::random r(29);
    for (const auto how : {test::arrangement::padded, test::arrangement::packed})
        for (const auto kind : test::mask_kinds)
            for (const std::size_t steps : {5, 40, 300})
                for (int what = 0; what < 4; ++what) {
                    const test::rows rows(r, how, kind, 6, steps);
                    const example<T> e(r, rows, (what & 1) != 0, (what & 2) != 0);
                    for (const auto gaps : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
                        for (const double lambda : {0.95, 0.0}) {
                            const rlhf::gae_options o{.gamma = 0.99, .lambda = lambda, .gaps = gaps};
                            CHECK(test::same_bits(e.template results<rlhf::native>(o),
                                                  e.template results<rlhf::scalar>(o)));
                        }
                }
}
