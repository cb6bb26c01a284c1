// SPDX-License-Identifier: MIT
#include "support/vocab_shards.hpp"

namespace {

using namespace test::shards;
using rlhf::bfloat16, rlhf::float16;
using test::number, test::small;

static_assert(sizeof(vocab_shard) == 48 && std::is_trivially_copyable_v<vocab_shard>);

/// Unit of the last place of what is stored, at x.
template <class E>
double unit(double x) {
    constexpr double epsilon = std::is_same_v<E, bfloat16>  ? 0x1p-7
                               : std::is_same_v<E, float16> ? 0x1p-10
                               : std::is_same_v<E, float>   ? 0x1p-23
                                                            : 0x1p-52;
    constexpr double smallest = std::is_same_v<E, float16> ? 0x1p-24 : 0;
    return x == 0 ? smallest : std::max(smallest, epsilon * std::exp2(std::floor(std::log2(std::fabs(x)))));
}

/// How many of the shards' numbers are not the whole vocabulary's to 2 ULP. Floats below the normal ones have fewer
/// digits. Through the entropy a gradient is a difference of numbers, and two roundings of 2 ULP of their size are
/// allowed: −h p (log p + H) from constants that are rounded, and an H from other roundings of z − largest. Doubles
/// lose digits of z − largest.
template <class E>
std::size_t differences(const problem<E>& p, const outputs<E>& got, const outputs<E>& want) {
    using T = number<E>;
    constexpr double vanishing = std::numeric_limits<float>::min(), sum = std::is_same_v<E, double> ? 2 * small<T> : 0;
    const double t = p.options.temperature;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < p.n; ++i) {
        const double H = want.entropy[i], g = std::fabs(p.d_log_probs[i]), h = std::fabs(p.d_entropy[i]);
        wrong += !test::close(got.log_probs[i], want.log_probs[i], 2, vanishing + sum);
        wrong += !test::close(got.log_sum_exp[i], want.log_sum_exp[i], 2, vanishing + sum);
        wrong += !test::close(got.entropy[i], want.entropy[i], 2, 100 * vanishing + 10 * sum * (1 + H));
        for (std::size_t v = 0; v < p.V; ++v) {
            const auto a = static_cast<double>(got.d[i * p.V + v]), b = static_cast<double>(want.d[i * p.V + v]);
            const double log_p = static_cast<double>(p.z[i * p.V + v]) / t - want.log_sum_exp[i], q = std::exp(log_p);
            const double terms = q == 0 ? 0 : q * (g + h * (1 + std::fabs(log_p) + H)) / t;
            const double allowed =
                2 * unit<E>(b) + (h != 0 ? 4 * unit<T>(terms) : 0) + 2 * sum * terms + 100 * vanishing * (g + h) / t;
            wrong += !(a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= allowed);
        }
    }
    return wrong;
}

} // namespace

TEMPLATE_TEST_CASE("vocab_shards: the results of the whole vocabulary", "", float, double, bfloat16, float16) {
    std::uint64_t seed = 0;
    for (const widths& w : cuts())
        for (const double temperature : {1.0, 0.7, 0.7, 1.0, 3.0}) {
            CAPTURE(w, temperature);
            const auto p = every_kind<TestType>(w, temperature, ++seed);
            const auto got = ranks<TestType>(p, w).run(), want = p.whole();
            CHECK(differences(p, got, want) == 0);
            CHECK((got.forward.tokens == want.forward.tokens && got.forward.nonfinite == want.forward.nonfinite));
            CHECK((got.backward.tokens == want.backward.tokens && got.backward.nonfinite == want.backward.nonfinite));
        }
    const widths wide{6283, 6283, 6283, 6283, 6283, 6283, 6283, 6276};
    const auto p = every_kind<TestType>(wide);
    CHECK(differences(p, ranks<TestType>(p, wide).run(), p.whole()) == 0);
}

TEST_CASE("vocab_shards: the numbers of the reference") {
    const auto check = []<class E>(const widths& w, double temperature, E) {
        using T = number<E>;
        CAPTURE(w, temperature);
        auto p = every_kind<E>(w, temperature, 2);
        p.n = 13; // those with numbers
        p.z.resize(p.n * p.V), p.targets.resize(p.n), p.d_log_probs.resize(p.n), p.d_entropy.resize(p.n);
        const auto got = ranks<E>(p, w).run();
        const auto geometry = reference::padded(1, p.n);
        const auto want = reference::token_log_probs(geometry, test::widened(p.z), p.V, p.targets, temperature);
        const auto d = reference::token_log_probs_backward(geometry, test::widened(p.z), p.V, p.targets,
                                                           reference::to_real(p.d_log_probs),
                                                           reference::to_real(p.d_entropy), temperature);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < p.n; ++i) {
            const double absolute = sizeof(T) == 8 ? small<T> : 1e-18; // the reference's own
            wrong += !test::close(got.log_probs[i], want.log_probs[i], 2, absolute);
            wrong += !test::close(got.log_sum_exp[i], want.log_sum_exp[i], 2, small<T>);
            wrong += std::fabs(got.entropy[i] - want.entropy[i]) > 10 * small<T> * (1 + want.entropy[i]);
            const double size = (std::fabs(double(p.d_log_probs[i])) + std::fabs(double(p.d_entropy[i]))) / temperature;
            for (std::size_t v = i * p.V; v < (i + 1) * p.V; ++v) {
                const auto of = static_cast<double>(d[v]);
                wrong +=
                    !(std::fabs(static_cast<double>(got.d[v]) - of) <= 40 * small<T> * (std::fabs(of) + 0.1 * size));
            }
        }
        CHECK(wrong == 0);
    };
    for (const widths& w : cuts())
        for (const double temperature : {1.0, 1.6}) check(w, temperature, float()), check(w, temperature, double());
}

