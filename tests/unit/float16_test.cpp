// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <rlhf/core/float16.hpp>

#include <Eigen/Core>
#include <cmath>
#include <cstring>

namespace {

/// Every 16-bit number against Eigen's: widened, rounded from itself, and from the floats on either side of each
/// midpoint.
template <class Mine, class Theirs>
std::size_t differences() {
    const auto theirs = [](std::uint32_t bits) {
        Theirs x;
        const auto half = static_cast<std::uint16_t>(bits);
        std::memcpy(static_cast<void*>(&x), &half, sizeof half);
        return x;
    };
    const auto bits_of = [](const Theirs& x) {
        std::uint16_t bits;
        std::memcpy(&bits, &x, sizeof bits);
        return bits;
    };
    std::size_t wrong = 0;
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        Mine mine;
        mine.bits = static_cast<std::uint16_t>(bits);
        const auto got = static_cast<float>(mine), want = static_cast<float>(theirs(bits));
        if (std::isnan(want)) {
            wrong += !std::isnan(got) || !std::isnan(static_cast<float>(Mine(got))) ||
                     std::signbit(static_cast<float>(Mine(got))) != std::signbit(got);
            continue;
        }
        wrong += std::bit_cast<std::uint32_t>(got) != std::bit_cast<std::uint32_t>(want);
        wrong += Mine(got).bits != bits;
        wrong += static_cast<double>(mine) != static_cast<double>(want);
        const float next = static_cast<float>(theirs(bits + 1)), middle = got + (next - got) / 2;
        if (!std::isfinite(middle)) continue;
        for (const float x :
             {middle, std::nextafter(middle, got), std::nextafter(middle, next), got + (next - got) / 8})
            wrong += Mine(x).bits != bits_of(Theirs(x));
    }
    return wrong;
}

} // namespace

TEST_CASE("bfloat16: every number, and every midpoint") { CHECK(differences<rlhf::bfloat16, Eigen::bfloat16>() == 0); }

TEST_CASE("float16: every number, and every midpoint") { CHECK(differences<rlhf::float16, Eigen::half>() == 0); }

TEMPLATE_TEST_CASE("16-bit storage: doubles are rounded once, ties to even", "", rlhf::bfloat16, rlhf::float16) {
    using H = TestType;
    const auto of = [](std::uint32_t bits) {
        H x;
        x.bits = static_cast<std::uint16_t>(bits);
        return x;
    };
    const auto nearer = [](double x, double to) { return x + std::ldexp(to - x, -30); }; // less than a float tells
    std::size_t wrong = 0;
    for (const std::uint32_t sign : {0x0000U, 0x8000U})
        for (std::uint32_t bits = 0; std::isfinite(static_cast<double>(of(bits + 1))); ++bits) {
            const H low = of(sign | bits), high = of(sign | (bits + 1));
            const auto a = static_cast<double>(low), b = static_cast<double>(high), middle = a + (b - a) / 2;
            const H even = (bits & 1U) == 0 ? low : high;
            wrong += H(middle).bits != even.bits || H(nearer(middle, a)).bits != low.bits ||
                     H(nearer(middle, b)).bits != high.bits || H(nearer(a, b)).bits != low.bits ||
                     H(static_cast<long double>(nearer(middle, b))).bits != high.bits;
        }
    CHECK(wrong == 0);
    CHECK(static_cast<double>(H(std::numeric_limits<double>::max())) == INFINITY);
    CHECK(H(-std::numeric_limits<double>::denorm_min()).bits == 0x8000);
    CHECK(std::isnan(static_cast<float>(H(std::nan("")))));
}

TEST_CASE("16-bit storage: integers are rounded once") {
    CHECK(static_cast<double>(rlhf::bfloat16((std::int64_t(1) << 40) + (std::int64_t(1) << 32) + 1)) ==
          0x1p40 + 0x1p33);
    CHECK(static_cast<double>(rlhf::bfloat16((std::int64_t(1) << 40) + (std::int64_t(1) << 32))) == 0x1p40);
    CHECK(static_cast<double>(rlhf::bfloat16(-(std::int64_t(1) << 62) - (std::int64_t(1) << 54) - 1)) ==
          -0x1p62 - 0x1p55);
}

TEST_CASE("16-bit storage: edges") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    CHECK(rlhf::bfloat16(std::numeric_limits<float>::max()).bits == 0x7f80);
    CHECK(rlhf::bfloat16(-infinity).bits == 0xff80);
    CHECK(rlhf::bfloat16(std::bit_cast<float>(0x7f800001U)).bits == 0x7fc0); // a signalling NaN with no upper bits
    CHECK(rlhf::float16(65519.996).bits == 0x7bff);
    CHECK(rlhf::float16(65520).bits == 0x7c00);
    CHECK(rlhf::float16(1e30).bits == 0x7c00);
    CHECK(rlhf::float16(-infinity).bits == 0xfc00);
    CHECK(rlhf::float16(std::bit_cast<float>(0x7f800001U)).bits == 0x7e00);
    CHECK(rlhf::float16(0x1p-25).bits == 0);
    CHECK(rlhf::float16(0x1.8p-25).bits == 1);
    CHECK(rlhf::float16(-0.0F).bits == 0x8000);
    static_assert(static_cast<float>(rlhf::float16(-2)) == -2 && static_cast<double>(rlhf::bfloat16(0.5)) == 0.5);
    static_assert(sizeof(rlhf::bfloat16) == 2 && std::is_trivially_copyable_v<rlhf::float16> &&
                  std::is_trivial_v<rlhf::bfloat16>);
    static_assert(!std::is_convertible_v<float, rlhf::float16> && !std::is_convertible_v<rlhf::bfloat16, float>);
}
