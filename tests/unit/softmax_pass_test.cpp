// SPDX-License-Identifier: MIT
#include "support/logits.hpp"

#include <rlhf/engine/softmax/logits_sweep.hpp>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;

/// The gradient of a row into memory that begins `shift` elements into a line: the usual way, and past the cache.
template <class E, class G, class Arch>
std::size_t differences(std::size_t V, std::size_t shift) {
    test::random r(V);
    const auto z = test::random_logits<E>(r, V);
    const rlhf::detail::softmax_pass<rlhf::detail::compute_type<E>, Arch> rows(0.9);
    const auto n = static_cast<std::int64_t>(V);
    const auto row = rows.template read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), n);
    struct alignas(64) line : std::array<G, 4096> {
    } want, got;
    want.fill(static_cast<G>(7.0F)), got.fill(static_cast<G>(7.0F));
    const rlhf::detail::logit_slopes g{.log_prob = 0.7, .entropy = -0.1, .mean_log_prob = 0.3};
    rows.write(z.data(), n, row, g, n / 2, want.data() + shift, n + 3, false);
    rows.write(z.data(), n, row, g, n / 2, got.data() + shift, n + 3, false, true);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) wrong += !test::same_bits(got[i], want[i]);
    return wrong;
}

} // namespace

TEMPLATE_TEST_CASE("softmax_pass: past the cache the same bits, wherever the gradient begins", "", native, scalar) {
    for (const std::size_t V : {1U, 5U, 16U, 100U, 128U, 129U, 1000U, 3000U})
        for (std::size_t shift = 0; shift < 64; ++shift) {
            CAPTURE(V, shift);
            CHECK(differences<float, float, TestType>(V, shift) == 0);
            CHECK(differences<double, double, TestType>(V, shift) == 0);
            CHECK(differences<bfloat16, bfloat16, TestType>(V, shift) == 0);
            CHECK(differences<float16, float16, TestType>(V, shift) == 0);
            CHECK(differences<float, bfloat16, TestType>(V, shift) == 0);
            CHECK(differences<bfloat16, float, TestType>(V, shift) == 0);
        }
}

TEST_CASE("softmax_pass: cutting a row changes sums only by rounding") {
    // A softmax_stats of the whole from the statistics of its halves, as ranks with a part of the vocabulary have them.
    test::random r(3);
    const auto z = test::random_logits<float>(r, 5000);
    const rlhf::detail::softmax_pass<float, native> rows(1);
    constexpr rlhf::detail::softmax_wanted want{.entropy = true, .squares = true, .logits = true};
    const auto whole = rows.read<want>(z.data(), 5000), a = rows.read<want>(z.data(), 2345),
               b = rows.read<want>(z.data() + 2345, 5000 - 2345);
    CHECK(whole.shift == std::max(a.shift, b.shift));
    CHECK(whole.ties == 1);
    const double sum = a.sum * std::exp(a.shift - whole.shift) + b.sum * std::exp(b.shift - whole.shift);
    CHECK(whole.sum == Approx(sum).epsilon(1e-7));
    CHECK(whole.logits == Approx(a.logits + b.logits).epsilon(1e-6));
}

TEMPLATE_TEST_CASE("softmax_pass: what is known of the smallest logit changes no bit", "", native, scalar) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    constexpr bool asked = rlhf::detail::softmax_exp<float, TestType>::asks_for_least;
    test::random r(4);
    const auto numbers = test::random_logits<float>(r, 3000);
    std::vector<float> known(numbers.size()), unknown(numbers.size());
    for (const float lowest : {-60.0F, -84.0F, -86.5F, -87.0F, -87.5F, -88.0F, -90.0F, -1000.0F, -inf})
        for (const double temperature : {1.0, 0.25})
            for (const float shift : {0.0F, -40.0F}) { // −40: all are negative
                auto z = numbers;
                for (float& x : z) x += shift;
                z[2999] = z[7] = lowest * static_cast<float>(temperature), z[1500] = 1 + shift;
                const rlhf::detail::softmax_pass<float, TestType> rows(temperature);
                const auto row = rows.template read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), 3000);
                CAPTURE(lowest, temperature, shift);
                CHECK(row.shift == *std::max_element(z.begin(), z.end()));
                CHECK(row.least == (asked ? *std::min_element(z.begin(), z.end()) : -inf));
                double others = 0;
                for (const float x : z)
                    others += x == static_cast<float>(row.shift) ? 0 : std::exp((double(x) - row.shift) / temperature);
                CHECK(row.others == Approx(others).epsilon(1e-6));
                auto less = row;
                less.least = -inf;
                const rlhf::detail::logit_slopes g{.log_prob = 0.7, .entropy = -0.1};
                rows.write(z.data(), 3000, row, g, 5, known.data(), 3000, false);
                rows.write(z.data(), 3000, less, g, 5, unknown.data(), 3000, false);
                CHECK(test::same_bits(known, unknown));
            }
}

