// SPDX-License-Identifier: MIT
#include "golden/goldens.hpp"
#include "support/logits.hpp"

#include <rlhf/logits/token_log_probs.hpp>

#include <type_traits>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;
using per_token = std::vector<float>;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The per-token type of a test whose logits are E: that which holds what was computed.
template <class E>
using number = std::conditional_t<std::is_same_v<E, double>, double, float>;

/// Absolute and relative errors allowed: what is computed in float, and in double.
template <class T>
constexpr double small = sizeof(T) == 8 ? 1e-14 : 1e-7;

template <class T>
struct outputs {
    std::vector<T> log_probs, entropy, log_sum_exp, collision;
    explicit outputs(std::size_t n)
        : log_probs(n, T(-77)), entropy(log_probs), log_sum_exp(log_probs), collision(log_probs) {}
    [[nodiscard]] rlhf::token_log_probs_arrays<T> arrays() { return {log_probs, entropy, log_sum_exp, collision}; }
    bool operator==(const outputs&) const = default;
};

template <class E, class Arch>
void values_match(std::size_t V, double temperature, double deviation) {
    using T = number<E>;
    CAPTURE(V, temperature, deviation);
    test::random r(V);
    const std::size_t B = 2, S = V > 1000 ? 2 : 5, n = B * S;
    auto z = test::random_logits<E>(r, n * V, deviation);
    const auto targets = test::targets<std::int64_t>(r, n, V);
    const auto mask = test::flags(r, n, 0.8);
    auto b = test::aligned(B, S);
    b.mask = mask;
    outputs<T> got(n);
    const auto result = rlhf::token_log_probs<T, Arch>(b, test::logits_of(z, B, S, V), targets, got.arrays(),
                                                       {.temperature = temperature});
    const auto want =
        reference::token_log_probs(reference::padded(B, S, mask), test::widened(z), V, targets, temperature);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) {
        wrong += !test::close(got.log_probs[i], want.log_probs[i], 2, small<T>);
        wrong += !test::close(got.log_sum_exp[i], want.log_sum_exp[i], 2, small<T>);
        wrong += std::fabs(got.entropy[i] - want.entropy[i]) > 10 * small<T> * (1 + want.entropy[i]);
        wrong += std::fabs(got.collision[i] - want.sum_squares[i]) > 10 * small<T> * want.sum_squares[i];
    }
    CHECK(wrong == 0);
    CHECK(result.nonfinite == 0);
    CHECK(result.tokens == static_cast<double>(reference::count(reference::padded(B, S, mask)).tokens));
}

template <class E, class Arch, class D = E>
void gradients_match(std::size_t V, double temperature) {
    using T = number<E>;
    CAPTURE(V, temperature);
    test::random r(V);
    const std::size_t n = 6;
    auto z = test::random_logits<E>(r, n * V);
    const auto targets = test::targets(r, n, V);
    auto g = test::normals<T>(r, n), h = test::normals<T>(r, n);
    g[1] = 0, h[2] = 0, g[3] = h[3] = 0;
    std::vector<D> d(n * V, static_cast<D>(9));
    rlhf::token_log_probs_backward<T, Arch>(test::aligned(2, 3), test::logits_of(z, 2, 3, V), targets,
                                            {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 2, 3, V),
                                            {.temperature = temperature});
    const auto want = reference::token_log_probs_backward(reference::padded(2, 3), test::widened(z), V,
                                                          {targets.begin(), targets.end()}, reference::to_real(g),
                                                          reference::to_real(h), temperature);
    const double storage = std::is_same_v<D, bfloat16>  ? 0x1p-8
                           : std::is_same_v<D, float16> ? 0x1p-11
                           : sizeof(D) < sizeof(T)      ? 0x1p-24
                                                        : 0;
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const auto row = i / V;
        const double size = (std::fabs(double(g[row])) + std::fabs(double(h[row]))) / temperature;
        const double want_d = static_cast<double>(want[i]), p_scale = std::fabs(want_d) + 0.1 * size;
        const double allowed =
            40 * small<T> * p_scale + (storage + 1e-30) * std::fabs(want_d) + (storage > 0 ? 0x1p-24 : 0);
        worst = std::max(worst, std::fabs(static_cast<double>(d[i]) - want_d) / allowed);
    }
    CHECK(worst <= 1);
}

} // namespace

