// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace RLHF_NAMESPACE::detail {

/// Ends a call because of its arguments: "rlhf::function: what". Formats on the stack, so that no std::string code is
/// instantiated here. Without exceptions: RLHF_FAIL(message) if the user defined it, else prints and aborts.
[[noreturn]] RLHF_COLD RLHF_PRINTF(2, 3) inline void fail(const char* function, const char* format, ...) {
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

/// Options are checked in these words, as numbers of the type T that they are used in. NaN fails each of them.
inline void check_range(const char* function, const char* option, double value, double low, double high) {
    if (!(value >= low && value <= high)) fail(function, "%s is %g, expected [%g, %g]", option, value, low, high);
}
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
