// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/divergences.hpp"

#include <rlhf/logits/logits_divergence.hpp>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::divergence;
using test::kinds, test::beta_of, test::aggregations, test::digest, test::wanted;

constexpr double inf = std::numeric_limits<double>::infinity();

/// What a gradient may be off by: 4 ULP, 10⁻⁷ of the row's largest, and the rounding of the mean that is subtracted.
template <class C>
struct allowance {
    reference::array p, q;
    long double scale, largest = 0, mean = 0;

    allowance(const reference::real* z, const reference::real* w, const reference::real* d, std::size_t V,
              long double share, const reference::logits_divergence_options& o)
        : p(reference::softmax_row(z, V, o.temperature).p), q(reference::softmax_row(w, V, o.temperature).p),
          scale(share / o.temperature) {
        reference::array by_p(V);
        reference::divergence_of(p, q, o.divergence, o.beta, by_p);
        for (std::size_t v = 0; v < V; ++v) {
            largest = std::max(largest, std::fabs(d[v]));
            by_p[v] -= reference::divergence::reverse_kl == o.divergence ? 1 : 0; // what is 0 where p = q
            by_p[v] += reference::divergence::forward_kl == o.divergence ? 1 : 0;
            mean += scale * (p[v] + exponent(p[v])) * std::fabs(by_p[v]);
        }
    }
    [[nodiscard]] double operator()(std::size_t v, long double d) const {
        constexpr double eps = std::numeric_limits<C>::epsilon();
        const long double ulps = 4 * test::unit_in_last_place<C>(d) + 1e-7 * (eps / 0x1p-23) * largest;
        return static_cast<double>(ulps + 2 * eps * p[v] * mean + scale * eps * (exponent(p[v]) + exponent(q[v])));
    }

private:
    /// Of doubles the exponent is rounded before exp.
    static long double exponent(long double x) { return std::same_as<C, double> && x > 0 ? x * -std::log(x) : 0; }
};

/// R: the reference's type. Gradients replace the logits.
template <class C, class E, class R>
void matches(std::size_t V, const rlhf::logits_divergence_options& o, double noise = 1, double more = 0) {
    CAPTURE(V, static_cast<int>(o.divergence), o.beta, o.temperature, noise);
    test::random r(V);
    const std::size_t B = 3, S = 4, n = B * S;
    auto z = test::random_logits<E>(r, n * V);
    std::vector<R> w(n * V);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<R>(static_cast<double>(z[i]) + r.normal(more, noise));
    const auto mask = test::flags(r, n, 0.7);
    auto b = test::aligned(B, S);
    b.mask = mask;
    const auto policy = test::widened(z), other = test::widened(w);
    const auto rows = reference::padded(B, S, mask);
    const auto want = reference::logits_divergence(rows, policy, other, V, wanted(o));
    const auto value_only = rlhf::logits_divergence(b, test::logits_of(z, B, S, V), test::logits_of(w, B, S, V), o);
    const auto got = rlhf::logits_divergence(b, test::logits_of(z, B, S, V), test::logits_of(w, B, S, V),
                                             test::logits_of(z, B, S, V), o);
    CHECK(test::same_bits(digest(got), digest(value_only)));
    // what is wrong with log-sum-exp enters squared
    const double relative = std::same_as<C, double> ? 1e-14 : 5e-7, absolute = relative * relative / 4;
    CHECK(std::fabs(got.loss() - static_cast<double>(want.loss)) <=
          relative * static_cast<double>(want.loss) + absolute);
    long double sum = 0, tokens = 0;
    for (const auto d : want.divergences) sum += d;
    for (const auto counts : mask) tokens += counts;
    CHECK(got.divergence() == Approx(static_cast<double>(sum / tokens)).epsilon(relative).margin(absolute));

    const double storage = std::same_as<E, bfloat16> ? 0x1p-8 : std::same_as<E, float16> ? 0x1p-11 : 0;
    const double subnormal = std::same_as<E, float16> ? 0x1p-24 : 0;
    const auto shares = reference::shares(rows, wanted(o).aggregation);
    double worst = 0;
    for (std::size_t e = 0; e < n; ++e) {
        if (mask[e] == 0) continue;
        const auto* const d = want.d_logits.data() + e * V;
        const allowance<C> allowed(policy.data() + e * V, other.data() + e * V, d, V, shares[e], wanted(o));
        for (std::size_t v = 0; v < V; ++v) {
            const double error = std::fabs(static_cast<double>(z[e * V + v]) - static_cast<double>(d[v]));
            const double may = allowed(v, d[v]) + subnormal + storage * std::fabs(static_cast<double>(d[v]));
            worst = std::max(worst, error / may);
        }
    }
    CHECK(worst <= 1);
}

} // namespace

