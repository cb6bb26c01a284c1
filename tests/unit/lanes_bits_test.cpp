// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/random.hpp"

#include <rlhf/engine/lanes/bits.hpp>

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