TEMPLATE_TEST_CASE("token_log_probs: the values of the reference", "", native, scalar) {
    for (const std::size_t V : {1, 2, 7, 16, 17, 511, 512, 513, 1000}) {
        values_match<float, TestType>(V, 1, 3);
        values_match<double, TestType>(V, 1, 3);
        values_match<float, TestType>(V, 0.7, 1);
        values_match<double, TestType>(V, 0.7, 1);
    }
    for (const std::size_t V : {7, 1000}) {
        values_match<bfloat16, TestType>(V, 1.3, 3);
        values_match<float16, TestType>(V, 1, 3);
        values_match<float, TestType>(V, 1, 100);
        values_match<float, TestType>(V, 1, 0.01);
    }
    for (const double temperature : {1.0, 0.7, 3.0}) values_match<float, TestType>(50257, temperature, 2);
    values_match<bfloat16, TestType>(50257, 1, 2);
}

TEMPLATE_TEST_CASE("token_log_probs_backward: the gradient of the reference", "", native, scalar) {
    for (const std::size_t V : {1, 2, 7, 16, 17, 512, 1000}) {
        gradients_match<float, TestType>(V, 1);
        gradients_match<double, TestType>(V, 0.7);
        gradients_match<bfloat16, TestType>(V, 1);
        gradients_match<float16, TestType>(V, 1);
        gradients_match<float, TestType, bfloat16>(V, 0.7);
        gradients_match<bfloat16, TestType, float>(V, 0.7);
    }
    gradients_match<double, TestType, float>(100, 1);
}

TEMPLATE_TEST_CASE("token_log_probs: rows that are hard to add up", "", native, scalar) {
    test::random r(31);
    const std::size_t V = 16385;
    per_token z(4 * V);
    for (std::size_t v = 0; v < V; ++v) {
        z[v] = v == 9000 ? 0 : static_cast<float>(r.uniform(-10.2, -9.2)); // half of p is far below the largest
        z[V + v] = static_cast<float>(v / 512 * 100);                      // every segment dwarfs the one before
        z[2 * V + v] = v < 600 ? -inf : static_cast<float>(r.normal(-1e30, 1));
        z[3 * V + v] = static_cast<float>(r.normal(-500, 2)); // whose exponentials are no floats
    }
    const std::vector<std::int32_t> targets{9000, V - 1, V - 1, V - 1};
    const double temperature = 1 / (1 + 0x1p-24); // whose reciprocal is as far from a float as can be
    outputs<float> got(4);
    rlhf::token_log_probs<float, TestType>(test::aligned(1, 4), test::logits_of(z, 1, 4, V), targets, got.arrays(),
                                           {.temperature = temperature});
    const auto want = reference::token_log_probs(reference::padded(1, 4), test::widened(z), V,
                                                 {targets.begin(), targets.end()}, temperature);
    for (std::size_t i = 0; i < 4; ++i) {
        CAPTURE(i, got.log_probs[i], want.log_probs[i]);
        CHECK(test::close(got.log_probs[i], want.log_probs[i], 2, 1e-7));
        CHECK(test::close(got.log_sum_exp[i], want.log_sum_exp[i], 2, 1e-7));
        CHECK(std::fabs(got.entropy[i] - want.entropy[i]) <= 1e-6 * (1 + want.entropy[i]));
        CHECK(std::fabs(got.collision[i] - want.sum_squares[i]) <= 1e-6 * want.sum_squares[i]);
    }
}

