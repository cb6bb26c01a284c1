// SPDX-License-Identifier: MIT

// How exact token_log_probs and its gradient are, on rows of all shapes and sizes, against 50 digits (rows up to 4097;
// long double from there on, in sums of sums: its own error is below 10⁻¹⁶).

#include "accuracy/exact_softmax.hpp"
#include "support/catch.hpp"
#include "support/logits.hpp"

#include <rlhf/logits/token_log_probs.hpp>

namespace {

using namespace accuracy;
using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;

constexpr double u = 0x1p-24; ///< a float's rounding, relative

/// Rows of every shape.
enum class kind { normal, wide, peaked, flat, almost_flat, huge, holed, descending, ascending, alone };
constexpr kind kinds[] = {kind::normal, kind::wide,  kind::peaked,     kind::flat,      kind::almost_flat,
                          kind::huge,   kind::holed, kind::descending, kind::ascending, kind::alone};

template <class E>
std::vector<E> row_of(kind shape, std::size_t V) {
    test::random r(V + 1000 * static_cast<std::size_t>(shape));
    const double none = -std::numeric_limits<double>::infinity();
    std::vector<E> z;
    for (std::size_t v = 0; v < V; ++v) {
        const double slope = 40 * static_cast<double>(v) / static_cast<double>(V);
        double x = r.normal();
        switch (shape) {
        case kind::normal:
            break;
        case kind::wide:
            x *= 5;
            break;
        case kind::peaked:
            x += v == V / 3 ? 30 : 0;
            break;
        case kind::flat:
            x = 1.3;
            break;
        case kind::almost_flat:
            x = 1.3 + 1e-6 * x;
            break;
        case kind::huge:
            x *= 1e4;
            break;
        case kind::holed:
            x = v != V / 2 && r.uniform() < 0.9 ? none : x;
            break;
        case kind::descending:
            x = -slope;
            break;
        case kind::ascending:
            x = slope - 7;
            break; // each segment has a new maximum
        case kind::alone:
            x = v == V / 2 ? x : none;
            break;
        }
        z.push_back(static_cast<E>(x));
    }
    return z;
}

/// The likeliest token, one of the least likely that are possible, one in between.
std::vector<std::size_t> targets_of(const truth& t) {
    std::size_t most = 0, least = 0;
    for (std::size_t v = 0; v < t.p.size(); ++v) {
        if (t.log_p[v] > t.log_p[most]) most = v;
        if (t.log_p[least] == -inf || (t.log_p[v] > -inf && t.log_p[v] < t.log_p[least])) least = v;
    }
    return {most, least, t.p.size() * 2 / 3};
}

/// The largest of errors, each in units of what is allowed; NaN stays.
struct worst {
    double units = 0;
    void note(double error) { units = error > units || std::isnan(error) ? error : units; }
};

/// log p has the relative accuracy of Σ eˣ without the largest, whatever it is; below the normal numbers there are
/// fewer digits.
double of_log_prob(float got, real want) {
    if (want == -inf) return got == -std::numeric_limits<float>::infinity() ? 0 : 1e9;
    return test::close(got, want, 0, std::numeric_limits<float>::min()) ? 0 : test::ulp_error(got, want) / 2;
}
/// 2 ULP or 10⁻⁷, whichever is more: log-sum-exp is a difference where the logits are below 0.
double of_log_sum_exp(float got, real want) {
    return std::min(test::ulp_error(got, want) / 2, static_cast<double>(std::fabs(real(got) - want) / 1e-7L));
}

/// What floats can do to a row and its gradient, by first order error analysis; u is a rounding, X = (max z − z) / τ:
///
///     eˣ           ε = 3 u               the exponential is within 1.5 ULP
///     Σ eˣ         E = Σ p (ε + 6 u)     without the largest, which are counted; three levels of pairs, and four of
///                                        these one after another
///     Σ p X = M    Σ p X (ε + E + 8 u)   X is rounded, with its product and additions
///
/// Each exponential may vanish below the smallest normal number as well.
struct row_errors {
    static constexpr double vanishing = std::numeric_limits<float>::min(), of_exp = 3 * u;
    std::vector<double> X;
    double E = 0, M = 0, of_M = 0, H;
    explicit row_errors(const truth& t) : X(t.p.size()), H(static_cast<double>(t.entropy)) {
        const real most = *std::max_element(t.log_p.begin(), t.log_p.end());
        const auto p = [&](std::size_t v) { return static_cast<double>(t.p[v]); };
        for (std::size_t v = 0; v < X.size(); ++v) {
            X[v] = p(v) > 0 ? static_cast<double>(most - t.log_p[v]) : 0;
            E += X[v] > 0 ? p(v) * (of_exp + 6 * u) + std::min(p(v), vanishing) : 0, M += p(v) * X[v];
        }
        for (std::size_t v = 0; v < X.size(); ++v)
            of_M += X[v] * (p(v) * (of_exp + E + 8 * u) + std::min(p(v), vanishing));
    }

