// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/ppo_value_loss.hpp>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#endif

namespace ppo_value_loss_bench {

using bench::numbers, bench::room;

template <class T, bool Clip>
struct value_loss {
    static constexpr bench::traffic streams{.inputs = Clip ? 3 : 2, .outputs = 1};
    static constexpr T range = T(0.2);
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> values = numbers<T>(-1, 1, 1, at.size()), returns = numbers<T>(-1, 1, 2, at.size());
    std::span<const T> old_values = Clip ? numbers<T>(-1, 1, 3, at.size()) : std::span<const T>();
    std::span<T> d_values = room<T>(0, at.size());

    template <class Arch>
    auto call() {
        return rlhf::ppo_value_loss<T, Arch>(
            batch, {.values = values, .old_values = old_values, .returns = returns, .d_values = d_values},
            {.clip_range = Clip ? static_cast<double>(range) : rlhf::unlimited});
    }

    /// Loss, gradient, clip fraction, explained variance.
    auto plain() {
        const auto counts = at.counts();
        const T *v = values.data(), *R = returns.data(), *old = old_values.data();
        T* d = d_values.data();
        const std::size_t n = at.size();
        T tokens = 0, loss = 0, clipped = 0, sum = 0, squares = 0, error_sum = 0, error_squares = 0;
        for (std::size_t i = 0; i < n; ++i) tokens += counts(i) ? T(1) : T(0);
        for (std::size_t i = 0; i < n; ++i) {
            if (!counts(i)) {
                d[i] = 0;
                continue;
            }
            const T error = v[i] - R[i];
            T worst = error * error, slope = error;
            if constexpr (Clip) {
                const T other = old[i] + std::min(std::max(v[i] - old[i], -range), range) - R[i];
                if (other * other > worst) worst = other * other, slope = 0, clipped += 1;
            }
            loss += T(0.5) * worst, d[i] = slope / tokens;
            sum += R[i], squares += R[i] * R[i], error_sum += error, error_squares += error * error;
        }
        const T variance = squares / tokens - sum * sum / (tokens * tokens);
        const T left = error_squares / tokens - error_sum * error_sum / (tokens * tokens);
        return std::array<T, 3>{loss / tokens, clipped / tokens, 1 - left / variance};
    }

#if __has_include(<Eigen/Core>)
    auto eigen() requires(Clip) {
        using array = Eigen::Array<T, Eigen::Dynamic, 1>;
        using bytes = Eigen::Array<std::uint8_t, Eigen::Dynamic, 1>;
        const auto n = static_cast<Eigen::Index>(at.size());
        const Eigen::Map<const array> v(values.data(), n), R(returns.data(), n), old(old_values.data(), n);
        Eigen::Map<array> d(d_values.data(), n);
        const auto m = at.mask();
        array mask = array::Ones(n);
        if (!m.empty()) mask = Eigen::Map<const bytes>(m.data(), n).template cast<T>();
        const T tokens = mask.sum();
        const array error = v - R, other = old + (v - old).max(-range).min(range) - R;
        const auto cut = other.square() > error.square();
        d = cut.select(array::Zero(n), error) * mask / tokens;
        const T loss = T(0.5) * (other.square().max(error.square()) * mask).sum() / tokens;
        const T clipped = (cut.template cast<T>() * mask).sum() / tokens;
        const T mean = (R * mask).sum() / tokens, off = (error * mask).sum() / tokens;
        const T left = (error.square() * mask).sum() / tokens - off * off;
        return std::array<T, 3>{loss, clipped, 1 - left / ((R.square() * mask).sum() / tokens - mean * mean)};
    }
#endif
};
template <class T>
using loss = value_loss<T, false>;
template <class T>
using clipped = value_loss<T, true>;

const bool registered = [] {
    using namespace bench;
    constexpr const char* function = "ppo_value_loss";
    vary<loss>(function);
    vary<clipped>(function, "clipped");
    add<clipped, float>(function, fitting<clipped, float>(place::L3, counted::tail).called("clipped"), {who::eigen});
    const rows peers(1024, 1024, counted::dense);
    add<loss, float>(function, peers, everybody);
    add<clipped, float>(function, peers.called("clipped"), everybody);
    add<clipped, float>(function, peers.called("clipped"), {who::eigen});
    return true;
}();

} // namespace ppo_value_loss_bench