TEST_CASE("token_log_probs: what torch computed") {
    const auto cases = test::read_goldens("torch.txt");
    const auto& g = cases.at("softmax");
    auto z = g["logits"], d = z;
    const auto targets = g.integers("targets");
    const rlhf::token_log_probs_options o{.temperature = g.number("temperature")};
    outputs<double> got(4);
    rlhf::token_log_probs(test::aligned(1, 4), test::logits_of(z, 1, 4, 6), targets, got.arrays(), o);
    CHECK(test::worst_ulp_error(got.log_probs, g["log_probs"], 1e-14) <= 4);
    CHECK(test::worst_ulp_error(got.entropy, g["entropy"], 1e-14) <= 4);
    CHECK(test::worst_ulp_error(got.log_sum_exp, g["log_sum_exp"], 1e-14) <= 4);
    CHECK(test::worst_ulp_error(got.collision, g["sum_squares"], 1e-14) <= 4);
    rlhf::token_log_probs_backward<double>(test::aligned(1, 4), test::logits_of(z, 1, 4, 6), targets,
                                           {.d_log_probs = g["d_log_probs"], .d_entropy = g["d_entropy"]},
                                           test::logits_of(d, 1, 4, 6), o);
    CHECK(test::worst_ulp_error(d, g["d_logits"], 1e-15) <= 8);

    const auto& impossible = cases.at("softmax_impossible_tokens");
    auto y = impossible["logits"];
    outputs<double> some(3);
    const auto ids = impossible.integers("targets");
    rlhf::token_log_probs(test::aligned(1, 3), test::logits_of(y, 1, 3, 5), ids, some.arrays());
    CHECK(test::worst_ulp_error(some.log_probs, impossible["log_probs"], 1e-14) <= 4);
    CHECK(test::worst_ulp_error(some.entropy, impossible["entropy"], 1e-14) <= 4);
    rlhf::token_log_probs_backward<double>(test::aligned(1, 3), test::logits_of(y, 1, 3, 5), ids,
                                           {.d_log_probs = impossible["d_log_probs"]}, test::logits_of(y, 1, 3, 5));
    CHECK(test::worst_ulp_error(y, impossible["d_logits"], 1e-15) <= 8);
}

TEST_CASE("token_log_probs_backward: central differences of the forward pass") {
    test::random r(3);
    const std::size_t n = 6, V = 19;
    auto z = test::random_logits<double>(r, n * V, 2), d = z;
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<double>(r, n), h = test::normals<double>(r, n);
    const rlhf::token_log_probs_options o{.temperature = 0.8};
    const auto b = test::aligned(2, 3);
    rlhf::token_log_probs_backward<double>(b, test::logits_of(z, 2, 3, V), targets, {.d_log_probs = g, .d_entropy = h},
                                           test::logits_of(d, 2, 3, V), o);
    const auto loss = [&] {
        std::vector<double> lp(n), H(n);
        rlhf::token_log_probs<double>(b, test::logits_of(z, 2, 3, V), targets, {.log_probs = lp, .entropy = H}, o);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += g[i] * lp[i] + h[i] * H[i];
        return sum;
    };
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const double kept = z[i], step = 1e-5;
        z[i] = kept + step;
        const double above = loss();
        z[i] = kept - step;
        const double below = loss();
        z[i] = kept;
        worst = std::max(worst, std::fabs((above - below) / (2 * step) - d[i]));
    }
    CHECK(worst < 1e-9);
}

TEMPLATE_TEST_CASE("token_log_probs: logits that are not finite", "", native, scalar) {
    const std::size_t V = 40, n = 6;
    per_token z(n * V, 0.5F);
    const auto row = [&](std::size_t i) { return z.begin() + static_cast<std::ptrdiff_t>(i * V); };
    std::fill_n(row(0), V - 1, -inf);                        // one token is sure
    std::fill_n(row(1), V, -inf);                            // none is possible
    row(2)[33] = not_a_number;                               //
    row(3)[7] = inf;                                         //
    std::fill_n(row(4), V, -inf), row(4)[20] = not_a_number; //
    row(5)[2] = -inf;                                        // and is the target
    const std::vector<std::int32_t> targets{V - 1, 3, 0, 0, 0, 2};
    const auto b = test::aligned(1, n);
    outputs<float> got(n);
    const auto result = rlhf::token_log_probs<float, TestType>(b, test::logits_of(z, 1, n, V), targets, got.arrays());
    CHECK(result.nonfinite == 5);
    CHECK((got.log_probs[0] == 0 && got.entropy[0] == 0 && got.log_sum_exp[0] == 0.5F && got.collision[0] == 1));
    CHECK((got.log_probs[1] == -inf && got.entropy[1] == 0 && got.log_sum_exp[1] == -inf && got.collision[1] == 0));
    for (const std::size_t i : {2, 3, 4})
        CHECK((std::isnan(got.log_probs[i]) && std::isnan(got.entropy[i]) && std::isnan(got.log_sum_exp[i]) &&
               std::isnan(got.collision[i])));
    CHECK(got.log_probs[5] == -inf);
    CHECK(test::close(got.entropy[5], std::log(39.0L), 2));

    const per_token g(n, 1), h(n, 0.5F);
    const auto backward = [&](const per_token& of_entropy, const per_token* given) {
        per_token d(n * V, 7);
        rlhf::token_log_probs_backward_arrays<float> a{.d_log_probs = g, .d_entropy = of_entropy};
        if (given != nullptr) a.log_sum_exp = *given;
        CHECK(rlhf::token_log_probs_backward<float, TestType>(b, test::logits_of(z, 1, n, V), targets, a,
                                                              test::logits_of(d, 1, n, V))
                  .nonfinite == 3);
        return d;
    };
    const per_token none(n, 0);
    for (const auto& d : {backward(h, nullptr), backward(none, nullptr), backward(none, &got.log_sum_exp)}) {
        for (std::size_t v = 0; v < V; ++v) CHECK((d[v] == 0 && d[V + v] == 0));
        for (std::size_t v = 2 * V; v < 5 * V; ++v) CHECK(std::isnan(d[v]));
        CHECK(d[5 * V + 2] == 1);
        CHECK(d[5 * V + 3] < 0);
    }
}

