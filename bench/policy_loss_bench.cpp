// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <cmath>

// The objectives of policy_loss but the clipped surrogate, which ppo_policy_loss_bench has.
namespace policy_loss_bench {

using bench::numbers, bench::room;

template <class T>
struct surrogate {
    T loss, slope;
};

/// What one would write first.
template <class T>
surrogate<T> plain_token(const rlhf::cispo& o, T lp, T old, T a) {
    const T weight = std::min(std::max(std::exp(lp - old), T(o.low)), T(o.high)) * a;
    return {-weight * lp, -weight};
}
template <class T>
surrogate<T> plain_token(const rlhf::sapo& o, T lp, T old, T a) {
    const T ratio = std::exp(lp - old), tau = T(a > 0 ? o.tau_positive : o.tau_negative);
    const T gate = 1 / (1 + std::exp(tau * (1 - ratio)));
    return {-4 / tau * gate * a, -4 * gate * (1 - gate) * ratio * a};
}
template <class T>
surrogate<T> plain_token(const rlhf::topr& o, T lp, T old, T a) {
    const T weight = (a > 0 ? T(o.positive) : T(o.negative) * std::min(std::exp(lp - old), T(1))) * a;
    return {-weight * lp, -weight};
}
template <class T>
surrogate<T> plain_token(const rlhf::dppo_tv& o, T lp, T old, T a) {
    const T moved = std::exp(lp) - std::exp(old), weight = std::exp(lp - old) * a;
    const bool stopped = a > 0 ? moved > T(o.range.high) : moved < -T(o.range.low);
    return stopped ? surrogate<T>{0, 0} : surrogate<T>{-weight * lp, -weight};
}
template <class T>
surrogate<T> plain_token(const rlhf::dppo_kl& o, T lp, T old, T a) {
    const T now = std::exp(lp), was = std::exp(old), weight = std::exp(lp - old) * a, e = T(1e-8);
    const T divergence = was * (old - lp) + (1 - was) * std::log((1 - was + e) / (1 - now + e));
    const bool stopped = a > 0 ? now > was && divergence > T(o.range.high) : now < was && divergence > T(o.range.low);
    return stopped ? surrogate<T>{0, 0} : surrogate<T>{-weight * lp, -weight};
}

/// The arrays and the call, whatever the objective.
template <class T, class Objective>
struct on_tokens {
    static constexpr bench::traffic streams{.inputs = 3, .outputs = 1};
    Objective objective;
    bench::rows at;
    double log_ratio_limit = rlhf::unlimited;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-3, -1, 1, at.size()), old_log_probs = numbers<T>(-3, -1, 2, at.size());
    std::span<const T> advantages = numbers<T>(-1, 1, 3, at.size());
    std::span<T> d_log_probs = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::policy_loss<T, Arch>(batch,
                                          {.log_probs = log_probs,
                                           .old_log_probs = old_log_probs,
                                           .advantages = advantages,
                                           .d_log_probs = d_log_probs},
                                          objective, {.log_ratio_limit = log_ratio_limit});
    }
};

template <class T, class Objective>
struct policy_loss : on_tokens<T, Objective> {
    using base = on_tokens<T, Objective>;
    using base::at, base::log_probs, base::old_log_probs, base::advantages, base::d_log_probs;
    explicit policy_loss(const bench::rows& where) : base{Objective(), where} {}

    /// Loss, gradient, approximate KL.
    auto plain() {
        const auto counts = at.counts();
        const std::size_t n = at.size();
        T tokens = 0, loss = 0, kl = 0;
        for (std::size_t i = 0; i < n; ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < n; ++i) {
            if (!counts(i)) {
                d_log_probs[i] = 0;
                continue;
            }
            const auto s = plain_token<T>(Objective(), log_probs[i], old_log_probs[i], advantages[i]);
            loss += s.loss, kl -= log_probs[i] - old_log_probs[i], d_log_probs[i] = s.slope / tokens;
        }
        return std::array<T, 2>{loss / tokens, kl / tokens};
    }
};
/// The ratio of a sequence: what one would write first takes two loops over it.
template <class T>
struct gspo : on_tokens<T, rlhf::gspo> {
    using base = on_tokens<T, rlhf::gspo>;
    using base::at, base::log_probs, base::old_log_probs, base::advantages, base::d_log_probs;
    explicit gspo(const bench::rows& where) : base{{.range = 0.2}, where} {}

