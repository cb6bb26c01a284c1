// SPDX-License-Identifier: MIT

// Lanes that change their places.

#include "support/catch.hpp"
#include "support/registers.hpp"

using test::differences, test::in_registers, test::lanes, test::limits, test::native, test::register_of, test::width;

namespace {

/// Lane i of the lanes i + N of x and what follows it, for each N, and those the other way.
template <class T, int N>
std::size_t wrong_shifts(const std::vector<T>& x) {
    using L = lanes<T, native>;
    constexpr std::size_t w = width<T>, n = N;
    const auto here = L::load(&x[w]), next = L::load(&x[2 * w]), previous = L::load(x.data());
    const auto down = in_registers<T>(w, [&](auto) { return L::template shift_down<N>(here, next); });
    const auto up = in_registers<T>(w, [&](auto) { return L::template shift_up<N>(here, previous); });
    const auto lane = in_registers<T>(w, [&](auto) { return L::template broadcast<N>(here); });
    const auto before = in_registers<T>(w, [&](auto) { return L::template broadcast<N - 1>(here); });
    return differences(down, [&](std::size_t i) { return x[w + i + n]; }) +
           differences(up, [&](std::size_t i) { return x[w + i - n]; }) +
           differences(lane, [&](std::size_t) { return x[w + n]; }) +
           differences(before, [&](std::size_t) { return x[w + n - 1]; });
}

} // namespace

TEMPLATE_TEST_CASE("lanes: shifts and broadcasts, of every number of lanes", "", float, double) {
    using T = TestType;
    std::vector<T> x;
    for (std::size_t i = 0; i < 3 * width<T>; ++i) x.push_back(T(1) + static_cast<T>(i));
    [[maybe_unused]] const auto wrong = [&]<int... N>(std::integer_sequence<int, N...>) {
        return (wrong_shifts<T, N + 1>(x) + ...);
    };
    if constexpr (lanes<T, native>::width > 1)
        CHECK(wrong(std::make_integer_sequence<int, lanes<T, native>::width - 1>()) == 0);
}

TEMPLATE_TEST_CASE("lanes: compress, expand, where", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    using V = register_of<T>;
    using rlhf::lane::select;
    constexpr std::size_t w = width<T>;
    test::random r(11);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::uint64_t bits = round < 2 ? (round == 0 ? 0 : ~std::uint64_t(0)) : r.bits();
        std::vector<T> x(w), squeezed, expanded(w), chosen(w);
        for (std::size_t k = 0; k < w; ++k) {
            x[k] = r.below(5) == 0 ? limits<T>::quiet_NaN() : static_cast<T>(r.normal());
            chosen[k] = (bits >> k & 1) != 0 ? x[k] : T(0);
            if ((bits >> k & 1) != 0) expanded[k] = x[squeezed.size()], squeezed.push_back(x[k]);
        }
        const V v = L::load(x.data());
        const std::uint64_t own = bits & rlhf::detail::low_bits(w);
        const std::size_t counted = squeezed.size();
        squeezed.resize(w, T(7));
        wrong += differences(in_registers<T>(w, [&](auto) { return L::compress(own, v, V(T(7))); }),
                             [&](std::size_t k) { return squeezed[k]; });
        const std::size_t lane = counted % w;
        wrong += differences(in_registers<T>(w, [&](auto) { return L::broadcast(static_cast<int>(lane), v); }),
                             [&](std::size_t) { return x[lane]; });
        wrong += differences(in_registers<T>(w, [&](auto) { return L::expand(own, v); }),
                             [&](std::size_t k) { return expanded[k]; });
        wrong += differences(in_registers<T>(w, [&](auto) { return select(L::where(own), v, V(T(0))); }),
                             [&](std::size_t k) { return chosen[k]; });
    }
    CHECK(wrong == 0);
}