TEMPLATE_TEST_CASE("token_log_probs: a row's bits are its own", "", float, double, bfloat16, float16) {
    using E = TestType;
    using T = number<E>;
    for (const std::size_t V : {1, 7, 16, 17, 530, 1024, 1500}) {
        CAPTURE(V);
        test::random r(V);
        const std::size_t n = 12;
        auto z = test::random_logits<E>(r, n * V);
        const auto targets = test::targets(r, n, V);
        const auto g = test::normals<T>(r, n), h = test::normals<T>(r, n);
        outputs<T> whole(n);
        std::vector<E> d(n * V);
        const auto b = test::aligned(3, 4);
        rlhf::token_log_probs(b, test::logits_of(z, 3, 4, V), targets, whole.arrays());
        rlhf::token_log_probs_backward<T>(b, test::logits_of(z, 3, 4, V), targets, {.d_log_probs = g, .d_entropy = h},
                                          test::logits_of(d, 3, 4, V));

        // Elsewhere: one element further, rows apart in two directions, garbage behind the vocabulary, on threads.
        const std::size_t padded = V + 3, step = padded + 2, sequence = 5 * step + 1;
        std::vector<E> spread(3 * sequence + 1, static_cast<E>(not_a_number)),
            d_spread(3 * sequence + 1, static_cast<E>(7));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t v = 0; v < V; ++v) spread[1 + i / 4 * sequence + i % 4 * step + v] = z[i * V + v];
        const rlhf::logits_shape shape{.sequences = 3, .steps = 4, .vocab = V, .padded_vocab = padded};
        const auto pool = contract::threads(3);
        const std::vector<std::int64_t> wide(targets.begin(), targets.end());
        outputs<T> other(n);
        const rlhf::logits_view<const E> from(spread.data() + 1, shape, step, sequence);
        const rlhf::logits_view<E> to(d_spread.data() + 1, shape, step, sequence);
        rlhf::token_log_probs(b, from, wide, other.arrays(), {}, pool);
        rlhf::token_log_probs_backward<T>(b, from, wide, {.d_log_probs = g, .d_entropy = h}, to, {}, pool);
        CHECK(whole == other);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const E* row = to.at(static_cast<std::int64_t>(i / 4), static_cast<std::int64_t>(i % 4));
            for (std::size_t v = 0; v < V; ++v) wrong += !test::same_bits(row[v], d[i * V + v]);
            for (std::size_t v = V; v < padded; ++v) wrong += !test::same_bits(row[v], static_cast<E>(0.0));
            for (std::size_t v = padded; v < step; ++v) wrong += !test::same_bits(row[v], static_cast<E>(7));
        }
        CHECK(wrong == 0);

        // In place: the same gradient.
        rlhf::token_log_probs_backward<T>(b, test::logits_of(z, 3, 4, V), targets, {.d_log_probs = g, .d_entropy = h},
                                          test::logits_of(z, 3, 4, V));
        CHECK(test::same_bits(z, d));
    }
}

