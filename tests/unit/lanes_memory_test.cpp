// SPDX-License-Identifier: MIT

// Lanes from memory and to it.

#include "support/catch.hpp"
#include "support/registers.hpp"

#include <cstring>

using test::any_numbers, test::bfloat16, test::differences, test::float16, test::from_bits, test::in_registers,
    test::lanes, test::limits, test::native, test::register_of, test::same, test::scalar, test::width;

namespace {

/// Memory of E loaded into lanes of T, wherever it begins.
template <class T, class E>
void loads(const std::vector<E>& memory) {
    for (const auto first : std::array<std::size_t, 3>{0, 1, 3}) {
        const std::size_t n = (memory.size() - first) / width<T> * width<T>;
        const auto got =
            in_registers<T>(n, [&](std::size_t i) { return lanes<T, native>::load(memory.data() + first + i); });
        CHECK(differences(got, [&](std::size_t i) { return lanes<T, scalar>::load(&memory[first + i]); }) == 0);
    }
}

/// Lanes of T stored to memory of E, wherever it begins; nothing else is written. NaN has the same bits, too.
template <class E, class T>
void stores(const std::vector<T>& x) {
    const E untouched = from_bits<E>(0x5a5a);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); i += width<T>) {
        const std::size_t first = 1 + i / width<T> % 3;
        std::array<E, 2 * width<T> + 4> got{}, want{};
        got.fill(untouched), want.fill(untouched);
        lanes<T, native>::store(got.data() + first, lanes<T, native>::load(&x[i]));
        for (std::size_t k = 0; k < width<T>; ++k) lanes<T, scalar>::store(&want[first + k], x[i + k]);
        wrong += !test::same_bits(got, want);
        if constexpr (requires(E * p) { lanes<T, native>::template store<true>(p, lanes<T, native>::load(&x[i])); }) {
            alignas(64) std::array<E, 2 * width<T>> past_cache{};
            lanes<T, native>::template store<true>(past_cache.data(), lanes<T, native>::load(&x[i]));
            rlhf::detail::end_past_cache();
            wrong += std::memcmp(past_cache.data(), want.data() + first, width<T> * sizeof(E)) != 0;
        }
    }
    CHECK(wrong == 0);
}

/// Floats at which rounding to E is decided: around each number of E, and around the middle of it and the next.
template <class E>
std::vector<float> halfway_cases() {
    std::vector<float> x;
    for (std::uint64_t bits = 0; bits < 65536; ++bits) {
        const auto here = static_cast<float>(from_bits<E>(bits)), next = static_cast<float>(from_bits<E>(bits + 1));
        const float middle = here + (next - here) / 2, inf = limits<float>::infinity();
        for (const float y : {here, middle}) x.insert(x.end(), {std::nextafter(y, -inf), y, std::nextafter(y, inf)});
    }
    x.resize(x.size() / width<float> * width<float>);
    return x;
}

template <class E>
std::vector<E> all_bits() {
    std::vector<E> x;
    for (std::uint64_t bits = 0; bits < 65536 + 64; ++bits) x.push_back(from_bits<E>(bits));
    return x;
}

} // namespace

TEMPLATE_TEST_CASE("lanes: load", "", float, double) {
    test::random r(1);
    loads<TestType>(all_bits<bfloat16>());
    loads<TestType>(all_bits<float16>());
    loads<TestType>(any_numbers<float>(r, 10000));
    loads<TestType>(any_numbers<double>(r, 10000));
}

TEMPLATE_TEST_CASE("lanes: store", "", float, double) {
    test::random r(2);
    const auto x = any_numbers<TestType>(r, 200000);
    stores<bfloat16>(x);
    stores<float16>(x);
    stores<double>(x);
    stores<float>(x);
    auto moderate = x; // most of those above overflow or underflow in float16
    for (auto& e : moderate)
        e = static_cast<TestType>(std::ldexp(r.uniform(-1, 1), static_cast<int>(r.below(48)) - 30));
    stores<bfloat16>(moderate);
    stores<float16>(moderate);
    stores<float>(moderate);
}

