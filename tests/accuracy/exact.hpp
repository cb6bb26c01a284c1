// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

namespace accuracy {

/// A number of 50 decimal digits: Boost's, whose code is compiled once, in exact.cpp.
class exact {
public:
    exact();
    exact(long double x);
    template <class X>
        requires std::is_arithmetic_v<X> exact(X x) : exact(static_cast<long double>(x)) {}
        exact(const exact&);
        exact& operator=(const exact&);

        explicit operator long double() const;
        explicit operator double() const;
        explicit operator float() const;

        exact& operator+=(const exact&);
        exact& operator-=(const exact&);
        exact& operator*=(const exact&);
        exact& operator/=(const exact&);
        friend exact operator-(const exact&);
        friend exact operator+(const exact&, const exact&);
        friend exact operator-(const exact&, const exact&);
        friend exact operator*(const exact&, const exact&);
        friend exact operator/(const exact&, const exact&);
        friend bool operator==(const exact&, const exact&);
        friend bool operator<(const exact&, const exact&);
        friend bool operator>(const exact& x, const exact& y) { return y < x; }
        friend bool operator<=(const exact&, const exact&);
        friend bool operator>=(const exact& x, const exact& y) { return y <= x; }

        friend exact abs(const exact&);
        friend exact sqrt(const exact&);
        friend exact exp(const exact&);
        friend exact log(const exact&);
        friend exact pow(const exact&, const exact&);

    private:
        struct code;
        alignas(16) std::array<std::byte, 64> memory_; ///< of Boost's number
};

} // namespace accuracy