TEMPLATE_TEST_CASE("token_log_probs: same bits however the batch is laid out", "", float, double, bfloat16) {
    using T = number<TestType>;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    const auto weight = [](test::random& r, std::size_t n) { return test::normals<T>(r, n); };
    const contract::problem<T> forward{
        .inputs = {logit, logit, logit, logit, logit}, .outputs = 4, .time_major = false};
    contract::holds<T>(
        forward,
        [](const contract::call<T>& c) {
            test::contract_logits<TestType> z(c);
            return rlhf::token_log_probs<T>(
                c.batch, z.logits(), z.targets(),
                {.log_probs = c.out[0], .entropy = c.out[1], .log_sum_exp = c.out[2], .collision = c.out[3]},
                {.temperature = 1.5}, c.run);
        },
        [](const rlhf::token_log_probs_result& r) {
            return std::vector<double>{r.tokens, r.nonfinite};
        });
    const contract::problem<T> backward{
        .inputs = {logit, logit, logit, logit, logit, weight, weight}, .outputs = 5, .time_major = false};
    contract::holds<T>(
        backward,
        [](const contract::call<T>& c) {
            test::contract_logits<TestType> z(c);
            const auto r = rlhf::token_log_probs_backward<T>(c.batch, z.logits(), z.targets(),
                                                             {.d_log_probs = c.in[5], .d_entropy = c.in[6]}, z.logits(),
                                                             {}, c.run);
            for (std::size_t v = 0; v < c.out.size(); ++v) z.column(v, c.out[v]);
            return r;
        },
        [](const rlhf::token_log_probs_result& r) {
            return std::vector<double>{r.tokens, r.nonfinite};
        });
}

TEST_CASE("token_log_probs_backward: what is written where") {
    test::random r(5);
    const std::size_t V = 21, Vp = 24, n = 8;
    auto z = test::random_logits<float>(r, n * Vp);
    for (std::size_t i = 0; i < n; ++i)
        std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(i * Vp + V), Vp - V, not_a_number);
    const std::vector<std::int32_t> targets{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<std::uint8_t> mask{1, 1, 0, 1, 0, 1, 1, 1}; // by token
    auto b = test::aligned(2, 4);
    b.predict_next = true, b.mask = mask;
    const auto g = test::normals<float>(r, n);
    const auto written = [&](auto&& target) {
        rlhf::token_log_probs_backward(b, test::logits_of(z, 2, 4, V, Vp), targets, {.d_log_probs = g}, target);
    };
    per_token plain(n * Vp, 7), doubled(n * Vp, 7), added(n * Vp, 7);
    written(test::logits_of(plain, 2, 4, V, Vp));
    written(rlhf::write_to(test::logits_of(doubled, 2, 4, V, Vp), -2));
    written(rlhf::add_to(test::logits_of(added, 2, 4, V, Vp), 3));
    // Step t is about token t + 1: steps 0 and 2 of the first sequence count, 0, 1 and 2 of the second.
    const std::vector<bool> counts{true, false, true, false, true, true, true, false};
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n * Vp; ++i) {
        const bool zero = !counts[i / Vp] || i % Vp >= V;
        wrong += zero != (plain[i] == 0);
        wrong += !(std::fabs(doubled[i] + 2 * plain[i]) <= 1e-6F * std::fabs(plain[i]));
        wrong += zero ? !test::same_bits(added[i], 7.0F) : !(std::fabs(added[i] - (7 + 3 * plain[i])) < 2e-6F);
    }
    CHECK(wrong == 0);
    for (std::size_t i = 0; i < n; ++i)
        if (counts[i]) CHECK(plain[i * Vp + static_cast<std::size_t>(targets[i + 1])] * g[i] > 0);

    // Rows without gradient are not read: NaN in them stays unseen.
    per_token none(n, 0), d(n * Vp, 7);
    std::fill(z.begin(), z.end(), not_a_number);
    CHECK(rlhf::token_log_probs_backward(b, test::logits_of(z, 2, 4, V, Vp), targets, {.d_log_probs = none},
                                         test::logits_of(d, 2, 4, V, Vp))
              .nonfinite == 0);
    CHECK(test::same_bits(d, per_token(n * Vp, 0)));
}