    /// Loss, gradient, approximate KL.
    auto plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        T tokens = 0, loss = 0, kl = 0;
        for (std::size_t i = 0; i < at.size(); ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T sum = 0, n = 0;
            for (std::size_t i = first; i < first + steps; ++i)
                if (counts(i)) sum += log_probs[i] - old_log_probs[i], n += 1;
            const T ratio = std::exp(sum / n), low = std::max(ratio, T(0.8)), high = std::min(ratio, T(1.2));
            for (std::size_t i = first; i < first + steps; ++i) {
                if (!counts(i)) {
                    d_log_probs[i] = 0;
                    continue;
                }
                const T a = advantages[i], used = a < 0 ? low : high;
                loss -= used * a, d_log_probs[i] = used == ratio ? -ratio * a / tokens : 0;
            }
            kl -= sum;
        }
        return std::array<T, 2>{loss / tokens, kl / tokens};
    }
};

/// The same with the ratio of a sequence in which each token is cut.
template <class T>
struct gmpo : on_tokens<T, rlhf::gmpo> {
    using base = on_tokens<T, rlhf::gmpo>;
    using base::at, base::log_probs, base::old_log_probs, base::advantages, base::d_log_probs;
    explicit gmpo(const bench::rows& where) : base{{}, where} {}

    auto plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        const T cut = T(0.4);
        T tokens = 0, loss = 0, kl = 0;
        for (std::size_t i = 0; i < at.size(); ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T good = 0, bad = 0, n = 0;
            for (std::size_t i = first; i < first + steps; ++i)
                if (counts(i)) {
                    const T x = log_probs[i] - old_log_probs[i];
                    good += std::min(x, cut), bad += std::max(x, -cut), kl -= x, n += 1;
                }
            good = std::exp(good / n), bad = std::exp(bad / n);
            for (std::size_t i = first; i < first + steps; ++i) {
                if (!counts(i)) {
                    d_log_probs[i] = 0;
                    continue;
                }
                const T a = advantages[i], x = log_probs[i] - old_log_probs[i], l = -(a < 0 ? bad : good) * a;
                loss += l, d_log_probs[i] = (a < 0 ? x < -cut : x > cut) ? 0 : l / tokens;
            }
        }
        return std::array<T, 2>{loss / tokens, kl / tokens};
    }
};
/// The same with a soft function of the product of the ratios, which TRL keeps above 1e-8. Without a limit most of the
/// slopes of long sequences are subnormal numbers here, and a processor takes 15 times as long for them.
template <class T>
struct vespo : on_tokens<T, rlhf::vespo> {
    using base = on_tokens<T, rlhf::vespo>;
    using base::at, base::log_probs, base::old_log_probs, base::advantages, base::d_log_probs;
    explicit vespo(const bench::rows& where) : base{{}, where, 18.42} {}

    auto plain() {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        T tokens = 0, loss = 0, kl = 0;
        for (std::size_t i = 0; i < at.size(); ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t first = 0; first < at.size(); first += steps) {
            T sum = 0;
            for (std::size_t i = first; i < first + steps; ++i)
                if (counts(i)) sum += log_probs[i] - old_log_probs[i];
            const T x = std::min(std::max(sum, T(-18.42)), T(18.42)), away = 1 - std::exp(x);
            const T good = std::exp(2 * x + 3 * away), bad = std::exp(3 * x + 2 * away);
            for (std::size_t i = first; i < first + steps; ++i) {
                if (!counts(i)) {
                    d_log_probs[i] = 0;
                    continue;
                }
                const T a = advantages[i], slope = -(a < 0 ? bad : good) * a;
                loss += slope * log_probs[i], d_log_probs[i] = slope / tokens;
            }
            kl -= sum;
        }
        return std::array<T, 2>{loss / tokens, kl / tokens};
    }
};

template <class T>
using cispo = policy_loss<T, rlhf::cispo>;
template <class T>
using sapo = policy_loss<T, rlhf::sapo>;
template <class T>
using topr = policy_loss<T, rlhf::topr>;
template <class T>
using dppo_tv = policy_loss<T, rlhf::dppo_tv>;
template <class T>
using dppo_kl = policy_loss<T, rlhf::dppo_kl>;

const bool registered = [] {
    constexpr const char* function = "policy_loss";
    bench::vary<cispo>(function, "cispo");
    bench::vary<sapo>(function, "sapo");
    bench::vary<topr>(function, "topr");
    bench::vary<dppo_tv>(function, "dppo_tv");
    bench::vary<dppo_kl>(function, "dppo_kl");
    bench::vary<gspo>(function, "gspo");
    bench::vary<gmpo>(function, "gmpo");
    bench::vary<vespo>(function, "vespo");
    for (const std::int64_t steps : {16, 64, 128, 512, 4096}) // the sweep over sequences against the plain loop
        bench::add<gspo, float>(function,
                                bench::fitting<gspo, float>(bench::place::L2, bench::counted::tail, steps)
                                    .called("rows" + std::to_string(steps))
                                    .called("gspo"),
                                bench::against_plain);
    return true;
}();

} // namespace policy_loss_bench
