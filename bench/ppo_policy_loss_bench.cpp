// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

#include <cmath>
#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#endif

namespace ppo_policy_loss_bench {

using bench::numbers, bench::room;

template <class T, bool Kl>
struct policy_loss {
    static constexpr bench::traffic streams{.inputs = Kl ? 4 : 3, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-1, 1, 1, at.size()), old_log_probs = numbers<T>(-1, 1, 2, at.size());
    std::span<const T> advantages = numbers<T>(-1, 1, 3, at.size());
    std::span<const T> ref_log_probs = Kl ? numbers<T>(-1, 1, 4, at.size()) : std::span<const T>();
    std::span<T> d_log_probs = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::ppo_policy_loss<T, Arch>(batch,
                                              {.log_probs = log_probs,
                                               .old_log_probs = old_log_probs,
                                               .ref_log_probs = ref_log_probs,
                                               .advantages = advantages,
                                               .d_log_probs = d_log_probs},
                                              {.kl_coef = Kl ? 0.1 : 0});
    }

    /// Loss, gradient, clip fraction, approximate KL, mean ratio.
    auto plain() {
        const auto counts = at.counts();
        const T *lp = log_probs.data(), *old = old_log_probs.data(), *a = advantages.data(),
                *ref = ref_log_probs.data();
        T* d = d_log_probs.data();
        const std::size_t n = at.size();
        T tokens = 0, loss = 0, kl = 0, ratios = 0, clipped = 0;
        for (std::size_t i = 0; i < n; ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < n; ++i) {
            if (!counts(i)) {
                d[i] = 0;
                continue;
            }
            const T x = lp[i] - old[i], ratio = std::exp(x);
            const T bounded = std::min(std::max(ratio, T(0.8)), T(1.2));
            const bool cut = bounded * a[i] < ratio * a[i];
            T slope = cut ? 0 : -ratio * a[i];
            loss -= cut ? bounded * a[i] : ratio * a[i];
            clipped += cut ? T(1) : T(0), kl -= x, ratios += ratio;
            if constexpr (Kl) {
                const T to_ref = lp[i] - ref[i], e = std::exp(-to_ref);
                loss += T(0.1) * (e - 1 + to_ref), slope += T(0.1) * (1 - e);
            }
            d[i] = slope / tokens;
        }
        return std::array<T, 4>{loss / tokens, kl / tokens, ratios / tokens, clipped / tokens};
    }

#if __has_include(<Eigen/Core>)
    auto eigen() {
        using array = Eigen::Array<T, Eigen::Dynamic, 1>;
        using bytes = Eigen::Array<std::uint8_t, Eigen::Dynamic, 1>;
        const auto n = static_cast<Eigen::Index>(at.size());
        const Eigen::Map<const array> lp(log_probs.data(), n), old(old_log_probs.data(), n), a(advantages.data(), n);
        const Eigen::Map<const array> ref(ref_log_probs.data(), n);
        Eigen::Map<array> d(d_log_probs.data(), n);
        const auto m = at.mask();
        array mask = array::Ones(n);
        if (!m.empty()) mask = Eigen::Map<const bytes>(m.data(), n).template cast<T>();
        const T tokens = mask.sum();
        const array x = lp - old, ratio = x.exp(), free = ratio * a, bounded = ratio.max(T(0.8)).min(T(1.2)) * a;
        const auto cut = bounded < free;
        T loss = -(free.min(bounded) * mask).sum();
        d = cut.select(array::Zero(n), -free) * mask / tokens;
        if constexpr (Kl) {
            const array to_ref = lp - ref, e = (-to_ref).exp();
            loss += T(0.1) * ((e - T(1) + to_ref) * mask).sum();
            d += T(0.1) * (T(1) - e) * mask / tokens;
        }
        const T clipped = (cut.template cast<T>() * mask).sum();
        return std::array<T, 4>{loss / tokens, -(x * mask).sum() / tokens, (ratio * mask).sum() / tokens,
                                clipped / tokens};
    }
#endif
};
template <class T>
using loss = policy_loss<T, false>;
template <class T>
using with_kl = policy_loss<T, true>;

const bool registered = [] {
    using namespace bench;
    constexpr const char* function = "ppo_policy_loss";
    vary<loss>(function);
    vary<with_kl>(function, "kl");
    // Each row's sums are merged exactly: what that costs short rows.
    for (const place p : {place::L3, place::DRAM})
        for (const std::int64_t steps : {128, 512, 2048, 65536})
            add<loss, float>(function,
                             fitting<loss, float>(p, counted::tail, steps).called("rows" + std::to_string(steps)),
                             against_floor);
    add<loss, float>(function, fitting<loss, float>(place::L3, counted::tail).joined().called("one_row"),
                     against_floor);
    for (const std::int64_t n : {4, 16, 64, 256, 4096, 16384})
        add<loss, float>(function, rows(n, 1024, counted::tail), against_floor);
    add<loss, float>(function, fitting<loss, float>(place::L3, counted::tail), {who::eigen});
    const rows peers(1024, 1024, counted::dense);
    add<loss, float>(function, peers, everybody);
    add<loss, float>(function, peers, {who::eigen});
    add<with_kl, float>(function, peers.called("kl"), everybody);
    return true;
}();

} // namespace ppo_policy_loss_bench