TEST_CASE("logits_divergence: value and gradient of the reference") {
    for (const auto kind : kinds) {
        for (const std::size_t V : {1, 2, 7, 16, 17, 127, 128, 145, 1000, 3000})
            for (const auto how : aggregations) {
                matches<float, float, float>(V, {.divergence = kind, .aggregation = how});
                matches<float, float, float>(
                    V, {.divergence = kind, .beta = beta_of(kind, 0.1), .temperature = 2, .aggregation = how}, 0.1);
                matches<double, double, double>(
                    V, {.divergence = kind, .beta = beta_of(kind, 0.8), .temperature = 0.7, .aggregation = how}, 3);
            }
        matches<float, float, float>(1000, {.divergence = kind}, 8);
        matches<float, float, float>(1000, {.divergence = kind}, 0.01, 100);
        matches<float, bfloat16, float>(1000, {.divergence = kind});
        matches<float, float16, bfloat16>(1000, {.divergence = kind});
        matches<float, float, float16>(1000, {.divergence = kind, .temperature = 0.5});
        matches<double, double, bfloat16>(300, {.divergence = kind});
    }
}

TEST_CASE("logits_divergence: float logits of the policy, double ones of the reference") {
    test::random r(5);
    const std::size_t V = 300;
    const auto narrow = test::random_logits<float>(r, V);
    std::vector<double> w = test::random_logits<double>(r, V), wide(narrow.begin(), narrow.end()), d_wide(V);
    const auto b = test::aligned(1, 1);
    for (const auto kind : kinds) {
        auto z = narrow;
        const auto mixed = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(w, 1, 1, V),
                                                   test::logits_of(z, 1, 1, V), {.divergence = kind});
        const auto both = rlhf::logits_divergence(b, test::logits_of(wide, 1, 1, V), test::logits_of(w, 1, 1, V),
                                                  test::logits_of(d_wide, 1, 1, V), {.divergence = kind});
        CHECK(test::same_bits(digest(mixed), digest(both)));
        CHECK(test::same_bits(z, std::vector<float>(d_wide.begin(), d_wide.end())));
    }
}

TEST_CASE("logits_divergence: hardly any, and none") {
    for (const auto kind : kinds) {
        for (const double noise : {0.3, 1e-2, 1e-3, 1e-5}) {
            matches<float, float, float>(1000, {.divergence = kind}, noise);
            matches<float, float, float>(9, {.divergence = kind, .beta = beta_of(kind, 0.05), .temperature = 1.3},
                                         noise);
        }
        matches<double, double, double>(1000, {.divergence = kind},
                                        0.1); // less is too little for long double

        // the last bits: never negative
        test::random r(11);
        const std::size_t V = 700;
        const auto b = test::aligned(1, 1);
        const rlhf::logits_divergence_options o{.divergence = kind, .temperature = 0.9};
        for (int round = 0; round < 50; ++round) {
            auto z = test::random_logits<float>(r, V), w = z, d = z;
            for (int k = 0; k < 3; ++k) {
                float& x = w[r.below(V)];
                x = std::nextafter(x, r.below(2) == 0 ? 100.F : -100.F);
            }
            const double D =
                rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(w, 1, 1, V), o).loss();
            REQUIRE((D >= 0 && D < 1e-12));
            const double none = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(z, 1, 1, V),
                                                        test::logits_of(d, 1, 1, V), o)
                                    .loss();
            REQUIRE(none == 0);
            REQUIRE(std::all_of(d.begin(), d.end(), [](float x) { return x == 0; }));
        }
    }
}

TEST_CASE("logits_divergence: jsd of float logits keeps its digits where beta is near 1, as near 0") {
    for (const double small : {1e-3, 1e-6, 1e-8, 1e-12}) {
        matches<float, float, float>(300, {.divergence = divergence::jsd, .beta = small});
        matches<float, float, float>(300, {.divergence = divergence::jsd, .beta = 1 - small});

        test::random r(13);
        const std::size_t V = 300;
        auto z = test::random_logits<float>(r, V), w = test::random_logits<float>(r, V);
        const auto of = [&](std::vector<float>& p, std::vector<float>& q, double beta) {
            return rlhf::logits_divergence(test::aligned(1, 1), test::logits_of(p, 1, 1, V),
                                           test::logits_of(q, 1, 1, V), {.divergence = divergence::jsd, .beta = beta})
                .loss();
        };
        CHECK(of(z, w, 1 - small) == Approx(of(w, z, 1 - (1 - small))).epsilon(1e-6));
    }
}

TEST_CASE("logits_divergence: numbers known from elsewhere") {
    // the values that TRL's tests of generalized_jsd_loss expect
    std::vector<double> p{std::log(0.1), std::log(0.9)}, q{std::log(0.9), std::log(0.1)};
    const auto b = test::aligned(1, 1);
    const auto of = [&](const rlhf::logits_divergence_options& o) {
        return rlhf::logits_divergence(b, test::logits_of(p, 1, 1, 2), test::logits_of(q, 1, 1, 2), o).loss();
    };
    CHECK(of({.divergence = divergence::reverse_kl}) == Approx(1.757779661868976).epsilon(1e-14));
    CHECK(of({.divergence = divergence::forward_kl}) == Approx(1.757779661868976).epsilon(1e-14));
    CHECK(of({.divergence = divergence::jsd, .beta = 0.5}) == Approx(0.3680642071684971).epsilon(1e-14));
    // the ends of jsd
    p = {0.3, -1, 2, 0}, q = {1, -2, 0.5, -0.5};
    const auto row = [&](const rlhf::logits_divergence_options& o) {
        return rlhf::logits_divergence(b, test::logits_of(p, 1, 1, 4), test::logits_of(q, 1, 1, 4), o).loss();
    };
    CHECK(row({.divergence = divergence::jsd, .beta = 1e-7}) / 1e-7 ==
          Approx(row({.divergence = divergence::forward_kl})).epsilon(1e-5));
    CHECK(row({.divergence = divergence::jsd, .beta = 1 - 1e-7}) / 1e-7 ==
          Approx(row({.divergence = divergence::reverse_kl})).epsilon(1e-5));
    CHECK(row({.divergence = divergence::reverse_kl}) != Approx(row({.divergence = divergence::forward_kl})));
}

