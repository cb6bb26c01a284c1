// SPDX-License-Identifier: MIT
#include "support/cases.hpp"

#include <rlhf/engine/call/sequence_mask.hpp>

using rlhf::detail::sequence_mask;

namespace {

struct naive {
    std::int64_t first, past_last, counted = 0;
    explicit naive(const sequence_mask& m) : first(m.length), past_last(0) {
        for (std::int64_t t = 0; t < m.length; ++t) {
            if (m.bytes != nullptr && m.bytes[t * m.step] == 0) continue;
            first = std::min(first, t), past_last = t + 1, ++counted;
        }
    }
};

void check(const sequence_mask& m) {
    const naive want(m);
    CAPTURE(m.length, m.step);
    REQUIRE(rlhf::detail::count_counted(m) == want.counted);
    REQUIRE(rlhf::detail::past_last_counted(m) == want.past_last);
    REQUIRE(std::min(rlhf::detail::first_counted(m), m.length) == (m.bytes == nullptr ? 0 : want.first));
}

} // namespace

TEST_CASE("mask: bytes of a word that are not zero, for every value of every byte") {
    for (int value = 0; value < 256; ++value)
        for (int at = 0; at < 8; ++at) {
            std::array<std::uint8_t, 8> bytes{};
            bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
            REQUIRE(rlhf::detail::count_bytes(rlhf::detail::eight_bytes(bytes.data())) == (value != 0 ? 1 : 0));
            bytes.fill(static_cast<std::uint8_t>(value));
            REQUIRE(rlhf::detail::count_bytes(rlhf::detail::eight_bytes(bytes.data())) == (value != 0 ? 8 : 0));
        }
    for (int set = 0; set < 256; ++set) {
        std::array<std::uint8_t, 8> bytes{};
        int n = 0;
        for (std::size_t k = 0; k < 8; ++k)
            if ((set >> k & 1) != 0) bytes[k] = k % 2 == 0 ? 1 : 0x80, ++n;
        REQUIRE(rlhf::detail::count_bytes(rlhf::detail::eight_bytes(bytes.data())) == n);
    }
}

TEST_CASE("mask: first, last and number of counted tokens, against loops") {
    test::random r(1);
    check({.bytes = nullptr, .step = 1, .length = 0});
    check({.bytes = nullptr, .step = 1, .length = 17});
    for (int round = 0; round < 3000; ++round) {
        const std::size_t length = r.below(70), step = round % 3 == 0 ? 1 + r.below(4) : 1, shift = r.below(8);
        std::vector<std::uint8_t> bytes(shift + length * step + 1, 0xff); // what lies around must not count
        const double share = std::array{0.0, 0.02, 0.5, 1.0}[r.below(4)];
        for (std::size_t t = 0; t < length; ++t)
            bytes[shift + t * step] =
                r.uniform() < share ? static_cast<std::uint8_t>(1 + r.below(255)) : std::uint8_t(0);
        check({.bytes = bytes.data() + shift,
               .step = static_cast<std::int64_t>(step),
               .length = static_cast<std::int64_t>(length)});
    }
}

TEST_CASE("mask: count() of a batch, in every layout, any byte but 0 counts") {
    const std::vector<std::uint8_t> bytes{0, 2, 0x80, 0, 0, 0, 255, 0, 1, 1, 1, 1};
    using rlhf::counted_here;
    const auto counts = [&](rlhf::batch b) { return rlhf::count(b); };
    CHECK(counts({.sequences = 4, .steps = 3, .mask = bytes, .denominator = counted_here}) == rlhf::counts{7, 3});
    CHECK(counts({.sequences = 4,
                  .steps = 3,
                  .layout = rlhf::layout::time_first,
                  .mask = bytes,
                  .denominator = counted_here}) == rlhf::counts{7, 4});
    const std::vector<std::int32_t> offsets{0, 1, 1, 3, 12};
    CHECK(counts({.offsets = offsets, .mask = bytes, .denominator = counted_here}) == rlhf::counts{7, 2});
    CHECK(counts({.offsets = offsets, .mask = rlhf::all, .denominator = counted_here}) == rlhf::counts{12, 3});
    CHECK(counts({.sequences = 4, .steps = 3, .mask = rlhf::all, .denominator = counted_here}) == rlhf::counts{12, 4});
    // predict_next: the first token of a sequence is about nothing.
    CHECK(counts({.sequences = 4, .steps = 3, .predict_next = true, .mask = rlhf::all, .denominator = counted_here}) ==
          rlhf::counts{8, 4});
    CHECK(counts({.sequences = 4, .steps = 3, .predict_next = true, .mask = bytes, .denominator = counted_here}) ==
          rlhf::counts{5, 3});
    CHECK(counts({.offsets = offsets, .predict_next = true, .mask = rlhf::all, .denominator = counted_here}) ==
          rlhf::counts{9, 2});
    CHECK(counts({.sequences = 4,
                  .steps = 3,
                  .mask = rlhf::view(bytes.data(), {.sequences = 4, .steps = 3, .stride = 3}),
                  .denominator = counted_here}) == rlhf::counts{7, 3});
    CHECK(counts({.sequences = 2,
                  .steps = 3,
                  .mask = rlhf::view(bytes.data() + 1, {.sequences = 2, .steps = 3, .stride = 6}),
                  .denominator = counted_here}) == rlhf::counts{4, 2});
    rlhf::counts sum{7, 3};
    sum += rlhf::counts{5, 2};
    CHECK(sum == rlhf::counts{12, 5});
}