    /// Of log p and log Σ, stored as floats.
    [[nodiscard]] double of_logarithm(real want) const {
        return E + vanishing + (u + 0x1p-51) * static_cast<double>(std::fabs(want));
    }
    /// Of p (g + h (log p + H)), which is eˣ (constant + linear · x); slope = |log p + H|.
    [[nodiscard]] double of_element(std::size_t v, double p, double g, double h, double slope) const {
        return p * (g + h * slope) * (of_exp + E + 2 * u) + p * h * (u * (3 * X[v] + 2 * M) + of_M);
    }
    /// At the target it is computed in double from log p.
    [[nodiscard]] double of_target(double p, double g, double h, double slope) const {
        return p * (g + h * (slope + 2)) * E + p * h * of_M;
    }
    /// Roundings of doubles, of log p + H among them.
    [[nodiscard]] double of_doubles(std::size_t v, double p, double g, double h) const {
        return 0x1p-51 * p * (g + h * (2 * H + X[v]));
    }
    /// Of the sum of the gradient. The errors of the exponentials are the same in eˣ and in Σ eˣ; what is left are
    /// roundings of the sums, of the two constants, and of each element.
    [[nodiscard]] double of_sum(double g, double h) const { return g * 6 * u + h * u * (7 + 13 * M); }
    [[nodiscard]] double rounding(std::size_t v, double p, double g, double h, double slope) const {
        return p * u * (2 * g + h * (2 * slope + 3 * X[v] + 2 * M));
    }
};

/// log p and log Σ are as exact as the floats of Σ eˣ allow.
template <class Arch, class E>
void values_are_exact(std::vector<E>& z, const truth& t, const row_errors& errors, double temperature) {
    worst derived, log_prob, log_sum_exp, entropy, collision;
    for (const std::size_t target : targets_of(t)) {
        const std::vector<std::int64_t> ids{static_cast<std::int64_t>(target)};
        std::vector<float> lp(1), H(1), lse(1), squares(1);
        rlhf::token_log_probs<float, Arch>(test::aligned(1, 1), test::logits_of(z, 1, 1, z.size()), ids,
                                           {lp, H, lse, squares}, {.temperature = temperature});
        for (const auto& [got, want] : {std::pair{lp[0], t.log_p[target]}, std::pair{lse[0], t.log_sum_exp}})
            if (want != -inf)
                derived.note(static_cast<double>(std::fabs(real(got) - want) / errors.of_logarithm(want)));
        log_prob.note(of_log_prob(lp[0], t.log_p[target]));
        log_sum_exp.note(of_log_sum_exp(lse[0], t.log_sum_exp));
        entropy.note(static_cast<double>(std::fabs(H[0] - t.entropy) / (1e-6L * (1 + t.entropy))));
        collision.note(static_cast<double>(std::fabs(squares[0] - t.collision) / (1e-6L * t.collision)));
        if (z.size() > 4097) break;
    }
    CHECK(derived.units <= 1);
    CHECK(log_prob.units <= 1);
    CHECK(log_sum_exp.units <= 1);
    CHECK(entropy.units <= 1);
    CHECK(collision.units <= 1);
}

/// sharp: each element is within 3 ULP; 2.3 were seen. By the analysis above it could be more, had all roundings of a
/// sum the same sign.
template <class Arch, class E>
void gradient_is_exact(std::vector<E>& z, const truth& t, const row_errors& errors, double temperature,
                       std::size_t target, float g, float h, bool sharp) {
    const std::size_t V = z.size();
    const std::vector<std::int64_t> ids{static_cast<std::int64_t>(target)};
    const std::vector<float> of_log_prob{g}, of_entropy{h};
    std::vector<float> d(V, 7);
    rlhf::token_log_probs_backward<float, Arch>(test::aligned(1, 1), test::logits_of(z, 1, 1, V), ids,
                                                {.d_log_probs = of_log_prob, .d_entropy = of_entropy},
                                                test::logits_of(d, 1, 1, V), {.temperature = temperature});
    const double G = std::fabs(g) / temperature, H = std::fabs(h) / temperature;
    std::vector<double> want(V);
    worst derived, required;
    double sum = 0, sum_allowed = errors.of_sum(G, H);
    for (std::size_t v = 0; v < V; ++v) {
        const double p = static_cast<double>(t.p[v]);
        const real not_p = v == target ? t.not_p[v] : -t.p[v];
        const double slope = p > 0 ? static_cast<double>(t.log_p[v] + t.entropy) : 0;
        want[v] = (double(g) * static_cast<double>(not_p) - double(h) * p * slope) / temperature;
        const double allowed =
            v == target ? errors.of_target(p, G, H, std::fabs(slope)) : errors.of_element(v, p, G, H, std::fabs(slope));
        const double stored = u * std::fabs(want[v]), vanishing = errors.vanishing * (G + H * (errors.X[v] + errors.M));
        const double error = std::fabs(double(d[v]) - want[v]);
        derived.note(error == 0 ? 0 : error / (allowed + stored + vanishing + errors.of_doubles(v, p, G, H)));
        sum += double(d[v]);
        sum_allowed += vanishing + (v == target ? stored : errors.rounding(v, p, G, H, std::fabs(slope)));
    }
    CHECK(derived.units <= 1);
    CHECK(std::fabs(sum) <= sum_allowed);
    if (!sharp) return;
    for (std::size_t v = 0; v < V; ++v)
        if (!test::close(d[v], want[v], 0, 4 * errors.vanishing * G)) required.note(test::ulp_error(d[v], want[v]) / 3);
    CHECK(required.units <= 1);
}

template <class E, class Arch>
void row_is_exact(double temperature, std::vector<E>& z, const truth& t, const row_errors& errors) {
    values_are_exact<Arch>(z, t, errors, temperature);
    for (const std::size_t target : targets_of(t)) {
        gradient_is_exact<Arch>(z, t, errors, temperature, target, 0.7F, 0, true);
        if (z.size() > 4097 && target != targets_of(t)[0]) return;
        // Of the entropy: p (log p + H) is a difference, no element of which is exact to ULP.
        gradient_is_exact<Arch>(z, t, errors, temperature, target, 0, 0.3F, false);
        gradient_is_exact<Arch>(z, t, errors, temperature, target, -1.1F, 0.1F, false);
    }
}

template <class E>
void rows_are_exact(std::initializer_list<std::size_t> sizes, double temperature) {
    for (const std::size_t V : sizes)
        for (const kind shape : kinds) {
            CAPTURE(V, static_cast<int>(shape), temperature);
            auto z = row_of<E>(shape, V);
            std::vector<double> numbers;
            for (const E& e : z) numbers.push_back(static_cast<double>(e));
            const truth t = V > 4097 ? truth_of<real>(numbers, temperature) : truth_of<exact>(numbers, temperature);
            const row_errors errors(t);
            row_is_exact<E, native>(temperature, z, t, errors);
            row_is_exact<E, scalar>(temperature, z, t, errors);
        }
}

} // namespace

