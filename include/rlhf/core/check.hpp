// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cmath>
#include <concepts>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// More elements than there is memory for, and far enough below the largest integer that sizes can be added to it.
inline constexpr std::int64_t too_many = std::int64_t(1) << 62;
/// The product of two sizes, at most too_many.
constexpr std::int64_t times(std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) || product > too_many ? too_many : product;
}

/// Ends a call that got bad arguments: throws std::invalid_argument with the text "rlhf::function: what". It formats on
/// the stack, so that no std::string code is instantiated here. Without exceptions it calls RLHF_FAIL(message) if the
/// user defined it, else prints the message; then it aborts.
[[noreturn]] RLHF_COLD RLHF_PRINTF(2, 3) inline void end_call(const char* function, const char* format, ...) {
    char message[384];
    const int used = std::snprintf(message, sizeof message, "rlhf::%s: ", function);
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message + used, sizeof message - static_cast<std::size_t>(used), format, arguments);
    va_end(arguments);
#if RLHF_EXCEPTIONS
    throw std::invalid_argument(message);
#else
#if defined(RLHF_FAIL)
    RLHF_FAIL(message);
#else
    std::fputs(message, stderr);
    std::fputc('\n', stderr);
#endif
    std::abort();
#endif
}

/// Converts an integer of any type to what printf's %lld takes; passes anything else through.
template <class X>
constexpr auto printable(X x) {
    if constexpr (std::is_convertible_v<X, std::int64_t> && !std::is_floating_point_v<X>)
        return static_cast<long long>(x);
    else
        return x;
}

/// A printf format that is checked at compile time: %lld for an integer of any type, %g or %.0f for a double, %s for
/// text.
template <class... A>
struct sentence {
    const char* text;
    consteval sentence(const char* format) : text(format) { // NOLINT(google-explicit-constructor): a plain string
        constexpr char wanted[] = {kind<decltype(printable(std::declval<A>()))>..., '\0'};
        const char* next = wanted;
        for (const char* at = format; *at != '\0'; ++at) {
            if (*at != '%') continue;
            const char* const from = ++at;
            while (*at != 'd' && *at != 'g' && *at != 'f' && *at != 's') ++at;
            const bool right = *at != 'd' || (at - from == 2 && from[0] == 'l' && from[1] == 'l');
            if (!right || *next++ != (*at == 'f' ? 'g' : *at)) format_and_values_differ();
        }
        if (*next != '\0') format_and_values_differ();
    }

private:
    template <class X>
    static constexpr char kind = std::same_as<X, long long> ? 'd' : (std::is_floating_point_v<X> ? 'g' : 's');
    static void format_and_values_differ() {} // not constexpr: the compiler stops here
};

/// Ends a call with an error sentence.
template <class... A>
[[noreturn]] RLHF_COLD void fail(const char* function, sentence<std::type_identity_t<A>...> what, A... values) {
    if constexpr (sizeof...(A) == 0)
        end_call(function, "%s", what.text);
    else
        end_call(function, what.text, printable(values)...);
}

/// Checks of options, as numbers of the type T that computes with them. NaN fails each check.
inline void check_range(const char* function, const char* option, double value, double low, double high) {
    if (!(value >= low && value <= high)) fail(function, "%s is %g, expected [%g, %g]", option, value, low, high);
}
/// The same for the options of a formula, which gives their names and ranges: formula::objective<…>::bounds(o,
/// in_range{f}).
struct in_range {
    const char* function;
    void operator()(const char* option, double value, double low, double high) const {
        check_range(function, option, value, low, high);
    }
};
inline void check_not_negative(const char* function, const char* option, double value) {
    if (!(value >= 0)) fail(function, "%s is %g, expected at least 0", option, value);
}
template <class T = double>
void check_positive(const char* function, const char* option, double value) {
    if (!(value > 0)) fail(function, "%s is %g, expected more than 0", option, value);
    if (!(static_cast<T>(value) > 0)) fail(function, "%s is %g, which is 0 as a float", option, value);
}
template <class T = double>
void check_finite(const char* function, const char* option, double value) {
    if (!std::isfinite(value)) fail(function, "%s is %g, expected a finite number", option, value);
    if (!std::isfinite(static_cast<T>(value))) fail(function, "%s is %g, which is infinite as a float", option, value);
}

} // namespace RLHF_NAMESPACE::detail