TEMPLATE_TEST_CASE("vocab_shards: the same bits in every order of the ranks", "", float, double) {
    for (const widths& w : cuts()) {
        CAPTURE(w);
        const auto p = every_kind<TestType>(w, 0.9);
        const ranks<TestType> r(p, w);
        outputs<TestType> first(p.n, p.V), other = first;
        const auto combined = r.combine(r.gathered(), first);
        widths order(w.size());
        std::iota(order.begin(), order.end(), std::size_t(0));
        std::size_t wrong = 0;
        do {
            wrong += !test::same_bits(r.combine(r.gathered(order), other), combined);
            wrong += !test::same_bits(other.log_probs, first.log_probs);
            wrong += !test::same_bits(other.entropy, first.entropy);
            wrong += !test::same_bits(other.log_sum_exp, first.log_sum_exp);
        } while (std::next_permutation(order.begin(), order.end()));
        CHECK(wrong == 0);
    }
}

TEMPLATE_TEST_CASE("vocab_shards: one rank has the bits of token_log_probs", "", float, double, bfloat16) {
    for (const std::size_t V : widths{1, 16, 130, 1000}) {
        CAPTURE(V);
        const auto p = every_kind<TestType>({V}, 0.8);
        ranks<TestType> one(p, {V});
        const auto got = one.run(), want = p.whole();
        CHECK(test::worst_ulp_error(got.log_probs, want.log_probs) == 0);
        CHECK(test::worst_ulp_error(got.log_sum_exp, want.log_sum_exp) == 0);
    }
}

TEST_CASE("vocab_shards: every logit's exponential has the same digits in every shard") {
    test::random r(4);
    const std::size_t n = 100, V = 2; // one besides the largest: no float is added to another
    const problem<float> p{n,
                           V,
                           test::random_logits<float>(r, n * V, 9),
                           test::targets<std::int64_t>(r, n, V),
                           std::vector<float>(n),
                           std::vector<float>(n),
                           {.temperature = 0.9}};
    outputs<float> o(n, V);
    const ranks<float> one(p, {V}), many(p, {1, 1});
    const auto want = one.combine(one.gathered(), o), got = many.combine(many.gathered(), o);
    for (std::size_t i = 0; i < n; ++i) {
        CHECK((got[i].shift == want[i].shift && got[i].max_weight == want[i].max_weight));
        CHECK(std::fabs(got[i].other_weight - want[i].other_weight) <= 1e-13 * want[i].other_weight);
    }
}

TEMPLATE_TEST_CASE("vocab_shards: same bits however the batch is laid out", "", float, double, bfloat16) {
    using T = number<TestType>;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    const auto weight = [](test::random& r, std::size_t n) { return test::normals<T>(r, n); };
    const contract::problem<T> p{
        .inputs = {logit, logit, logit, logit, logit, weight, weight}, .outputs = 8, .time_major = false};
    contract::holds<T>(
        p,
        [](const contract::call<T>& c) {
            test::contract_logits<TestType> z(c);
            const auto whole = z.logits();
            const auto tokens = static_cast<std::size_t>(c.batch.tokens());
            const std::array<std::int64_t, 3> first{0, 3, 4}, vocab{3, 1, 1};
            const auto shard = [&](std::size_t k) { // the last one with the padding
                rlhf::logits_shape s = whole.shape();
                s.vocab = vocab[k], s.padded_vocab = k == 2 ? whole.width() - 4 : 0;
                return rlhf::logits_view<TestType>(whole.data() + first[k], s, whole.step_stride(),
                                                   whole.sequence_stride());
            };
            const std::size_t stride = tokens + 2; // from rank to rank
            std::vector<vocab_shard> all(3 * stride, vocab_shard{.other_weight = not_a_number}), combined(tokens);
            for (std::size_t k = 0; k < 3; ++k)
                rlhf::vocab_shard_sums(c.batch, shard(k), first[k], z.targets(),
                                       std::span(all).subspan(k * stride, tokens), {.temperature = 1.5}, c.run);
            const auto r =
                rlhf::vocab_shard_log_probs<T>(c.batch, z.targets(),
                                               {.shards = rlhf::view<const vocab_shard>(
                                                    all.data(), {.sequences = 3, .steps = tokens, .stride = stride}),
                                                .combined = combined,
                                                .log_probs = c.out[5],
                                                .entropy = c.out[6],
                                                .log_sum_exp = c.out[7]},
                                               {.temperature = 1.5}, c.run);
            double written = 0;
            for (std::size_t k = 0; k < 3; ++k)
                written +=
                    rlhf::vocab_shard_backward<T>(c.batch, shard(k), first[k], z.targets(),
                                                  {.combined = combined, .d_log_probs = c.in[5], .d_entropy = c.in[6]},
                                                  shard(k), {.temperature = 1.5}, c.run)
                        .tokens;
            for (std::size_t v = 0; v < 5; ++v) z.column(v, c.out[v]);
            return rlhf::token_log_probs_result{r.tokens, r.nonfinite + written};
        },
        [](const rlhf::token_log_probs_result& r) {
            return std::vector<double>{r.tokens, r.nonfinite};
        });
}