TEMPLATE_TEST_CASE("softmax_pass: any NaN is noticed, wherever it is", "", native, scalar) {
    test::random r(5);
    const auto numbers = test::random_logits<float>(r, 1200);
    const rlhf::detail::softmax_pass<float, TestType> rows(1);
    for (const std::uint32_t bits :
         {0x7f800001U, 0x7fc00000U, 0x7fc00001U, 0x7fffffffU, 0xff800001U, 0xffc00155U, 0xffffffffU})
        for (const std::size_t at : {0U, 7U, 130U, 1023U, 1024U, 1199U}) {
            auto z = numbers;
            z[at] = std::bit_cast<float>(bits);
            CAPTURE(bits, at);
            const auto row = rows.template read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), 1200);
            CHECK((std::isnan(row.others) && std::isnan(row.entropy)));
            std::vector<float> d(1200);
            rows.write(z.data(), 1200, row, {.log_prob = 1}, -1, d.data(), 1200, false);
            CHECK(std::count_if(d.begin(), d.end(), [](float x) { return !std::isnan(x); }) == 0);
        }
}

TEMPLATE_TEST_CASE("softmax_pass: long rows with one entry that is not like the others", "", native, scalar) {
    // Most of their segments are added without a search, if the one entry allows it.
    constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    constexpr bool asked = rlhf::detail::softmax_exp<float, TestType>::asks_for_least;
    constexpr std::int64_t V = 12345;
    const double temperature = GENERATE(0.25, 1.0);
    test::random r(6);
    const auto numbers = test::random_logits<float>(r, V);
    for (const float top : {0.0F, 20.0F, 50.0F, -30.0F, 3000.0F})
        for (const float entry : {0.0F, -0.0F, 1.0F, -80.0F, -86.0F, -87.0F, -88.0F, -1000.0F, -inf, nan, -nan})
            for (const std::size_t at : {2047U, 5000U, 9215U, 9216U, 12287U, 12344U}) {
                auto z = numbers;
                for (float& x : z) x = top - 1 - std::fabs(x);
                z[3] = top, z[at] = top == 0 && entry == 0 ? entry : top + entry * static_cast<float>(temperature);
                CAPTURE(temperature, top, entry, at);
                const rlhf::detail::softmax_pass<float, TestType> rows(temperature);
                const auto row = rows.template read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), V);
                if (std::isnan(entry)) {
                    CHECK((std::isnan(row.others) && std::isnan(row.entropy)));
                    continue;
                }
                const double shift = *std::max_element(z.begin(), z.end());
                double ties = 0, others = 0, weighted = 0;
                for (const float x : z) {
                    const double d = (x - shift) / temperature, e = std::exp(d);
                    x == shift ? ++ties : (others += e, weighted += e > 0 ? d * e : 0);
                }
                CHECK(row.shift == shift);
                CHECK(row.ties == ties);
                CHECK(row.others == Approx(others).epsilon(1e-6));
                CHECK(row.entropy == Approx(std::log(ties + others) - weighted / (ties + others)).epsilon(1e-6));
                const float least = *std::min_element(z.begin(), z.end());
                CHECK(row.least <= least + 1e-4F);
                if (asked) CHECK(row.least >= std::min(least, 0.0F) - 1e-4F);
                const rlhf::detail::softmax_pass<float, scalar> plain_rows(temperature);
                const auto plain = plain_rows.read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), V);
                CHECK((test::same_bits(row.others, plain.others) && test::same_bits(row.entropy, plain.entropy)));
            }
}

TEMPLATE_TEST_CASE("softmax_pass: logits at both ends of the range", "", native, scalar) {
    // The first segments vanish beside the last one, though their distance overflows.
    constexpr double most = std::numeric_limits<double>::max();
    std::vector<double> z(3000, -most);
    z[2500] = most;
    const rlhf::detail::softmax_pass<double, TestType> rows(1);
    const auto row = rows.template read<rlhf::detail::softmax_wanted{.entropy = true}>(z.data(), 3000);
    CHECK(row.shift == most);
    CHECK(row.sum == 1);
    CHECK(row.entropy == 0);
}