TEST_CASE("lanes: store rounds to nearest, ties to even") {
    stores<bfloat16>(halfway_cases<bfloat16>());
    stores<float16>(halfway_cases<float16>());
    const auto stored = [](float x) {
        std::array<bfloat16, width<float>> b;
        std::array<float16, width<float>> h;
        lanes<float, native>::store(b.data(), register_of<float>(x));
        lanes<float, native>::store(h.data(), register_of<float>(x));
        return std::pair{b.back().bits, h.back().bits};
    };
    const float inf = limits<float>::infinity(), negative_nan = std::bit_cast<float>(0xff800001U); // a signalling one
    CHECK(stored(0x1.01p0F) == std::pair<std::uint16_t, std::uint16_t>{0x3f80, 0x3c04});
    CHECK(stored(0x1.03p0F) == std::pair<std::uint16_t, std::uint16_t>{0x3f82, 0x3c0c});
    CHECK(stored(65519.996F) == std::pair<std::uint16_t, std::uint16_t>{0x4780, 0x7bff});
    CHECK(stored(65520) == std::pair<std::uint16_t, std::uint16_t>{0x4780, 0x7c00});
    CHECK(stored(limits<float>::max()) == std::pair<std::uint16_t, std::uint16_t>{0x7f80, 0x7c00});
    CHECK(stored(-inf) == std::pair<std::uint16_t, std::uint16_t>{0xff80, 0xfc00});
    CHECK(stored(negative_nan) == std::pair<std::uint16_t, std::uint16_t>{0xffc0, 0xfe00});
    CHECK(stored(-0x1.8p-25F) == std::pair<std::uint16_t, std::uint16_t>{0xb340, 0x8001});
    CHECK(stored(0x1p-133F) == std::pair<std::uint16_t, std::uint16_t>{0x0001, 0x0000});
}

TEMPLATE_TEST_CASE("lanes: bfloat16 by pairs", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    constexpr std::size_t w = width<T>;
    if constexpr (requires(const bfloat16* p) { L::load_interleaved(p); }) {
        const auto memory = all_bits<bfloat16>();
        std::vector<T> even(w), odd(w);
        std::size_t wrong = 0;
        for (std::size_t i = 1; i + 2 * w <= memory.size(); i += 2 * w) {
            const auto both = L::load_interleaved(&memory[i]);
            L::store(even.data(), both[0]), L::store(odd.data(), both[1]);
            wrong += differences(even, [&](std::size_t k) { return static_cast<T>(memory[i + 2 * k]); });
            wrong += differences(odd, [&](std::size_t k) { return static_cast<T>(memory[i + 2 * k + 1]); });
        }
        test::random r(3);
        auto x = any_numbers<T>(r, 200000);
        for (const float y : halfway_cases<bfloat16>()) x.push_back(static_cast<T>(y));
        for (std::size_t i = 0; i + 2 * w <= x.size(); i += 2 * w) {
            std::array<bfloat16, 2 * w + 3> got{}, want{};
            L::store_interleaved(got.data() + 1, L::load(&x[i]), L::load(&x[i + w]));
            for (std::size_t k = 0; k < w; ++k)
                want[1 + 2 * k] = bfloat16(x[i + k]), want[2 + 2 * k] = bfloat16(x[i + w + k]);
            wrong += !test::same_bits(got, want);
        }
        CHECK(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("lanes: counted, every byte in every lane", "", float, double) {
    using T = TestType;
    using V = register_of<T>;
    using rlhf::lane::select;
    std::size_t wrong = 0;
    for (std::size_t at = 0; at < width<T>; ++at)
        for (unsigned byte = 0; byte < 256; ++byte)
            for (const auto others : std::array<std::uint8_t, 2>{0, 1}) {
                std::array<std::uint8_t, width<T> + 3> bytes{};
                bytes.fill(others);
                bytes[3 + at] = static_cast<std::uint8_t>(byte);
                const auto flags = in_registers<T>(width<T>, [&](std::size_t) {
                    return select(lanes<T, native>::counted(bytes.data() + 3), V(T(1)), V(T(0)));
                });
                wrong += differences(
                    flags, [&](std::size_t i) { return lanes<T, scalar>::counted(&bytes[3 + i]) ? T(1) : T(0); });
            }
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("lanes: a first and a last part", "", float, double) {
    using T = TestType;
    using L = lanes<T, native>;
    constexpr std::size_t w = width<T>;
    test::random r(11);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        std::vector<T> x(w);
        for (T& e : x) e = r.below(5) == 0 ? limits<T>::quiet_NaN() : static_cast<T>(r.normal());
        const std::size_t n = r.below(w + 1);
        const auto v = L::load(x.data());
        // Memory behind the part is not there.
        const std::vector<T> part(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
        const auto k = static_cast<std::int64_t>(n);
        wrong += differences(in_registers<T>(w, [&](auto) { return L::load_first(part.data(), k); }),
                             [&](std::size_t i) { return i < n ? x[i] : T(0); });
        std::vector<T> stored(w, T(7));
        L::store_first(stored.data(), v, k);
        wrong += differences(stored, [&](std::size_t i) { return i < n ? x[i] : T(7); });
        wrong += differences(in_registers<T>(w, [&](auto) { return L::load_last(part.data(), k); }),
                             [&](std::size_t i) { return i + n < w ? T(0) : x[i + n - w]; });
        stored.assign(w, T(7));
        L::store_last(stored.data(), v, k);
        wrong += differences(stored, [&](std::size_t i) { return i < n ? x[i + w - n] : T(7); });
    }
    CHECK(wrong == 0);
}
