// SPDX-License-Identifier: MIT
// Bring your own lane type. The formulas are templates over the type in which a token is computed: a float, a register
// of floats in the library's sweeps, and here a number that carries its derivative. The derivative agrees with the
// slope that the formula returns. A number whose derivative carries a derivative also gives a curvature, which no
// formula computes.
#include <rlhf/formula/bradley_terry.hpp>
#include <rlhf/formula/clipped_surrogate.hpp>

#include <cmath>
#include <cstdio>
#include <initializer_list>

namespace forward {

/// A value and its derivative. T may be such a number itself.
template <class T>
struct number {
    T value, slope;
    constexpr number(double constant) : value(constant), slope(0.0) {}
    constexpr number(T v, T s) : value(v), slope(s) {}

    friend number operator+(number a, number b) { return {a.value + b.value, a.slope + b.slope}; }
    friend number operator-(number a, number b) { return {a.value - b.value, a.slope - b.slope}; }
    friend number operator-(number a) { return {-a.value, -a.slope}; }
    friend number operator*(number a, number b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
    friend number operator/(number a, number b) {
        const T q = a.value / b.value;
        return {q, (a.slope - q * b.slope) / b.value};
    }
    friend bool operator<(number a, number b) { return a.value < b.value; }
    friend bool operator>(number a, number b) { return a.value > b.value; }
    friend bool operator<=(number a, number b) { return a.value <= b.value; }
    friend bool operator>=(number a, number b) { return a.value >= b.value; }
    friend bool operator==(number a, number b) { return a.value == b.value; }

    // The formulas find these functions by argument-dependent lookup.
    friend number abs(number a) { return a.value < T(0.0) ? -a : a; }
    friend number exp(number a) {
        using std::exp;
        const T e = exp(a.value);
        return {e, a.slope * e};
    }
    friend number log1p(number a) {
        using std::log1p;
        return {log1p(a.value), a.slope / (T(1.0) + a.value)};
    }
};

} // namespace forward

int main() {
    using once = forward::number<double>;
    using twice = forward::number<once>;
    namespace formula = rlhf::formula;

    std::printf("clipped surrogate, advantage 0.7\n log ratio       loss      slope  by the lane\n");
    for (const double x : {-0.5, -0.1, 0.0, 0.1, 0.5}) {
        const formula::sampled_token<once> token{once(x, 1), once(0), once(x, 1), once(0.7)}; // π_old = 1
        const auto p = formula::clipped_surrogate<double>{0.8, 1.2}(token);
        std::printf("%10.2f %10.5f %10.5f %12.5f\n", x, p.loss.value, p.slope.value, p.loss.slope);
    }

    std::printf("Bradley-Terry, margin 0\n    reward       loss      slope  by the lane  curvature\n");
    for (const double r : {-2.0, -0.5, 0.5, 2.0}) {
        const twice chosen(once(r, 1), once(1, 0)), zero(0);
        const auto c = formula::bradley_terry(chosen, zero, zero, zero, zero);
        std::printf("%10.2f %10.5f %10.5f %12.5f %10.5f\n", r, c.loss.value.value, c.d_chosen.value.value,
                    c.loss.slope.value, c.loss.slope.slope);
    }
}
