// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane/number.hpp>

/// The series of the elementary functions: their coefficients and their sums.
namespace RLHF_NAMESPACE::lane::elementary {

/// c₂, c₃, … of eʳ = 1 + r + c₂ r² + … for |r| ≤ log(2) / 2. The relative error is 9.6 · 10⁻⁹ (float: minimax for eʳ −
/// 1 − r, whose relative error is 1.3 · 10⁻⁷) and 8.6 · 10⁻¹⁹ (double: minimax). c₂ is ½, so that eʳ − 1 − r loses no
/// digits near 0.
template <class T>
struct exp_terms {
    static constexpr int size = 5;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {0.5, 0x1.5554ep-3, 0x1.555588p-5, 0x1.120988p-7, 0x1.6c885p-10};
        return c[k];
    }
};
template <>
struct exp_terms<double> {
    static constexpr int size = 11;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {0.5,
                                0x1.555555555555ap-3,
                                0x1.5555555555531p-5,
                                0x1.111111110efc3p-7,
                                0x1.6c16c16c26fe8p-10,
                                0x1.a01a01b2691a8p-13,
                                0x1.a01a01527c007p-16,
                                0x1.71ddf27042aedp-19,
                                0x1.27e58cf183f6p-22,
                                0x1.af68609bc871fp-26,
                                0x1.1e6713cd44dfcp-29};
        return c[k];
    }
};

/// c₂, c₃, … of log(1 + f) = f + c₂ f² + …: minimax for 1 + f in [√½, √2]. The relative error is 4.3 · 10⁻⁹ (float) and
/// 8.3 · 10⁻¹⁸ (double).
template <class T>
struct log_terms {
    static constexpr int size = 9;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {-0x1.fffff8p-2, 0x1.55555p-2,   -0x1.000432p-2, 0x1.99a41ap-3, -0x1.5425c4p-3,
                                0x1.226dfcp-3,  -0x1.0f3fa6p-3, 0x1.0860dp-3,   -0x1.384734p-4};
        return c[k];
    }
};
template <>
struct log_terms<double> {
    static constexpr int size = 20;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {
            -0x1.0000000000003p-1, 0x1.555555555551cp-2, -0x1.fffffffffdedep-3, 0x1.99999999a17dfp-3,
            -0x1.55555556e2856p-3, 0x1.2492492246c29p-3, -0x1.fffffef6a1e85p-4, 0x1.c71c71d805a4ep-4,
            -0x1.9999c9099069p-4,  0x1.745d4523d2ec3p-4, -0x1.55507465c2a19p-4, 0x1.3b0ac90940145p-4,
            -0x1.24dc4ad63e562p-4, 0x1.11d8243e2af19p-4, -0x1.fb6e5d1a1f036p-5, 0x1.cfb7294037c75p-5,
            -0x1.d15a51055eceep-5, 0x1.0b5466cc8a2e7p-4, -0x1.eb43a93fb9eebp-5, 0x1.abe14d1892694p-6};
        return c[k];
    }
};

/// The same for f in [0, 1]. The relative error is 5.3 · 10⁻⁹ (float) and 9.5 · 10⁻¹⁸ (double).
template <class T>
struct log1p_terms {
    static constexpr int size = 9;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {-0x1.ffffd2p-2, 0x1.554ddap-2,  -0x1.ff2556p-3, 0x1.935568p-3, -0x1.3a6736p-3,
                                0x1.b53c48p-4,  -0x1.d7efa8p-5, 0x1.4a9226p-6,  -0x1.b22adep-9};
        return c[k];
    }
};
template <>
struct log1p_terms<double> {
    static constexpr int size = 20;
    [[nodiscard]] static RLHF_FORMULA constexpr double at(int k) {
        constexpr double c[] = {
            -0x1.fffffffffff9fp-2, 0x1.5555555551052p-2,  -0x1.fffffffdd4a4bp-3,  0x1.99999951fb01bp-3,
            -0x1.55554fbe64ea4p-3, 0x1.2491fed9cfc49p-3,  -0x1.fffa8bd00015p-4,   0x1.c6f6a83b8b032p-4,
            -0x1.98d296b9a7e6ep-4, 0x1.712df6166bbf3p-4,  -0x1.4b022086f5e76p-4,  0x1.202df1e817ab3p-4,
            -0x1.d7115508d32afp-5, 0x1.5a892cb90beap-5,   -0x1.b632818d90001p-6,  0x1.c57efadae0fe3p-7,
            -0x1.6b4e60f26fbc4p-8, 0x1.a25bf104a7c7fp-10, -0x1.31f8cd7ab39fap-12, 0x1.a9067c062fc2ep-16};
        return c[k];
    }
};

/// c_K + c_{K+1} x + … up to the term before End. A recursion makes the compiler compute its constants.
template <class Terms, int K, int End, class V>
[[nodiscard]] RLHF_FORMULA V terms_from(V x) {
    constexpr auto c = static_cast<typename V::element>(Terms::at(K));
    if constexpr (K + 1 == End)
        return V(c);
    else
        return fma(terms_from<Terms, K + 1, End>(x), x, V(c));
}
/// c₀ + c₁ x + c₂ x² + …. A long series is computed in two parts that do not wait for each other.
template <class Terms, class V>
[[nodiscard]] RLHF_FORMULA V series(V x) {
    if constexpr (Terms::size < 10) {
        return terms_from<Terms, 0, Terms::size>(x);
    } else {
        const V x2 = x * x, x4 = x2 * x2;
        return fma(terms_from<Terms, 8, Terms::size>(x), x4 * x4, terms_from<Terms, 0, 8>(x));
    }
}

} // namespace RLHF_NAMESPACE::lane::elementary