TEST_CASE("token_log_probs_backward: log_sum_exp is not enough for the entropy's gradient") {
    test::random r(10);
    const std::size_t V = 300, n = 4;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<float>(r, n), h = test::normals<float>(r, n);
    std::vector<float> lse(n), with(n * V), without(n * V);
    const auto b = test::aligned(1, n);
    rlhf::token_log_probs(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse});
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets,
                                   {.log_sum_exp = lse, .d_log_probs = g, .d_entropy = h},
                                   test::logits_of(with, 1, n, V));
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g, .d_entropy = h},
                                   test::logits_of(without, 1, n, V));
    CHECK(test::same_bits(with, without));
}

TEST_CASE("token_log_probs_backward: with log_sum_exp of the forward pass") {
    test::random r(6);
    const std::size_t V = 1000, n = 4;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<float>(r, n);
    per_token lse(n), again(n * V), saved(n * V);
    const auto b = test::aligned(1, n);
    const rlhf::token_log_probs_options o{.temperature = 0.7};
    rlhf::token_log_probs(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse}, o);
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g},
                                   test::logits_of(again, 1, n, V), o);
    rlhf::token_log_probs_backward(b, test::logits_of(z, 1, n, V), targets, {.log_sum_exp = lse, .d_log_probs = g},
                                   test::logits_of(saved, 1, n, V), o);
    double worst = 0; // of the rounding of x = log p and of log_sum_exp, which are relative errors of eˣ
    for (std::size_t i = 0; i < n * V; ++i) {
        const double d = again[i], log_p = std::log(std::fabs(d) * o.temperature / std::fabs(double(g[i / V])));
        const double rounding = 0x1p-23 * (4 + std::fabs(log_p) + std::fabs(double(lse[i / V])));
        worst = std::max(worst, std::fabs(d - double(saved[i])) / (std::fabs(d) * rounding));
    }
    CHECK(worst < 1);
}

TEST_CASE("token_log_probs: scalar and batches agree") {
    test::random r(8);
    const std::size_t V = 777, n = 16;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const auto g = test::normals<float>(r, n);
    outputs<float> batches(n), one(n);
    per_token d_batches(n * V), d_one(n * V);
    const auto b = test::aligned(1, n);
    rlhf::token_log_probs<float, native>(b, test::logits_of(z, 1, n, V), targets, batches.arrays());
    rlhf::token_log_probs<float, scalar>(b, test::logits_of(z, 1, n, V), targets, one.arrays());
    rlhf::token_log_probs_backward<float, native>(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g},
                                                  test::logits_of(d_batches, 1, n, V));
    rlhf::token_log_probs_backward<float, scalar>(b, test::logits_of(z, 1, n, V), targets, {.d_log_probs = g},
                                                  test::logits_of(d_one, 1, n, V));
    CHECK(test::worst_ulp_error(batches.log_probs, one.log_probs) <= 2);
    CHECK(test::worst_ulp_error(batches.entropy, one.entropy) <= 4);
    CHECK(test::worst_ulp_error(batches.collision, one.collision) <= 8);
    CHECK(test::worst_ulp_error(d_batches, d_one, 1e-12) <= 8);
}

TEST_CASE("token_log_probs: nothing to do") {
    per_token z(1), lp(4, 7);
    const std::vector<int> targets(4, -9);
    for (const auto& [B, S] : {std::pair{0, 3}, std::pair{3, 0}}) {
        const auto b = test::aligned(static_cast<std::size_t>(B), static_cast<std::size_t>(S));
        const rlhf::logits_view v(z.data(), {.sequences = B, .steps = S, .vocab = 5});
        CHECK(rlhf::token_log_probs(b, v, std::vector<int>(), {}).tokens == 0);
        CHECK(rlhf::token_log_probs_backward(b, v, std::vector<int>(), {}, v).tokens == 0);
    }
    per_token poison(4 * 5, not_a_number);
    const std::vector<std::uint8_t> none(4, 0);
    auto b = test::aligned(2, 2);
    b.mask = none;
    const auto r = rlhf::token_log_probs(b, test::logits_of(poison, 2, 2, 5), targets, {.log_probs = lp});
    CHECK((r.tokens == 0 && r.nonfinite == 0));
    CHECK(test::same_bits(lp, per_token(4, 0)));
}

