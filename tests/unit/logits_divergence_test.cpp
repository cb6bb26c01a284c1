// SPDX-License-Identifier: MIT
#include "reference/logits_divergence.hpp"
#include "support/logits.hpp"

#include <rlhf/logits/logits_divergence.hpp>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar, rlhf::divergence;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr std::array kinds{divergence::reverse_kl, divergence::forward_kl, divergence::jsd};
/// β where there is one.
constexpr double beta_of(divergence kind, double beta) { return kind == divergence::jsd ? beta : 0.5; }
constexpr std::array aggregations{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                                  rlhf::aggregation::sequence_mean_token_sum};

std::vector<double> digest(const rlhf::logits_divergence_result& r) {
    return {r.loss(), r.mean_loss(), r.divergence(), r.nonfinite(), r.own.tokens, r.own.sequences};
}

reference::logits_divergence_options wanted(const rlhf::logits_divergence_options& o) {
    return {.divergence = static_cast<reference::divergence>(o.divergence),
            .beta = o.beta,
            .temperature = o.temperature,
            .aggregation = static_cast<reference::aggregation>(o.aggregation)};
}

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
template <class C, class E, class R, class Arch>
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
    const auto value_only =
        rlhf::logits_divergence<Arch>(b, test::logits_of(z, B, S, V), test::logits_of(w, B, S, V), o);
    const auto got = rlhf::logits_divergence<Arch>(b, test::logits_of(z, B, S, V), test::logits_of(w, B, S, V),
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

TEMPLATE_TEST_CASE("logits_divergence: value and gradient of the reference", "", native, scalar) {
    for (const auto kind : kinds) {
        for (const std::size_t V : {1, 2, 7, 16, 17, 127, 128, 145, 1000, 3000})
            for (const auto how : aggregations) {
                matches<float, float, float, TestType>(V, {.divergence = kind, .aggregation = how});
                matches<float, float, float, TestType>(
                    V, {.divergence = kind, .beta = beta_of(kind, 0.1), .temperature = 2, .aggregation = how}, 0.1);
                matches<double, double, double, TestType>(
                    V, {.divergence = kind, .beta = beta_of(kind, 0.8), .temperature = 0.7, .aggregation = how}, 3);
            }
        matches<float, float, float, TestType>(1000, {.divergence = kind}, 8);
        matches<float, float, float, TestType>(1000, {.divergence = kind}, 0.01, 100);
        matches<float, bfloat16, float, TestType>(1000, {.divergence = kind});
        matches<float, float16, bfloat16, TestType>(1000, {.divergence = kind});
        matches<float, float, float16, TestType>(1000, {.divergence = kind, .temperature = 0.5});
        matches<double, double, bfloat16, TestType>(300, {.divergence = kind});
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

TEMPLATE_TEST_CASE("logits_divergence: hardly any, and none", "", native, scalar) {
    for (const auto kind : kinds) {
        for (const double noise : {0.3, 1e-2, 1e-3, 1e-5}) {
            matches<float, float, float, TestType>(1000, {.divergence = kind}, noise);
            matches<float, float, float, TestType>(
                9, {.divergence = kind, .beta = beta_of(kind, 0.05), .temperature = 1.3}, noise);
        }
        matches<double, double, double, TestType>(1000, {.divergence = kind},
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
                rlhf::logits_divergence<TestType>(b, test::logits_of(z, 1, 1, V), test::logits_of(w, 1, 1, V), o)
                    .loss();
            REQUIRE((D >= 0 && D < 1e-12));
            const double none =
                rlhf::logits_divergence<TestType>(b, test::logits_of(z, 1, 1, V), test::logits_of(z, 1, 1, V),
                                                  test::logits_of(d, 1, 1, V), o)
                    .loss();
            REQUIRE(none == 0);
            REQUIRE(std::all_of(d.begin(), d.end(), [](float x) { return x == 0; }));
        }
    }
}

TEMPLATE_TEST_CASE("logits_divergence: jsd of float logits keeps its digits where beta is near 1, as near 0", "",
                   native, scalar) {
    for (const double small : {1e-3, 1e-6, 1e-8, 1e-12}) {
        matches<float, float, float, TestType>(300, {.divergence = divergence::jsd, .beta = small});
        matches<float, float, float, TestType>(300, {.divergence = divergence::jsd, .beta = 1 - small});

        test::random r(13);
        const std::size_t V = 300;
        auto z = test::random_logits<float>(r, V), w = test::random_logits<float>(r, V);
        const auto of = [&](std::vector<float>& p, std::vector<float>& q, double beta) {
            return rlhf::logits_divergence<TestType>(test::aligned(1, 1), test::logits_of(p, 1, 1, V),
                                                     test::logits_of(q, 1, 1, V),
                                                     {.divergence = divergence::jsd, .beta = beta})
                .loss();
        };
        CHECK(of(z, w, 1 - small) == Approx(of(w, z, 1 - (1 - small))).epsilon(1e-6));
    }
}

TEST_CASE("logits_divergence: a constant on either logits changes nothing but rounding") {
    test::random r(3);
    const std::size_t V = 500;
    const auto b = test::aligned(1, 1);
    std::vector<float> z(V), w(V), d(V), d_moved(V);
    for (std::size_t v = 0; v < V; ++v) // whole 128ths: adding 1000 is exact
        z[v] = static_cast<float>(std::round(r.normal(0, 300))) / 128, w[v] = z[v] + (v % 3 == 0 ? 1.F / 64 : 0.F);
    auto moved = w;
    for (float& x : moved) x += 1000;
    for (const auto kind : kinds) {
        const rlhf::logits_divergence_options o{.divergence = kind};
        const double D = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(w, 1, 1, V),
                                                 test::logits_of(d, 1, 1, V), o)
                             .loss();
        const double there = rlhf::logits_divergence(b, test::logits_of(z, 1, 1, V), test::logits_of(moved, 1, 1, V),
                                                     test::logits_of(d_moved, 1, 1, V), o)
                                 .loss();
        CHECK(there == Approx(D).epsilon(1e-6));
        CHECK(test::worst_ulp_error(d_moved, d, 1e-9) <= 4);
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
        double worst = 0;
        for (std::size_t i = 0; i < z.size(); ++i) {
            if (i == 4) continue;
            const double kept = z[i], step = 1e-5;
            z[i] = kept + step;
            const double above = loss();
            z[i] = kept - step;
            worst = std::max(worst, std::fabs((above - loss()) / (2 * step) - d[i]));
            z[i] = kept;
        }
        CHECK(worst < 1e-9);
        CHECK(d[4] == 0);
    }
}

TEMPLATE_TEST_CASE("logits_divergence: impossible entries", "", (std::pair<float, native>), (std::pair<float, scalar>),
                   (std::pair<double, native>)) {
    using T = typename TestType::first_type;
    using Arch = typename TestType::second_type;
    const std::size_t V = 20;
    std::vector<T> z(2 * V, 0), w(2 * V, 0), d(2 * V, 5);
    for (std::size_t v = 0; v < 2 * V; ++v) z[v] = T(v % 7), w[v] = T(v % 5);
    const auto b = test::aligned(1, 2);
    const auto none = static_cast<T>(-inf);
    const auto run = [&](divergence kind, double beta = 0.25) {
        return rlhf::logits_divergence<Arch>(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                             test::logits_of(d, 1, 2, V),
                                             {.divergence = kind, .beta = beta_of(kind, beta)});
    };
    const auto first = [&](auto&& holds) { return std::all_of(d.begin(), d.begin() + V, holds); };
    const auto second = [&](auto&& holds) { return std::all_of(d.begin() + V, d.end(), holds); };
    const auto finite = [](T x) { return std::isfinite(x); };
    const auto zero = [](T x) { return x == 0; };
    const auto matches_finite = [&](divergence kind) {
        const rlhf::logits_divergence_options o{.divergence = kind, .beta = beta_of(kind, 0.25)};
        const auto want =
            reference::logits_divergence(reference::padded(1, 2), test::widened(z), test::widened(w), V, wanted(o));
        const auto r = run(kind);
        const double small = std::same_as<T, double> ? 1e-14 : 3e-7;
        CHECK(r.loss() == Approx(static_cast<double>(want.loss)).epsilon(small));
        CHECK(r.nonfinite() == 0);
        double worst = 0;
        for (std::size_t i = 0; i < d.size(); ++i)
            worst = std::max(worst, std::fabs(double(d[i]) - static_cast<double>(want.d_logits[i])));
        CHECK(worst <= small);
    };

    // neither knows it
    z[3] = w[3] = none;
    for (const auto kind : kinds) {
        matches_finite(kind);
        CHECK(d[3] == 0);
    }
    // only the reference does
    w[3] = 2;
    matches_finite(divergence::reverse_kl), matches_finite(divergence::jsd);
    CHECK((run(divergence::forward_kl).loss() == inf && run(divergence::forward_kl).nonfinite() == 1));
    CHECK((first(finite) && d[3] < 0 && !second(zero)));
    // only the policy does
    z[3] = 2, w[3] = none;
    matches_finite(divergence::forward_kl), matches_finite(divergence::jsd);
    CHECK((run(divergence::reverse_kl).loss() == inf && run(divergence::reverse_kl).nonfinite() == 1));
    CHECK((first(zero) && second(finite) && !second(zero)));
    // nothing in common
    for (std::size_t v = 0; v < V; ++v) (v < 9 ? z[v] : w[v]) = none;
    CHECK(run(divergence::jsd).loss() < inf);
    const double mixed = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75)); // nothing shared: the entropy of β
    std::copy_n(z.begin(), V, z.begin() + V), std::copy_n(w.begin(), V, w.begin() + V);
    CHECK(run(divergence::jsd).loss() == Approx(mixed).epsilon(1e-6));
    // a probability far below the smallest number is none, but its logit counts where the other's is large
    z.assign(2 * V, 0), w = z, w[3] = -500;
    matches_finite(divergence::reverse_kl), matches_finite(divergence::jsd), matches_finite(divergence::forward_kl);
}