TEMPLATE_TEST_CASE("logits_divergence: same bits however the batch is laid out", "", float, double) {
    using T = TestType;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    for (const auto kind : kinds)
        for (const auto how : aggregations)
            contract::holds<T>(
                {.inputs = std::vector<contract::generator<T>>(10, logit), .outputs = 5, .time_major = false},
                [&](const contract::call<T>& c) {
                    auto other = c;
                    std::rotate(other.in.begin(), other.in.begin() + 5, other.in.end());
                    test::contract_logits<T> z(c), w(other);
                    const auto r = rlhf::logits_divergence(
                        c.batch, z.logits(), w.logits(), rlhf::write_to(z.logits(), 27.8),
                        {.divergence = kind, .beta = beta_of(kind, 0.3), .aggregation = how}, c.run);
                    for (std::size_t v = 0; v < c.out.size(); ++v) z.column(v, c.out[v]);
                    return r;
                },
                digest);
}

TEMPLATE_TEST_CASE("logits_divergence: a row's bits are its own", "", float, bfloat16) {
    using E = TestType;
    test::random r(8);
    const auto nan = static_cast<E>(std::numeric_limits<float>::quiet_NaN());
    for (const std::size_t V : {5, 128, 300, 1100})
        for (const auto kind : kinds) {
            const rlhf::logits_divergence_options o{.divergence = kind};
            auto z = test::random_logits<E>(r, V), w = test::random_logits<E>(r, V);
            std::vector<float> d(V);
            const auto alone = rlhf::logits_divergence(test::aligned(1, 1), test::logits_of(z, 1, 1, V),
                                                       test::logits_of(w, 1, 1, V), test::logits_of(d, 1, 1, V), o);
            // in the middle of three rows, at other addresses, among NaN
            const std::size_t z_row = V + 3, w_row = V + 10, d_row = V + 1;
            std::vector<E> zs(3 * z_row + 1, nan), ws(3 * w_row + 5, nan);
            std::vector<float> ds(3 * d_row + 7, -5);
            std::copy(z.begin(), z.end(), zs.begin() + static_cast<std::ptrdiff_t>(1 + z_row));
            std::copy(w.begin(), w.end(), ws.begin() + static_cast<std::ptrdiff_t>(5 + w_row));
            const rlhf::logits_shape shape{.steps = 3, .vocab = V};
            const std::vector<std::uint8_t> mask{0, 1, 0};
            auto b = test::aligned(1, 3);
            b.mask = mask;
            const auto among = rlhf::logits_divergence(
                b, rlhf::logits_view<E>(zs.data() + 1, shape, z_row, 3 * z_row),
                rlhf::logits_view<const E>(ws.data() + 5, shape, w_row, 3 * w_row),
                rlhf::add_to(rlhf::logits_view<float>(ds.data() + 7, shape, d_row, 3 * d_row), -1), o);
            CHECK(test::same_bits(digest(among), digest(alone)));
            std::size_t different = 0, touched = 0;
            for (std::size_t i = 0; i < ds.size(); ++i) {
                const std::size_t first = 7 + d_row;
                if (i >= first && i < first + V)
                    different += ds[i] != -5 + -d[i - first];
                else
                    touched += ds[i] != -5;
            }
            CHECK((different == 0 && touched == 0));
        }
}

TEST_CASE("logits_divergence: central differences") {
    test::random r(9);
    const std::size_t n = 4, V = 9;
    auto z = test::random_logits<double>(r, n * V, 2), w = test::random_logits<double>(r, n * V, 2), d = z;
    z[4] = -inf, w[4] = -inf, w[12] = -inf;
    const auto b = test::aligned(2, 2);
    for (const auto kind : kinds) {
        const rlhf::logits_divergence_options o{.divergence = kind, .beta = beta_of(kind, 0.4), .temperature = 0.9};
        w[12] = kind == divergence::reverse_kl ? 0 : -inf;
        const auto loss = [&] {
            return rlhf::logits_divergence(b, test::logits_of(z, 2, 2, V), test::logits_of(w, 2, 2, V), o).loss();
        };
        rlhf::logits_divergence(b, test::logits_of(z, 2, 2, V), test::logits_of(w, 2, 2, V),
                                test::logits_of(d, 2, 2, V), o);
        CHECK(test::worst_difference(z, d, loss) < 1e-9);
        CHECK(d[4] == 0);
    }
}
