// SPDX-License-Identifier: MIT
#include "support/logits.hpp"

#include <rlhf/logits/vocab_shards.hpp>

#include <limits>
#include <numeric>
#include <type_traits>

namespace {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar, rlhf::vocab_shard;
using widths = std::vector<std::size_t>;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

static_assert(sizeof(vocab_shard) == 48 && std::is_trivially_copyable_v<vocab_shard>);

/// The per-token type of a test whose logits are E: that which holds what was computed.
template <class E>
using number = std::conditional_t<std::is_same_v<E, double>, double, float>;

/// What token_log_probs_test allows a sum to be off, relatively: computed in float, and in double.
template <class T>
constexpr double small = sizeof(T) == 8 ? 1e-14 : 1e-7;

template <class E>
struct outputs {
    using T = number<E>;
    std::vector<T> log_probs, entropy, log_sum_exp;
    std::vector<E> d; ///< [tokens, V]
    rlhf::token_log_probs_result forward, backward;
    explicit outputs(std::size_t n, std::size_t V)
        : log_probs(n, T(-77)), entropy(log_probs), log_sum_exp(log_probs), d(n * V, static_cast<E>(7)) {}
};

/// n tokens of a vocabulary of V, and the gradients of a loss.
template <class E>
struct problem {
    using T = number<E>;
    std::size_t n, V;
    std::vector<E> z;
    std::vector<std::int64_t> targets;
    std::vector<T> d_log_probs, d_entropy;
    rlhf::token_log_probs_options options;

    [[nodiscard]] rlhf::batch batch() const { return test::aligned(1, n); }

    template <class Arch = native>
    [[nodiscard]] outputs<E> whole() const {
        outputs<E> o(n, V);
        const rlhf::logits_view<const E> logits(z.data(), {.steps = n, .vocab = V});
        o.forward = rlhf::token_log_probs<T, Arch>(batch(), logits, targets,
                                                   rlhf::token_log_probs_arrays<T>{.log_probs = o.log_probs,
                                                                                   .entropy = o.entropy,
                                                                                   .log_sum_exp = o.log_sum_exp},
                                                   options);
        o.backward = rlhf::token_log_probs_backward<T, Arch>(batch(), logits, targets,
                                                             {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                             test::logits_of(o.d, 1, n, V), options);
        return o;
    }
};

/// A problem dealt to ranks, and what they exchange: every rank's states, [ranks, tokens].
template <class E, class Arch = native>
class ranks {
public:
    using T = number<E>;

    ranks(const problem<E>& p, const widths& w) : p_(p), widths_(w), gathered_(w.size() * p.n) {
        for (std::size_t k = 0, first = 0; k < w.size(); first += w[k++]) {
            first_.push_back(first);
            std::vector<E> z(p.n * w[k]);
            for (std::size_t i = 0; i < p.n; ++i) std::copy_n(p.z.data() + i * p.V + first, w[k], z.data() + i * w[k]);
            rlhf::vocab_shard_sums<Arch>(p.batch(), view(z, k), first, p.targets, of_rank(k), p.options);
            z_.push_back(std::move(z));
        }
    }

    /// Rank k's, or room for what has its place.
    [[nodiscard]] rlhf::view<vocab_shard> of_rank(std::size_t k) {
        return {gathered_.data() + k * p_.n, {.steps = p_.n}};
    }
    [[nodiscard]] const std::vector<vocab_shard>& gathered() const { return gathered_; }
    /// The states as they are gathered when the ranks are numbered otherwise.
    [[nodiscard]] std::vector<vocab_shard> gathered(const widths& order) const {
        std::vector<vocab_shard> all;
        for (const std::size_t k : order)
            all.insert(all.end(), gathered_.begin() + static_cast<std::ptrdiff_t>(k * p_.n),
                       gathered_.begin() + static_cast<std::ptrdiff_t>((k + 1) * p_.n));
        return all;
    }

    [[nodiscard]] std::vector<vocab_shard> combine(const std::vector<vocab_shard>& all, outputs<E>& o) const {
        std::vector<vocab_shard> combined(p_.n);
        o.forward = rlhf::vocab_shard_log_probs<T>(p_.batch(), p_.targets,
                                                   {.shards = all,
                                                    .combined = combined,
                                                    .log_probs = o.log_probs,
                                                    .entropy = o.entropy,
                                                    .log_sum_exp = o.log_sum_exp},
                                                   p_.options);
        return combined;
    }

