// SPDX-License-Identifier: MIT
#include "golden/goldens.hpp"
#include "support/log_probs.hpp"

namespace {

using rlhf::bfloat16, rlhf::float16;
using test::number, test::small;
using per_token = std::vector<float>;
template <class T>
using outputs = test::token_outputs<T>;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

template <class E>
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
    const auto result =
        rlhf::token_log_probs<T>(b, test::logits_of(z, B, S, V), targets, got.arrays(), {.temperature = temperature});
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

} // namespace

TEST_CASE("token_log_probs: the values of the reference") {
    for (const std::size_t V : {1, 2, 7, 16, 17, 511, 512, 513, 1000}) {
        values_match<float>(V, 1, 3);
        values_match<double>(V, 1, 3);
        values_match<float>(V, 0.7, 1);
        values_match<double>(V, 0.7, 1);
    }
    for (const std::size_t V : {7, 1000}) {
        values_match<bfloat16>(V, 1.3, 3);
        values_match<float16>(V, 1, 3);
        values_match<float>(V, 1, 100);
        values_match<float>(V, 1, 0.01);
    }
    for (const double temperature : {1.0, 0.7, 3.0}) values_match<float>(50257, temperature, 2);
    values_match<bfloat16>(50257, 1, 2);
}

TEST_CASE("token_log_probs: rows that are hard to add up") {
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
    rlhf::token_log_probs<float>(test::aligned(1, 4), test::logits_of(z, 1, 4, V), targets, got.arrays(),
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

TEST_CASE("token_log_probs: torch's numbers") {
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
