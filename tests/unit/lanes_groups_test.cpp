// SPDX-License-Identifier: MIT

// Lanes of consecutive steps: groups of 8 floats or 4 doubles, in whatever registers there are.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/groups.hpp>

#include <vector>

namespace {

template <class T, class Arch>
using lanes = rlhf::detail::group_lanes<T, Arch>;
template <class T, class Arch>
using vector_of = typename lanes<T, Arch>::type;

template <class T, class Arch>
std::vector<T> stored(const vector_of<T, Arch>& v) {
    std::vector<T> x(lanes<T, Arch>::width);
    lanes<T, Arch>::store(x.data(), v);
    return x;
}

template <class T, class Arch>
std::vector<T> numbered() {
    std::vector<T> x;
    for (int i = 1; i <= lanes<T, Arch>::width; ++i) x.push_back(static_cast<T>(i));
    return x;
}

template <class T, class Arch, int N>
void shifts() {
    using L = lanes<T, Arch>;
    const auto x = numbered<T, Arch>();
    std::vector<T> down(x.size()), up(x.size());
    for (int i = 0; i < L::width; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (i % L::group + N < L::group) down[at] = x[at + N];
        if (i % L::group >= N) up[at] = x[at - N];
    }
    CHECK((stored<T, Arch>(L::template down_in_groups<N>(L::load(x.data()))) == down));
    CHECK((stored<T, Arch>(L::template up_in_groups<N>(L::load(x.data()))) == up));
}

template <class T, class Arch>
void packings() {
    using L = lanes<T, Arch>;
    const auto x = numbered<T, Arch>();
    const auto width = x.size(), group = static_cast<std::size_t>(L::group);
    test::random r(3);
    for (int round = 0; round < 1000; ++round) {
        const std::uint64_t left = r.bits() & rlhf::detail::low_bits(L::width);
        const int n = std::popcount(left);
        const typename L::packing packed(left, n);
        std::vector<T> spread(width), back(width, T(-1));
        std::uint64_t bits = 0;
        std::size_t next = 0;
        for (std::size_t g = 0; g < width; g += group)
            for (std::size_t k = g, to = g; k < g + group; ++k) {
                if ((left >> k & 1) == 0) continue;
                bits |= std::uint64_t(1) << to;
                back[next] = spread[to++] = x[next], ++next;
            }
        CHECK(packed.lanes == bits);
        CHECK(packed.spread(rlhf::detail::low_bits(n)) == bits);
        const auto in_groups = packed.spread(L::load(x.data()));
        CHECK((stored<T, Arch>(in_groups) == spread));
        CHECK((stored<T, Arch>(packed.gathered(in_groups, vector_of<T, Arch>(T(-1)))) == back));
    }
}

} // namespace

TEMPLATE_TEST_CASE("group lanes: shifts stay in their group", "", float, double) {
    using T = TestType;
    const auto all = []<class Arch>(Arch) { shifts<T, Arch, 1>(), shifts<T, Arch, 2>(), shifts<T, Arch, 3>(); };
    all(rlhf::native()), all(rlhf::scalar());
}

TEMPLATE_TEST_CASE("group lanes: what is left of a register goes to its groups and back", "", float, double) {
    using T = TestType;
    packings<T, rlhf::native>(), packings<T, rlhf::scalar>();
}

TEMPLATE_TEST_CASE("group lanes: several registers as one", "", float, double) {
    using T = TestType;
    using L = lanes<T, rlhf::scalar>;
    using V = vector_of<T, rlhf::scalar>;
    const auto x = numbered<T, rlhf::scalar>();
    const V v = L::load(x.data()), three(T(3));
    const auto same = [&](const V& got, auto want) {
        const auto y = stored<T, rlhf::scalar>(got);
        for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == want(x[i]));
    };
    same(v + three, [](T a) { return a + 3; });
    same(v - three, [](T a) { return a - 3; });
    same(v * three, [](T a) { return a * 3; });
    same(fma(v, three, v), [](T a) { return 4 * a; });
    same(select(v < three, v, three), [](T a) { return a < 3 ? a : 3; });
    same(select(v > three || v == three, v, three), [](T a) { return a > 3 ? a : 3; });
    same(select(!(v > three) && !(v < three), v, three - three), [](T a) { return a == 3 ? a : 0; });
}
