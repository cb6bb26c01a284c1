// SPDX-License-Identifier: MIT
#include "accuracy/exact.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <memory>
#include <new>
#include <type_traits>

namespace accuracy {
namespace {

using number = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

} // namespace

struct exact::code {
    static_assert(sizeof(number) <= sizeof(memory_) && alignof(number) <= alignof(exact));
    static_assert(std::is_trivially_destructible_v<number>);
    static const number& in(const exact& x) { return *std::launder(reinterpret_cast<const number*>(x.memory_.data())); }
    static number& in(exact& x) { return *std::launder(reinterpret_cast<number*>(x.memory_.data())); }
    static exact from(const number& x) {
        exact r;
        in(r) = x;
        return r;
    }
};

exact::exact() { new (memory_.data()) number(); }
exact::exact(long double x) { new (memory_.data()) number(x); }
exact::exact(const exact& x) { new (memory_.data()) number(code::in(x)); }
exact& exact::operator=(const exact& x) { return code::in(*this) = code::in(x), *this; }

exact::operator long double() const { return static_cast<long double>(code::in(*this)); }
exact::operator double() const { return static_cast<double>(code::in(*this)); }
exact::operator float() const { return static_cast<float>(code::in(*this)); }

exact& exact::operator+=(const exact& x) { return code::in(*this) += code::in(x), *this; }
exact& exact::operator-=(const exact& x) { return code::in(*this) -= code::in(x), *this; }
exact& exact::operator*=(const exact& x) { return code::in(*this) *= code::in(x), *this; }
exact& exact::operator/=(const exact& x) { return code::in(*this) /= code::in(x), *this; }
exact operator-(const exact& x) { return exact::code::from(-exact::code::in(x)); }
exact operator+(const exact& x, const exact& y) { return exact(x) += y; }
exact operator-(const exact& x, const exact& y) { return exact(x) -= y; }
exact operator*(const exact& x, const exact& y) { return exact(x) *= y; }
exact operator/(const exact& x, const exact& y) { return exact(x) /= y; }
bool operator==(const exact& x, const exact& y) { return exact::code::in(x) == exact::code::in(y); }
bool operator<(const exact& x, const exact& y) { return exact::code::in(x) < exact::code::in(y); }
bool operator<=(const exact& x, const exact& y) { return exact::code::in(x) <= exact::code::in(y); }

exact abs(const exact& x) { return exact::code::from(abs(exact::code::in(x))); }
exact sqrt(const exact& x) { return exact::code::from(sqrt(exact::code::in(x))); }
exact exp(const exact& x) { return exact::code::from(exp(exact::code::in(x))); }
exact log(const exact& x) { return exact::code::from(log(exact::code::in(x))); }
exact pow(const exact& x, const exact& y) { return exact::code::from(pow(exact::code::in(x), exact::code::in(y))); }

} // namespace accuracy