TEST_CASE("logits_divergence: rows without a distribution") {
    const std::size_t V = 150;
    const auto b = test::aligned(1, 2);
    for (const auto kind : kinds)
        for (const bool of_policy : {true, false})
            for (const float bad : {-float(inf), float(inf), std::numeric_limits<float>::quiet_NaN()}) {
                CAPTURE(static_cast<int>(kind), of_policy, bad);
                std::vector<float> z(2 * V, 1), w(2 * V, 0), d(2 * V, 5);
                for (std::size_t v = 0; v < V; ++v) w[V + v] = float(v % 2);
                auto& x = of_policy ? z : w;
                if (bad < 0)
                    std::fill_n(x.begin(), V, bad);
                else
                    x[140] = bad;
                const auto r = rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                                       test::logits_of(d, 1, 2, V), {.divergence = kind});
                CHECK(r.nonfinite() == 1);
                CHECK((bad < 0 ? r.loss() == inf : std::isnan(r.loss())));
                CHECK(std::all_of(d.begin(), d.begin() + V, [&](float y) { return bad < 0 ? y == 0 : std::isnan(y); }));
                CHECK(std::all_of(d.begin() + V, d.end(), [](float y) { return std::isfinite(y) && y != 0; }));
                // NaN in the other one as well
                (of_policy ? w : z)[5] = std::numeric_limits<float>::quiet_NaN();
                CHECK(std::isnan(rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                                         {.divergence = kind})
                                     .loss()));
            }

    std::vector<float> z(2 * V, 1), w(2 * V, 0), d(2 * V, 5);
    const std::vector<std::uint8_t> nothing(2, 0);
    auto empty = b;
    empty.mask = nothing;
    const auto r = rlhf::logits_divergence(empty, test::logits_of(z, 1, 2, V), test::logits_of(w, 1, 2, V),
                                           test::logits_of(d, 1, 2, V));
    CHECK((r.loss() == 0 && r.divergence() == 0 && r.own.tokens == 0));
    CHECK(test::same_bits(d, std::vector<float>(2 * V, 0)));
}