TEST_CASE("token_log_probs: sentences") {
    per_token z(24), lp(6), d(24);
    std::vector<std::int32_t> targets{0, 1, 2, 3, 0, 1};
    const rlhf::logits_view v(z.data(), {.sequences = 2, .steps = 3, .vocab = 4});
    auto b = test::aligned(2, 3);
    const auto refused = [&] {
        return test::refusal([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp}); });
    };
    CHECK(refused().empty());
    targets[4] = 4;
    CHECK(refused() == "rlhf::token_log_probs: target 4 of sequence 1, step 1 is outside the vocabulary of 4");
    targets[4] = -100;
    CHECK(refused() == "rlhf::token_log_probs: target -100 of sequence 1, step 1 is outside the vocabulary of 4");
    const std::vector<std::uint8_t> mask{1, 1, 1, 1, 0, 1};
    b.mask = mask;
    CHECK(refused().empty());
    b.predict_next = true;
    CHECK(refused().empty());
    targets[0] = 99; // the first token is nothing's target
    CHECK(refused().empty());
    b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") != std::string::npos);
    b.predict_next = true, b.layout = rlhf::layout::time_first;
    CHECK(refused().find("logits are [B, T, V], but the batch has layout::time_first") != std::string::npos);
    b = test::aligned(3, 2);
    CHECK(refused() == "rlhf::token_log_probs: logits is [2, 3, 4], but the batch is [3, 2]");
    b = test::aligned(2, 3), targets[0] = 0, targets[4] = 0;
    targets.push_back(0);
    CHECK(refused() == "rlhf::token_log_probs: targets has 7 elements, expected 6");
    targets.pop_back();
    const auto said = [&](auto&& f) { return test::refusal(f); };
    CHECK(said([&] { rlhf::token_log_probs(b, v, rlhf::index_view(), {.log_probs = lp}); }) ==
          "rlhf::token_log_probs: targets is missing");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp}, {.temperature = 0}); }) ==
          "rlhf::token_log_probs: temperature is 0, expected [1e-06, 1e+06]");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp, .entropy = lp}); }) ==
          "rlhf::token_log_probs: log_probs overlaps entropy");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = std::span(z).first(6)}); }) ==
          "rlhf::token_log_probs: log_probs overlaps logits");
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view<float>(nullptr, v.shape()), targets, {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits is a null pointer to 24 elements");
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 0}), targets,
                                    {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits has a vocabulary of 0, expected at least 1");
    CHECK(said([&] {
              rlhf::token_log_probs(
                  b, rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 4, .padded_vocab = 3}), targets,
                  {.log_probs = lp});
          }).find("padded_vocab 3, less than") != std::string::npos);
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view(z.data(), v.shape(), 4, 4), targets, {.log_probs = lp});
          }).find("its rows of 4 overlap") != std::string::npos);

    const auto backward = [&](const auto& into) {
        return said([&] { rlhf::token_log_probs_backward(b, v, targets, {.d_log_probs = lp}, into); });
    };
    CHECK(backward(v).empty());
    CHECK(backward(test::logits_of(d, 2, 3, 4)).empty());
    CHECK(backward(rlhf::write_to(v, not_a_number)) ==
          "rlhf::token_log_probs_backward: d_logits is nan, expected a finite number");
    CHECK(backward(rlhf::logits_view(d.data(), {.sequences = 2, .steps = 3, .vocab = 3})) ==
          "rlhf::token_log_probs_backward: d_logits has a vocabulary of 3, expected 4");
    CHECK(backward(rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 4}, 4, 13)) ==
          "rlhf::token_log_probs_backward: d_logits overlaps logits");
    CHECK(
        backward(rlhf::logits_view(reinterpret_cast<bfloat16*>(z.data()), {.sequences = 2, .steps = 3, .vocab = 4})) ==
        "rlhf::token_log_probs_backward: d_logits overlaps logits");

    std::vector<std::int32_t> offsets{0, 2, 6};
    const rlhf::batch packed{
        .offsets = offsets, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    CHECK(said([&] {
              rlhf::token_log_probs(packed, rlhf::logits_view(z.data(), {.steps = 6, .vocab = 4}),
                                    rlhf::view(targets.data(), {.sequences = 2, .steps = 3}), {.log_probs = lp});
          }) == "rlhf::token_log_probs: targets has rows, but the batch is packed: give [tokens]");
    CHECK(said([&] {
              rlhf::token_log_probs(packed, rlhf::logits_view(z.data(), {.steps = 5, .vocab = 4}), targets,
                                    {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits is [1, 5, 4], but the batch is [1, 6]");
}
