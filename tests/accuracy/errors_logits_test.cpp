// SPDX-License-Identifier: MIT

// The errors of the functions of logits, which ACCURACY.md states. What is right is the formula of their documentation
// in 50 digits. The errors at every temperature, and of rows of other shapes, are bounded in logits_accuracy_test.cpp.

#include "accuracy/errors.hpp"

#include <rlhf/rlhf.hpp>

#include <numeric>

namespace {

using namespace accuracy;
using rlhf::bfloat16, rlhf::divergence;
constexpr auto heading = "Functions of logits";
constexpr std::size_t long_row = 1100, short_row = 300, k = 8;
const std::string shape = "rows of 1100 logits in [−12, 12]", small_shape = "rows of 300 logits in [−12, 12]",
                  near_by = ", the reference's ± 2", known_few = ", of which 8 are known";

/// What a function of logits of E computes in, and returns.
template <class E>
using number = std::conditional_t<std::is_same_v<E, double>, double, float>;

rlhf::batch rows(std::size_t n = 1) {
    return {.steps = n, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
}
template <class E>
rlhf::logits_view<E> logits_of(std::vector<E>& z) {
    return {z.data(), {.steps = 1, .vocab = z.size()}};
}
/// Bell-shaped, with a deviation of 4.
template <class E>
std::vector<E> random_row(test::random& r, std::size_t V = long_row) {
    std::vector<E> z(V);
    for (E& e : z) e = static_cast<E>(in<double>(r, -4, 4) + r.uniform(-4, 4) + r.uniform(-4, 4));
    return z;
}

exact total(const std::vector<exact>& x) { return std::accumulate(x.begin(), x.end(), exact(0)); }

struct softmax {
    std::vector<exact> p, log_p;
    exact log_sum_exp, entropy = 0, collision = 0;

    template <class E>
    explicit softmax(const std::vector<E>& z) {
        exact sum = 0;
        for (const E e : z) p.push_back(exp(exact(static_cast<double>(e)))), sum += p.back();
        log_sum_exp = log(sum);
        for (std::size_t v = 0; v < z.size(); ++v) {
            p[v] /= sum, log_p.push_back(static_cast<double>(z[v]) - log_sum_exp);
            entropy -= p[v] * log_p[v], collision += p[v] * p[v];
        }
    }
};

template <class E>
void likelihoods(section& page) {
    using T = number<E>;
    constexpr auto V = long_row;
    const std::string smooth = shape + ", ε = 0.125, ζ = 2⁻¹⁰";
    line<E, T> log_prob("`token_log_probs`, log_probs", shape, ulp), entropy("`token_log_probs`, entropy", shape, ulp),
        lse("`token_log_probs`, log_sum_exp", shape, ulp), collision("`token_log_probs`, collision", shape, ulp);
    line<E> d("`token_log_probs_backward` of log_probs", shape, ulp),
        d_entropy("`token_log_probs_backward` of entropy", shape, ulp_of_largest);
    line<E, T> nll("`cross_entropy_loss`, loss", shape, ulp),
        loss("`cross_entropy_loss` with ε and ζ, loss", smooth, ulp);
    line<E> d_nll("`cross_entropy_loss`, gradient", shape, ulp),
        d_loss("`cross_entropy_loss` with ε and ζ, gradient", smooth, ulp_of_largest);
    test::random r(1);
    for (int i = 0; i < page.draws / 100; ++i) {
        auto z = random_row<E>(r);
        const softmax want(z);
        const std::vector<std::int64_t> target{static_cast<std::int64_t>(r.below(V))};
        const auto at = static_cast<std::size_t>(target[0]);
        std::vector<T> lp(1), H(1), L(1), squares(1);
        const std::vector<T> one{1};
        rlhf::token_log_probs<T>(rows(), logits_of(z), target,
                                 {.log_probs = lp, .entropy = H, .log_sum_exp = L, .collision = squares});
        log_prob.add(lp[0], want.log_p[at]), entropy.add(H[0], want.entropy);
        lse.add(L[0], want.log_sum_exp), collision.add(squares[0], want.collision);
        std::vector<E> by_p(V), by_H(V), by_nll(V), by_loss(V);
        rlhf::token_log_probs_backward<T>(rows(), logits_of(z), target, {.d_log_probs = one}, logits_of(by_p));
        rlhf::token_log_probs_backward<T>(rows(), logits_of(z), target, {.d_entropy = one}, logits_of(by_H));
        nll.add(rlhf::cross_entropy_loss(rows(), logits_of(z), target, logits_of(by_nll)).loss(), -want.log_p[at]);
        const auto smoothed = rlhf::cross_entropy_loss(rows(), logits_of(z), target, logits_of(by_loss),
                                                       {.label_smoothing = 0.125, .z_loss_coef = 0x1p-10});
        const exact all = total(want.log_p), l = want.log_sum_exp;
        loss.add(smoothed.loss(), -exact(0.875) * want.log_p[at] - all / 8 / double(V) + l * l / 1024);
        for (std::size_t v = 0; v < V; ++v) {
            const exact p = want.p[v], target_here = v == at ? 1 : 0;
            d.add(double(by_p[v]), target_here - p), d_nll.add(double(by_nll[v]), p - target_here);
            d_entropy.add(double(by_H[v]), -p * (want.log_p[v] + want.entropy));
            d_loss.add(double(by_loss[v]), (1 + l / 512) * p - exact(0.875) * target_here - exact(0.125) / double(V));
        }
    }
    hold(page, log_prob, entropy, lse, collision, d, d_entropy, nll, loss, d_nll, d_loss);
}

/// Σ p log (p / q) and the like over classes, and ∂/∂p by class.
struct truth {
    exact value = 0;
    std::vector<exact> by_p;
    truth(divergence how, const std::vector<exact>& p, const std::vector<exact>& q) {
        for (std::size_t c = 0; c < p.size(); ++c) {
            const exact m = how == divergence::jsd ? exact((p[c] + q[c]) / 2) : q[c], l = log(p[c] / m);
            if (how == divergence::reverse_kl) value += p[c] * l, by_p.push_back(l + 1);
            if (how == divergence::forward_kl) value -= q[c] * l, by_p.push_back(-q[c] / p[c]);
            if (how == divergence::jsd) value += (p[c] * l + q[c] * log(q[c] / m)) / 2, by_p.push_back(l / 2);
        }
    }
    [[nodiscard]] exact mean(const std::vector<exact>& p) const {
        return std::inner_product(p.begin(), p.end(), by_p.begin(), exact(0));
    }
};

/// The k likeliest entries of a row.
struct known {
    std::vector<std::int64_t> ids;
    std::vector<float> log_q;

    explicit known(const softmax& q) : ids(q.p.size()) {
        std::iota(ids.begin(), ids.end(), 0);
        std::partial_sort(ids.begin(), ids.begin() + k, ids.end(), [&](auto a, auto b) {
            return q.log_p[static_cast<std::size_t>(a)] > q.log_p[static_cast<std::size_t>(b)];
        });
        ids.resize(k);
        for (const auto id : ids) log_q.push_back(static_cast<float>(q.log_p[static_cast<std::size_t>(id)]));
    }
    [[nodiscard]] rlhf::top_k_reference reference() const { return {.k = k, .ids = ids, .log_probs = log_q}; }
};

template <class E>
void divergences(section& page, divergence how, const std::string& name) {
    using T = number<E>;
    constexpr auto V = short_row;
    const std::string near = small_shape + near_by, listed = near + known_few;
    line<E, T> value("`logits_divergence`, " + name, near, ulp), top_value("`top_k_divergence`, " + name, listed, ulp);
    line<E> d("`logits_divergence`, gradient of " + name, near, ulp_of_largest),
        top_d("`top_k_divergence`, gradient of " + name, listed, ulp_of_largest);
    test::random r(2);
    for (int i = 0; i < page.draws / 100; ++i) {
        auto z = random_row<E>(r, V), w = z;
        for (E& e : w) e = static_cast<E>(static_cast<double>(e) + r.uniform(-2, 2));
        std::vector<E> got(V), got_top(V);
        const softmax p(z), q(w);
        const truth want(how, p.p, q.p);
        value.add(
            rlhf::logits_divergence(rows(), logits_of(z), logits_of(w), logits_of(got), {.divergence = how}).loss(),
            want.value);

        const known top(q);
        std::vector<exact> classes, reference;
        std::vector<std::size_t> class_of(V, k);
        for (std::size_t c = 0; c < k; ++c) {
            const auto v = static_cast<std::size_t>(top.ids[c]);
            class_of[v] = c, classes.push_back(p.p[v]), reference.push_back(exp(exact(top.log_q[c])));
        }
        classes.push_back(1 - total(classes)), reference.push_back(1 - total(reference));
        const truth want_top(how, classes, reference);
        top_value.add(
            rlhf::top_k_divergence(rows(), logits_of(z), top.reference(), logits_of(got_top), {.divergence = how})
                .loss(),
            want_top.value);
        const exact mean = want.mean(p.p), mean_top = want_top.mean(classes);
        for (std::size_t v = 0; v < V; ++v) {
            d.add(double(got[v]), p.p[v] * (want.by_p[v] - mean));
            top_d.add(double(got_top[v]), p.p[v] * (want_top.by_p[class_of[v]] - mean_top));
        }
    }
    hold(page, value, top_value, d, top_d);
}

/// Of the entries that are known alone.
template <class E>
void without_tail(section& page) {
    using T = number<E>;
    constexpr auto V = short_row;
    const std::string of_row = small_shape + near_by + known_few;
    const std::string name = "`top_k_divergence`, truncated KL(q ‖ p)",
                      other = "`top_k_divergence`, renormalized KL(p ‖ q)";
    line<E, T> truncated(name, of_row, ulp_of_largest), renormalized(other, of_row, ulp);
    line<E> d_truncated(name + ", gradient", of_row, ulp_of_largest),
        d_renormalized(other + ", gradient", of_row, ulp_of_largest);
    test::random r(5);
    for (int i = 0; i < page.draws / 100; ++i) {
        auto z = random_row<E>(r, V), w = z;
        for (E& e : w) e = static_cast<E>(static_cast<double>(e) + r.uniform(-2, 2));
        std::vector<E> got(V), got_few(V);
        const softmax p(z), q(w);
        const known top(q);
        std::vector<exact> few, few_q, all_q(V);
        for (std::size_t j = 0; j < k; ++j) {
            const auto v = static_cast<std::size_t>(top.ids[j]);
            few.push_back(p.p[v]), few_q.push_back(all_q[v] = exp(exact(top.log_q[j])));
        }
        const exact sum = total(few), sum_q = total(few_q);
        const auto by = [&](const rlhf::top_k_divergence_options& o, std::vector<E>& to) {
            return rlhf::top_k_divergence(rows(), logits_of(z), top.reference(), logits_of(to), o).loss();
        };
        truncated.add(by({.divergence = divergence::forward_kl, .support = rlhf::top_k_support::truncated}, got),
                      truth(divergence::forward_kl, few, few_q).value);
        for (std::size_t v = 0; v < V; ++v) d_truncated.add(double(got[v]), p.p[v] * sum_q - all_q[v]);
        for (std::size_t j = 0; j < k; ++j) few[j] /= sum, few_q[j] /= sum_q;
        const truth want(divergence::reverse_kl, few, few_q);
        renormalized.add(by({.support = rlhf::top_k_support::renormalized}, got_few), want.value);
        for (std::size_t j = 0; j < k; ++j)
            d_renormalized.add(double(got_few[static_cast<std::size_t>(top.ids[j])]),
                               few[j] * (want.by_p[j] - want.mean(few)));
    }
    hold(page, truncated, d_truncated, renormalized, d_renormalized);
}

/// A set of 64 of the row's entries, one of which is the target.
template <class E>
void kept(section& page) {
    using T = number<E>;
    constexpr std::size_t V = long_row, size = 64;
    const std::string of_row = shape + ", of which 64 are kept";
    line<E, T> log_prob("`kept_log_probs`, log_probs", of_row, ulp), entropy("`kept_log_probs`, entropy", of_row, ulp);
    line<E> d("`kept_log_probs_backward` of log_probs", of_row, ulp),
        d_entropy("`kept_log_probs_backward` of entropy", of_row, ulp_of_largest);
    test::random r(4);
    for (int i = 0; i < page.draws / 100; ++i) {
        auto z = random_row<E>(r);
        std::vector<std::int64_t> ids(V);
        std::iota(ids.begin(), ids.end(), 0);
        for (std::size_t q = 0; q < size; ++q) std::swap(ids[q], ids[q + r.below(V - q)]);
        ids.resize(size);
        std::vector<E> listed;
        for (const auto id : ids) listed.push_back(z[static_cast<std::size_t>(id)]);
        const softmax want(listed);
        const auto at = r.below(size);
        const std::vector<std::int64_t> target{ids[at]}, offsets{0, size};
        const rlhf::kept_set set{.ids = ids, .offsets = offsets};
        std::vector<T> lp(1), H(1);
        const std::vector<T> one{1};
        rlhf::kept_log_probs<T>(rows(), logits_of(z), target, set, {.log_probs = lp, .entropy = H});
        log_prob.add(lp[0], want.log_p[at]), entropy.add(H[0], want.entropy);
        std::vector<E> by_p(V), by_H(V);
        rlhf::kept_log_probs_backward<T>(rows(), logits_of(z), target, set, {.d_log_probs = one}, logits_of(by_p));
        rlhf::kept_log_probs_backward<T>(rows(), logits_of(z), target, set, {.d_entropy = one}, logits_of(by_H));
        for (std::size_t q = 0; q < size; ++q) {
            const auto v = static_cast<std::size_t>(ids[q]);
            d.add(double(by_p[v]), exact(q == at ? 1 : 0) - want.p[q]);
            d_entropy.add(double(by_H[v]), -want.p[q] * (want.log_p[q] + want.entropy));
        }
    }
    hold(page, log_prob, entropy, d, d_entropy);
}

template <class E>
void shards(section& page) {
    using T = number<E>;
    constexpr std::size_t V = long_row, ranks = 4, width = V / ranks;
    line<E, T> log_prob("`vocab_shard_log_probs`, log_probs", shape + ", four shards", ulp);
    line<E> d("`vocab_shard_backward` of log_probs", shape + ", four shards", ulp);
    test::random r(3);
    for (int i = 0; i < page.draws / 100; ++i) {
        auto z = random_row<E>(r);
        const softmax want(z);
        const std::vector<std::int64_t> target{static_cast<std::int64_t>(r.below(V))};
        std::vector<rlhf::vocab_shard> gathered(ranks), combined(1);
        std::vector<T> lp(1);
        const std::vector<T> one{1};
        const auto own = [&](std::size_t rank) {
            return rlhf::logits_view<E>(z.data() + rank * width, {.steps = 1, .vocab = width});
        };
        for (std::size_t rank = 0; rank < ranks; ++rank)
            rlhf::vocab_shard_sums(rows(), own(rank), rank * width, target,
                                   rlhf::view<rlhf::vocab_shard>(&gathered[rank], {.steps = 1}));
        rlhf::vocab_shard_log_probs<T>(rows(), target, {.shards = gathered, .combined = combined, .log_probs = lp});
        log_prob.add(lp[0], want.log_p[static_cast<std::size_t>(target[0])]);
        for (std::size_t rank = 0; rank < ranks; ++rank)
            rlhf::vocab_shard_backward<T>(rows(), own(rank), rank * width, target,
                                          {.combined = combined, .d_log_probs = one}, own(rank));
        for (std::size_t v = 0; v < V; ++v)
            d.add(double(z[v]), exact(static_cast<std::int64_t>(v) == target[0] ? 1 : 0) - want.p[v]);
    }
    hold(page, log_prob, d);
}

void all(section page) {
    const auto of = [&]<class E>(E) {
        likelihoods<E>(page), kept<E>(page), shards<E>(page);
        divergences<E>(page, divergence::reverse_kl, "KL(p ‖ q)");
        divergences<E>(page, divergence::forward_kl, "KL(q ‖ p)");
        divergences<E>(page, divergence::jsd, "JSD, β = 0.5");
        without_tail<E>(page);
    };
    of(0.F), of(0.0), of(bfloat16());
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: functions of logits") { all({heading, 1}); }

TEST_CASE("accuracy: functions of logits, at length", "[.exhaustive]") { all({heading, 50}); }