TEST_CASE("logits_divergence: padding of the vocabulary") {
    test::random r(12);
    const std::size_t V = 130, padded = 144;
    auto z = test::random_logits<float>(r, 2 * padded), d = std::vector<float>(2 * padded, 5);
    auto w = test::random_logits<float>(r, 2 * V);
    for (std::size_t v = V; v < padded; ++v) z[v] = z[padded + v] = 1e30F;
    const auto b = test::aligned(1, 2);
    const auto D = rlhf::logits_divergence(b, test::logits_of(z, 1, 2, V, padded), test::logits_of(w, 1, 2, V),
                                           test::logits_of(d, 1, 2, V, padded));
    CHECK(D.loss() < 20);
    CHECK((d[V] == 0 && d[padded - 1] == 0 && d[padded + V] == 0 && d[padded] != 0 && d[padded + V - 1] != 0));
}

TEST_CASE("logits_divergence: sentences") {
    std::vector<float> z(12), w(15), d(12);
    auto b = test::aligned(1, 3);
    std::size_t V = 4;
    auto* into = &d;
    const auto refused = [&](const rlhf::logits_divergence_options& o = {}) {
        return test::refusal([&] {
            rlhf::logits_divergence(b, test::logits_of(z, 1, 3, 4), test::logits_of(w, 1, 3, V),
                                    test::logits_of(*into, 1, 3, 4), o);
        });
    };
    CHECK(refused().empty());
    CHECK(refused({.temperature = 0}) == "rlhf::logits_divergence: temperature is 0, expected [1e-06, 1e+06]");
    CHECK(refused({.beta = 0.1}) == "rlhf::logits_divergence: beta is 0.1, but only divergence::jsd has a beta");
    CHECK(refused({.divergence = divergence::forward_kl, .beta = 0.1}) ==
          "rlhf::logits_divergence: beta is 0.1, but only divergence::jsd has a beta");
    CHECK(refused({.divergence = divergence::jsd, .beta = 0.1}).empty());
    for (const double beta : {0.0, 1.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK(refused({.beta = beta}).find("rlhf::logits_divergence: beta is ") == 0);
    CHECK(refused({.beta = 1}) == "rlhf::logits_divergence: beta is 1, expected between 0 and 1: the ends are "
                                  "forward_kl and reverse_kl");
    V = 5;
    CHECK(refused() == "rlhf::logits_divergence: reference has a vocabulary of 5, expected 4");
    V = 4, into = &w;
    CHECK(refused() == "rlhf::logits_divergence: d_logits overlaps reference");
    into = &z;
    CHECK(refused().empty());
    b.denominator = rlhf::counts{.tokens = 2, .sequences = 1};
    CHECK(refused().find("the batch counts 3 tokens, more than its denominator 2") != std::string::npos);
    b.steps = 4;
    CHECK(refused() == "rlhf::logits_divergence: logits is [1, 3, 4], but the batch is [1, 4]");
    b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") != std::string::npos);
}

TEMPLATE_TEST_CASE("divergence formula: small arguments keep their digits", "", float, double) {
    using T = TestType;
    test::random r(2);
    const double eps = std::numeric_limits<T>::epsilon();
    double of_k3 = 0, of_log = 0, of_excess = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto u = static_cast<T>((r.below(2) == 0 ? 1 : -1) * std::exp(-r.uniform(0, 5)));
        const long double x = u, k3 = std::expm1(-x) + x; // with an error of 10⁻¹⁹ u beside u² / 2, u of at least 1/150
        of_k3 = std::max(of_k3, static_cast<double>(std::fabs(rlhf::formula::k3(u) / k3 - 1)) / eps);
        const long double log = std::log1p(x), excess = (1 + x) * log - x;
        const auto got = rlhf::formula::log_and_excess(T(1) + u, u);
        if (u == -1) continue;
        // far from 1 the digits of 1 + u are lost before, by as much as this
        const double lost = std::fabs(u) > T(0.3) ? static_cast<double>(1 / (1 + x)) : 0;
        of_log = std::max(of_log, static_cast<double>(std::fabs(got.log / log - 1)) / (1 + lost) / eps);
        of_excess = std::max(of_excess, static_cast<double>(std::fabs(got.excess / excess - 1)) / eps);
    }
    CHECK(of_k3 <= 4);
    CHECK(of_log <= 4);
    CHECK(of_excess <= 12);
    CHECK(rlhf::formula::k3(T(0)) == 0);
    CHECK(rlhf::formula::log_and_excess(T(0), T(-1)).excess == 1);
}
