// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"

#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/bits.hpp>
#include <rlhf/engine/lanes/highest_bits.hpp>

#include <algorithm>
#include <bit>
#include <vector>

TEST_CASE("lanes: bits of bytes, and bits side by side") {
    test::random r(12);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = r.below(65);
        std::vector<std::uint8_t> bytes(n);
        std::uint64_t want = 0;
        for (std::size_t k = 0; k < n; ++k) {
            bytes[k] = r.below(2) == 0 ? 0 : static_cast<std::uint8_t>(1 + r.below(255));
            want |= std::uint64_t(bytes[k] != 0 ? 1 : 0) << k;
        }
        wrong += rlhf::detail::counted_bits(bytes.data(), static_cast<std::int64_t>(n)) != want;
        const auto first = [&]<int... N>(std::integer_sequence<int, N...>) {
            return ((n >= N && rlhf::detail::counted_bits<N>(bytes.data()) != (want & rlhf::detail::low_bits(N))) +
                    ...);
        };
        wrong += static_cast<std::size_t>(first(std::integer_sequence<int, 1, 2, 4, 8, 16>()));
        const std::uint64_t bits = r.bits(), where = r.bits() & r.bits();
        std::uint64_t squeezed = 0;
        for (int k = 0, m = 0; k < 64; ++k)
            if ((where >> k & 1) != 0) squeezed |= (bits >> k & 1) << m++;
        wrong += rlhf::detail::compress_bits(bits, where) != squeezed;
    }
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("lanes: the highest bits of numbers", "", float, rlhf::bfloat16, rlhf::float16) {
    using E = TestType;
    using U = std::conditional_t<sizeof(E) == 4, std::uint32_t, std::uint16_t>;
    using I = std::make_signed_t<U>;
    test::random r(13);
    std::size_t wrong = 0;
    for (int round = 0; round < 3000; ++round) {
        const U sign = static_cast<U>(U(1) << (8 * sizeof(U) - 1)), set = round % 3 == 0 ? sign : U(0),
                kept = static_cast<U>(round % 3 == 1 ? ~sign : ~U(0)); // all are negative, positive, or any
        std::vector<E> x;
        for (std::size_t k = 0; k < 128; ++k) x.push_back(std::bit_cast<E>(static_cast<U>((U(r.bits()) | set) & kept)));
        I highest = std::bit_cast<I>(x[0]);
        U farthest = std::bit_cast<U>(x[0]);
        for (const E e : x)
            highest = std::max(highest, std::bit_cast<I>(e)), farthest = std::max(farthest, std::bit_cast<U>(e));
        const auto check = [&](auto got) {
            wrong += std::bit_cast<I>(got.as_signed) != highest || std::bit_cast<U>(got.as_unsigned) != farthest;
        };
        check(rlhf::detail::highest_bits_of<rlhf::native>(x.data(), 128));
        check(rlhf::detail::highest_bits_of<rlhf::scalar>(x.data(), 128));
    }
    CHECK(wrong == 0);
}