    [[nodiscard]] outputs<E> run() {
        outputs<E> o(p_.n, p_.V);
        const auto combined = combine(gathered_, o);
        for (std::size_t k = 0; k < widths_.size(); ++k) {
            o.backward = rlhf::vocab_shard_backward<T, Arch>(
                p_.batch(), view(z_[k], k), first_[k], p_.targets,
                {.combined = combined, .d_log_probs = p_.d_log_probs, .d_entropy = p_.d_entropy}, view(z_[k], k),
                p_.options);
            for (std::size_t i = 0; i < p_.n; ++i)
                std::copy_n(z_[k].data() + i * widths_[k], widths_[k], o.d.data() + i * p_.V + first_[k]);
        }
        return o;
    }

private:
    [[nodiscard]] rlhf::logits_view<E> view(std::vector<E>& z, std::size_t k) const {
        return {z.data(), {.steps = p_.n, .vocab = widths_[k]}};
    }

    const problem<E>& p_;
    widths widths_, first_;
    std::vector<std::vector<E>> z_;
    std::vector<vocab_shard> gathered_;
};

/// A row of each kind: random, flat, peaked, of huge numbers, with holes, possible in one shard alone, in no shard, the
/// same everywhere, of zeros of both signs, wide, far from 0, nearly certain of a token; with NaN, with +∞.
template <class E>
problem<E> every_kind(const widths& w, double temperature = 1, std::uint64_t seed = 1) {
    using T = number<E>;
    const std::size_t V = std::accumulate(w.begin(), w.end(), std::size_t(0)), n = 15;
    test::random r(seed + V);
    problem<E> p{n,
                 V,
                 test::random_logits<E>(r, n * V),
                 test::targets<std::int64_t>(r, n, V),
                 test::normals<T>(r, n),
                 test::normals<T>(r, n),
                 {.temperature = temperature}};
    const auto set = [&](std::size_t row, auto&& f) {
        for (std::size_t v = 0; v < V; ++v) {
            E& z = p.z[row * V + v];
            z = static_cast<E>(f(static_cast<double>(z), v));
        }
    };
    const std::size_t alone = r.below(w.size()),
                      first = std::accumulate(w.begin(), w.begin() + static_cast<std::ptrdiff_t>(alone), 0U),
                      drawn = r.below(V);
    set(1, [](double z, std::size_t) { return z * 1e-3; });
    set(2, [&](double z, std::size_t v) { return v == drawn ? 30 : z; });
    set(3, [](double z, std::size_t) { return z * 3333; });
    set(4, [&](double z, std::size_t) { return r.below(3) == 0 ? -inf : z; });
    set(5, [&](double z, std::size_t v) { return v >= first && v < first + w[alone] ? z - 1000 : -inf; });
    set(6, [](double, std::size_t) { return -inf; });
    set(7, [](double, std::size_t) { return 2.5; });
    set(8, [](double, std::size_t v) { return v % 2 == 0 ? 0.0 : -0.0; });
    set(9, [](double z, std::size_t) { return z * 3; });
    set(10, [](double z, std::size_t) { return z - 70; });
    set(11, [&](double z, std::size_t v) { return v == drawn ? 14.3 : z / 3; });
    set(12, [&](double z, std::size_t v) { return v == drawn ? -40 : z - 62; });
    set(13, [&](double z, std::size_t v) { return v == drawn ? not_a_number : z; });
    set(14, [&](double z, std::size_t v) { return v == drawn ? inf : z; });
    p.targets[11] = p.targets[12] = static_cast<std::int64_t>(drawn);
    for (const std::size_t row : widths{0, 2, 3, 5, 10, 11}) p.d_entropy[row] = 0;
    p.d_log_probs[4] = 0, p.d_log_probs[7] = p.d_entropy[7] = 0;
    return p;
}

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
/// allowed: −h p (log p + H) from constants that are rounded, and an H from other roundings of z − largest. Doubles lose
/// digits of z − largest.
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

const std::vector<widths>& cuts() {
    static const std::vector<widths> all{{1},
                                         {40},
                                         {1, 1},
                                         {17, 23},
                                         {1, 300, 7},
                                         {1, 1, 1, 1},
                                         {5, 128, 16, 2},
                                         {3, 3, 3, 3, 1},
                                         {9, 1, 64, 200, 31, 2},
                                         {30, 1, 2, 3, 4, 5, 6},
                                         {1, 1, 1, 1, 1, 1, 1, 1},
                                         {16, 130, 1, 1, 700, 8, 33, 2}};
    return all;
}

} // namespace

TEMPLATE_TEST_CASE("vocab_shards: what the whole vocabulary gives", "", float, double, bfloat16, float16) {
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

TEST_CASE("vocab_shards: what the whole vocabulary gives, in plain C++") {
    for (const widths& w : cuts()) {
        CAPTURE(w);
        const auto p = every_kind<float>(w, 0.7, 3);
        CHECK(differences(p, ranks<float, scalar>(p, w).run(), p.whole<scalar>()) == 0);
    }
}

TEMPLATE_TEST_CASE("vocab_shards: the numbers of the reference", "", native, scalar) {
    const auto check = []<class E>(const widths& w, double temperature, E) {
        using T = number<E>;
        CAPTURE(w, temperature);
        auto p = every_kind<E>(w, temperature, 2);
        p.n = 13; // those with numbers
        p.z.resize(p.n * p.V), p.targets.resize(p.n), p.d_log_probs.resize(p.n), p.d_entropy.resize(p.n);
        const auto got = ranks<E, TestType>(p, w).run();
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

TEST_CASE("vocab_shards: what a rank says") {
    const std::vector<double> z{1, 3, -inf, 2, /**/ -inf, -inf, -inf, -inf, /**/ 5, 5, 5, 5};
    const std::vector<std::int32_t> targets{13, 11, 9};
    const rlhf::logits_view<const double> logits(z.data(), {.steps = 3, .vocab = 4});
    std::vector<vocab_shard> s(3);
    rlhf::vocab_shard_sums(test::aligned(1, 3), logits, 10, targets, s, {.temperature = 2});
    CHECK((s[0].shift == 3 && s[0].target_logit == 2 && s[0].holders == 1));
    CHECK((s[0].ties == 1 && test::close(s[0].others, std::exp(-0.5L) + std::exp(-1.0L), 2)));
    CHECK(test::close(s[0].weighted, -0.5L * std::exp(-0.5L) - std::exp(-1.0L), 8));
    CHECK((s[1].shift == 0 && s[1].ties == 0 && s[1].others == 0 && s[1].weighted == 0));
    CHECK((s[1].target_logit == -inf && s[1].holders == 1));
    CHECK((s[2].shift == 5 && s[2].ties == 4 && s[2].others == 0 && s[2].weighted == 0));
    CHECK((s[2].target_logit == 0 && s[2].holders == 0));
}

TEMPLATE_TEST_CASE("vocab_shards: every logit's exponential has the same digits in every shard", "", native, scalar) {
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
    const ranks<float, TestType> one(p, {V}), many(p, {1, 1});
    const auto want = one.combine(one.gathered(), o), got = many.combine(many.gathered(), o);
    for (std::size_t i = 0; i < n; ++i) {
        CHECK((got[i].shift == want[i].shift && got[i].ties == want[i].ties));
        CHECK(std::fabs(got[i].others - want[i].others) <= 1e-13 * want[i].others);
    }
}

TEST_CASE("vocab_shards: rows that say nothing together") {
    const std::vector<double> z{-inf, 0.5, /**/ 0.5, -inf};
    const std::vector<std::int64_t> targets{0, 0};
    std::vector<vocab_shard> all(2);
    std::vector<double> lp(2), H(2), lse(2);
    rlhf::vocab_shard_sums(test::aligned(1, 2), rlhf::logits_view(z.data(), {.steps = 2, .vocab = 2}), 0, targets, all);
    rlhf::vocab_shard_log_probs<double>(test::aligned(1, 2), targets,
                                        {.shards = all, .log_probs = lp, .entropy = H, .log_sum_exp = lse});
    CHECK(
        (lp == std::vector<double>{-inf, 0} && H == std::vector<double>{0, 0} && lse == std::vector<double>{0.5, 0.5}));
}

TEST_CASE("vocab_shards: shifts as far apart as can be") {
    const std::vector<double> z{-1.7e308, 1.7e308};
    std::vector<vocab_shard> all(2);
    std::vector<double> lp(1), H(1);
    const std::vector<std::int32_t> target{1};
    for (std::size_t k = 0; k < 2; ++k)
        rlhf::vocab_shard_sums(test::aligned(1, 1), rlhf::logits_view(z.data() + k, {.steps = 1, .vocab = 1}), k,
                               target, std::span(all).subspan(k, 1));
    rlhf::vocab_shard_log_probs<double>(test::aligned(1, 1), target, {.shards = all, .log_probs = lp, .entropy = H});
    CHECK((lp[0] == 0 && H[0] == 0));
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
            std::vector<vocab_shard> all(3 * stride, vocab_shard{.others = not_a_number}), combined(tokens);
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
    for (std::size_t i = 0; i < n; ++i) CHECK((states[i].ties > 0) == counts[i]);
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
    std::fill(combined.begin(), combined.end(), vocab_shard{.shift = not_a_number, .others = not_a_number});
    const auto unmoved = [&](const auto& target) {
        return rlhf::vocab_shard_backward(b, logits, 100, targets, {.combined = combined, .d_log_probs = none}, target)
            .nonfinite;
    };
    CHECK((unmoved(test::logits_of(d, 2, 4, V, Vp)) == 0 &&
           unmoved(rlhf::add_to(test::logits_of(kept, 2, 4, V, Vp))) == 0));
    CHECK(test::same_bits(d, std::vector<float>(n * Vp, 0)));
    CHECK(test::same_bits(kept, std::vector<float>(n * Vp, 7)));
}

TEST_CASE("vocab_shards: calls that are refused") {
    std::vector<float> z(6, 0.5F);
    std::vector<std::int32_t> targets{3, 7, 4};
    const auto b = test::aligned(1, 3);
    const auto logits = test::logits_of(z, 1, 3, 2);
    std::vector<vocab_shard> all(6), low(3);
    const std::span<vocab_shard> first(all.data(), 3), second(all.data() + 3, 3);
    rlhf::vocab_shard_sums(b, logits, 3, targets, first);
    rlhf::vocab_shard_sums(b, logits, 5, targets, second);

    std::vector<float> lp(3, 9);
    const auto combine = [&](const rlhf::view<const vocab_shard>& shards) {
        return test::refusal([&] { rlhf::vocab_shard_log_probs(b, targets, {.shards = shards, .log_probs = lp}); });
    };
    const std::string held = "rlhf::vocab_shard_log_probs: target ";
    CHECK(combine(all) == held + "7 of sequence 0, step 1 is held by 0 of 2 shards, expected 1");
    rlhf::vocab_shard_sums(b, logits, 4, targets = {3, 5, 4}, second);
    CHECK(combine(all) == held + "4 of sequence 0, step 2 is held by 2 of 2 shards, expected 1");
    targets[0] = -1;
    rlhf::vocab_shard_sums(b, logits, 3, targets, first);
    CHECK(combine(all) == held + "-1 of sequence 0, step 0 is held by 0 of 2 shards, expected 1");
    CHECK(lp == std::vector<float>(3, 9));

    const std::string name = "rlhf::vocab_shard_log_probs: ";
    CHECK(combine({}) == name + "shards is missing");
    CHECK(combine(std::span(all).first(5)) == name + "shards has 5 elements, expected ranks times 3");
    CHECK(combine({all.data(), {.sequences = 3, .steps = 2}}) == name + "shards is [3, 2], expected [ranks, 3]");
    CHECK(combine(rlhf::per_sequence(std::span<const vocab_shard>(all).first(1))).starts_with(name + "shards is ["));
    CHECK(combine({all.data(), {.sequences = 2, .steps = 3, .stride = 2}}) ==
          name + "shards has a stride of 2, shorter than its row of 3");
    CHECK(test::refusal([&] { rlhf::vocab_shard_log_probs(b, targets, {.shards = all, .combined = first}); }) ==
          name + "combined overlaps shards");
    CHECK(test::refusal([&] {
              auto unsaid = b;
              unsaid.predict_next.reset();
              rlhf::vocab_shard_log_probs(unsaid, targets, {.shards = all});
          }).starts_with(name + "batch.predict_next is not set"));
    CHECK(test::refusal([&] {
              auto turned = b;
              turned.layout = rlhf::layout::time_first;
              rlhf::vocab_shard_log_probs(turned, targets, {.shards = all});
          }).starts_with(name + "logits are [B, T, V], but the batch has layout::time_first"));
    CHECK(test::refusal([&] {
              rlhf::vocab_shard_log_probs(b, targets, {.shards = all}, {.temperature = 0});
          }).starts_with(name + "temperature is 0"));

    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, -1, targets, low); }) ==
          "rlhf::vocab_shard_sums: first_id is -1, expected at least 0");
    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, 0, targets, {}); }) ==
          "rlhf::vocab_shard_sums: shards is missing");
    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, 0, targets, all); }) ==
          "rlhf::vocab_shard_sums: shards has 6 elements, expected 3");
    CHECK(test::refusal([&] { rlhf::vocab_shard_backward(b, logits, 0, targets, {}, logits); }) ==
          "rlhf::vocab_shard_backward: combined is missing");
    CHECK(test::refusal([&] { rlhf::vocab_shard_backward(b, logits, -3, targets, {.combined = low}, logits); }) ==
          "rlhf::vocab_shard_backward: first_id is -3, expected at least 0");

    // What the mask hides is no target.
    const std::vector<std::uint8_t> mask{0, 0, 1};
    auto part = b;
    part.mask = mask, targets = {-9, 1 << 30, 4};
    rlhf::vocab_shard_sums(part, logits, 3, targets, first);
    rlhf::vocab_shard_sums(part, logits, 5, targets, second);
    CHECK(rlhf::vocab_shard_log_probs(part, targets, {.shards = all, .log_probs = lp}).tokens == 1);
    CHECK((lp[0] == 0 && lp[1] == 0 && test::close(lp[2], -std::log(4.0L), 2)));

    // Nothing to do.
    CHECK(rlhf::vocab_shard_log_probs(test::aligned(0, 3), std::vector<int>(), {}).tokens == 0);
}