TEST_CASE("logits accuracy: rows of up to 4097") {
    rows_are_exact<float>({1, 2, 3, 15, 16, 17, 127, 128, 129, 511, 512, 513, 1000, 4097}, 1);
}

TEST_CASE("logits accuracy: whole vocabularies") { rows_are_exact<float>({32000, 128256, 262144}, 1); }

TEST_CASE("logits accuracy: temperatures") {
    for (const double temperature : {0.7, 3.0, 1e-3, 1e3}) rows_are_exact<float>({2, 17, 513, 1000}, temperature);
}

TEST_CASE("logits accuracy: 16-bit logits") {
    rows_are_exact<bfloat16>({1, 17, 513, 4097, 32000}, 1);
    rows_are_exact<float16>({1, 17, 513, 4097, 32000}, 0.7);
}

TEMPLATE_TEST_CASE("logits accuracy: a token that is nearly certain", "", native, scalar) {
    const std::size_t V = 1000, target = 700;
    for (const double others : {-3.0, -8.0, -15.0, -25.0, -40.0}) { // below the target's logit
        std::vector<float> z(V, static_cast<float>(others)), d(V), log_prob(1), entropy(1);
        z[target] = 0;
        const std::vector<std::int64_t> ids{target};
        const std::vector<float> one{1};
        rlhf::token_log_probs<float, TestType>(test::aligned(1, 1), test::logits_of(z, 1, 1, V), ids,
                                               {.log_probs = log_prob, .entropy = entropy});
        rlhf::token_log_probs_backward<float, TestType>(test::aligned(1, 1), test::logits_of(z, 1, 1, V), ids,
                                                        {.d_log_probs = one}, test::logits_of(d, 1, 1, V));
        const real rest = real(V - 1) * std::exp(real(others));
        CAPTURE(others);
        CHECK(test::close(log_prob[0], -std::log1p(rest), 2));
        CHECK(test::close(d[target], rest / (1 + rest), 2));
        CHECK(test::close(entropy[0], std::log1p(rest) - rest / (1 + rest) * real(others), 2));
    }
}