TEST_CASE("vocab_shard_backward: what is written where") {
    test::random r(5);
    const std::size_t V = 21, Vp = 24, n = 8;
    auto z = test::random_logits<float>(r, n * Vp);
    for (std::size_t i = 0; i < n; ++i)
        std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(i * Vp + V), Vp - V, static_cast<float>(not_a_number));
    const std::vector<std::int32_t> targets{101, 102, 103, 120, 105, 106, 107, 108}; // of ids 100 to 120
    const std::vector<std::uint8_t> mask{1, 1, 0, 1, 0, 1, 1, 1};                    // by token
    auto b = test::aligned(2, 4);
    b.predict_next = true, b.mask = mask;
    std::vector<vocab_shard> states(n), combined(n);
    const auto logits = test::logits_of(z, 2, 4, V, Vp);
    rlhf::vocab_shard_sums(b, logits, 100, targets, states);
    // Step t is about token t + 1: steps 0 and 2 of the first sequence count, 0, 1 and 2 of the second.
    const std::vector<bool> counts{true, false, true, false, true, true, true, false};
    for (std::size_t i = 0; i < n; ++i) CHECK((states[i].max_weight > 0) == counts[i]);
    CHECK(rlhf::vocab_shard_log_probs(b, targets, {.shards = states, .combined = combined}).tokens == 5);
    const auto g = test::normals<float>(r, n), h = test::normals<float>(r, n);
    const auto written = [&](std::int64_t first_id, const auto& target) {
        return rlhf::vocab_shard_backward(b, logits, first_id, targets,
                                          {.combined = combined, .d_log_probs = g, .d_entropy = h}, target);
    };
    std::vector<float> plain(n * Vp, 7), doubled = plain, added = plain, elsewhere = plain;
    std::vector<bfloat16> narrow(n * Vp, bfloat16(7.0F));
    CHECK(written(100, test::logits_of(plain, 2, 4, V, Vp)).tokens == 5);
    written(100, rlhf::write_to(test::logits_of(doubled, 2, 4, V, Vp), -2));
    written(100, rlhf::add_to(test::logits_of(added, 2, 4, V, Vp), 3));
    written(100, test::logits_of(narrow, 2, 4, V, Vp));
    written(500, test::logits_of(elsewhere, 2, 4, V, Vp)); // a rank that holds no target
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n * Vp; ++i) {
        const bool zero = !counts[i / Vp] || i % Vp >= V;
        const bool target = !zero && static_cast<std::int32_t>(i % Vp) + 100 == targets[i / Vp + 1];
        wrong += zero != (plain[i] == 0);
        wrong += !(std::fabs(doubled[i] + 2 * plain[i]) <= 1e-6F * std::fabs(plain[i]));
        wrong += zero ? !test::same_bits(added[i], 7.0F) : !(std::fabs(added[i] - (7 + 3 * plain[i])) < 2e-6F);
        wrong += !(std::fabs(static_cast<float>(narrow[i]) - plain[i]) <= 0x1p-8F * std::fabs(plain[i]));
        wrong += target ? !(std::fabs(plain[i] - elsewhere[i] - g[i / Vp]) < 1e-6F) : plain[i] != elsewhere[i];
    }
    CHECK(wrong == 0);

    // Rows without gradient are not read, nor are their states: NaN in them stays unseen.
    const std::vector<float> none(n, 0);
    std::vector<float> d(n * Vp, 7), kept = d;
    std::fill(z.begin(), z.end(), static_cast<float>(not_a_number));
    std::fill(combined.begin(), combined.end(), vocab_shard{.shift = not_a_number, .other_weight = not_a_number});
    const auto unmoved = [&](const auto& target) {
        return rlhf::vocab_shard_backward(b, logits, 100, targets, {.combined = combined, .d_log_probs = none}, target)
            .nonfinite;
    };
    CHECK((unmoved(test::logits_of(d, 2, 4, V, Vp)) == 0 &&
           unmoved(rlhf::add_to(test::logits_of(kept, 2, 4, V, Vp))) == 0));
    CHECK(test::same_bits(d, std::vector<float>(n * Vp, 0)));
    CHECK(test::same_bits(kept, std::vector<float>(n * Vp, 7)));
}
