// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/formula/whiten.hpp>
#include <rlhf/results/moments.hpp>

namespace rlhf {

/// The point that scaling leaves in place if the mean is kept.
enum class scale_about {
    mean, ///< (x − mean) / std + mean
    zero, ///< x / std
};

struct whiten_options {
    bool center = true;                                ///< subtract the mean; false keeps it
    bool scale = true;                                 ///< divide by the standard deviation
    rlhf::scale_about about = rlhf::scale_about::mean; ///< with center = false: what scaling leaves in place
    int ddof = 1;                                      ///< at least 0: the variance is Σ (x − mean)² / (n − ddof)
    double epsilon = 1e-8;                             ///< ε ≥ 0
    /// How ε keeps std from 0: inside_root √(var + ε), after_root √var + ε, variance_at_least √max(var, ε),
    /// std_at_least max(√var, ε).
    rlhf::std_floor floor = rlhf::std_floor::inside_root;
};

inline constexpr whiten_options no_whitening{.center = false, .scale = false}; ///< x stays; masked elements become 0

} // namespace rlhf

namespace RLHF_NAMESPACE {

namespace detail {

inline void check_options(const char* f, const whiten_options& o) {
    if (o.ddof < 0) fail(f, "ddof is %lld, expected at least 0", o.ddof);
    check_not_negative(f, "epsilon", o.epsilon);
    check_finite(f, "epsilon", o.epsilon);
    if (o.about != scale_about::mean && (o.center || !o.scale)) fail(f, "about needs center = false and scale = true");
}

/// The divisor; 1 where there is no standard deviation.
inline double deviation_of(const moments& m, const whiten_options& o) {
    const bool defined = m.count() > 1 && m.count() > o.ddof;
    return defined ? formula::floored_deviation(m.variance(o.ddof), o.epsilon, o.floor) : 1;
}

/// Σx and Σx² of the elements that count.
template <class T>
struct moments_kernel {
    template <class V>
    RLHF_FORMULA auto operator()(V x) const {
        return terms<V, 0, moments_statistics>{.statistics = {x}};
    }
};

/// Whitens elements in registers. Its numbers are of type T, each rounded once.
template <class T>
struct whiten_kernel {
    formula::affine_map<T> map;

    whiten_kernel(const moments& m, const whiten_options& o) {
        const bool about_mean = o.center || (o.scale && o.about == scale_about::mean);
        const double mean = about_mean ? m.mean() : 0;
        map = formula::whitening<T>(mean, deviation_of(m, o), o.center, o.scale);
    }
    template <class V>
    RLHF_FORMULA auto operator()(V x) const {
        const formula::affine_map<V> m{V(map.center), V(map.center_rest), V(map.factor), V(map.shift)};
        return terms<V, 1>{.writes = {formula::affine(x, m)}};
    }
};

} // namespace detail

/// Count, mean and variance of the elements that count. A NaN or infinite element makes the mean NaN or infinite.
///
/// values are [B, T] (or packed [tokens]). Throws std::invalid_argument for sizes that differ.
template <class T = float, class Arch = native>
[[nodiscard]] moments moments_of(const batch& b, const std::type_identity_t<view<const T>>& values,
                                 const executor& run = {}) {
    detail::call c("moments_of", b);
    const std::array streams{c.in(values, "values")};
    c.done();
    const auto t =
        detail::sweep_tokens<T, Arch>(c, streams, std::array<detail::target<T>, 0>{}, run, detail::moments_kernel<T>{});
    return moments(t.values);
}

/// Whitens in place with the given moments: the moments of a whole step, merged over its parts and ranks.
///
///     y = (x − mean) / std          with center; without: (x − mean) / std + mean, or x / std (options.about)
///     std = √(variance + ε)         or as options.floor says
///
/// values are [B, T] (or packed [tokens]); masked elements become +0. Each element depends only on itself and the
/// moments. std is 1 with scale = false, and if there are fewer than two elements, or no more than ddof. Where std is 0
/// (ε = 0) all counted elements become 0, or the mean if it is kept. Equal floats have std 0. Equal doubles may have a
/// std from rounding instead (0.1 a thousand times: 3·10⁻¹⁷), so keep ε above 0 for doubles.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, ddof or ε negative, ε infinite, `about`
/// with center or without scale.
///
/// Source: whiten of openai/lm-human-preferences, utils/core.py, which has ddof = 0.
template <class T = float, class Arch = native>
void whiten(const batch& b, const std::type_identity_t<view<T>>& values, const moments& m, const whiten_options& o = {},
            const executor& run = {}) {
    detail::call c("whiten", b);
    detail::check_options(c.function(), o);
    const std::array streams{c.in(view<const T>(values), "values")};
    const std::array targets{c.out(values, "values", values.data())};
    c.done();
    detail::sweep_tokens<T, Arch>(c, streams, targets, run, detail::whiten_kernel<T>(m, o));
}

/// Whitens in place with the moments of the batch itself, and returns the moments.
template <class T = float, class Arch = native>
moments whiten(const batch& b, const std::type_identity_t<view<T>>& values, const whiten_options& o = {},
               const executor& run = {}) {
    const moments m = moments_of<T, Arch>(b, values, run);
    whiten<T, Arch>(b, values, m, o, run);
    return m;
}

} // namespace RLHF_NAMESPACE
