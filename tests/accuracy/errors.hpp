// SPDX-License-Identifier: MIT
#pragma once

#include "accuracy/exact.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <rlhf/core/float16.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// ACCURACY.md, and the measures that hold its lines.
namespace accuracy {

/// The tables below one heading of ACCURACY.md. Each measure takes its cell, and none must be left. A row without
/// inputs has the inputs of the row above.
class section {
public:
    const int draws; ///< of each measure

    section(const std::string& heading, int times);
    [[nodiscard]] std::string cell(const std::string& row, const std::string& column);
    /// Rows that stand twice, and cells for a machine like this one that no measure took.
    [[nodiscard]] std::string left() const;

private:
    std::map<std::string, std::map<std::string, std::string>> rows_;
    std::set<std::string> taken_;
    std::string twice_;
};

template <class T>
inline constexpr const char* name_of = std::is_same_v<T, float> ? "float" : "double";
template <>
inline constexpr const char* name_of<rlhf::bfloat16> = "bfloat16";

/// The unit in the last place of a T near x.
template <class T>
[[nodiscard]] long double ulp_at(long double x) {
    constexpr int digits = std::is_same_v<T, float> ? 24 : std::is_same_v<T, double> ? 53 : 8;
    constexpr int smallest = std::is_same_v<T, float> ? -149 : std::is_same_v<T, double> ? -1074 : -133;
    int exponent = smallest;
    if (x != 0) std::frexp(x, &exponent);
    return std::ldexp(1.0L, std::max(exponent - digits, smallest));
}

/// What an error is divided by: the unit in the last place of the true value, as a number of the line's type or as a
/// double; or, for values that cross zero, the unit of the largest value of the line.
enum class unit { ulp, ulp_of_double, ulp_of_largest };
constexpr auto ulp = unit::ulp, ulp_of_double = unit::ulp_of_double, ulp_of_largest = unit::ulp_of_largest;

/// A line of the page in its column for T.
struct place {
    std::string what, inputs;
    accuracy::unit unit;
    std::string type;
};
/// Neither error is larger than stated, the mean is at least a quarter and the largest a tenth: the page has the
/// largest of many more draws.
void hold(section& page, const place& at, double largest, double mean);

/// The largest and the mean error of a result, and the line that states them. T: of the inputs, which names the column.
/// R: of the result, in whose ULP the errors are.
template <class T, class R = T>
class line {
public:
    line(std::string what, std::string inputs, unit u) : what_(std::move(what)), inputs_(std::move(inputs)), unit_(u) {}

    /// typical: does the error count for the mean?
    void add(long double got, long double want, bool typical = true) {
        const long double one = unit_ == ulp ? ulp_at<R>(want) : unit_ == ulp_of_double ? ulp_at<double>(want) : 1;
        const long double error = got == want ? 0 : std::fabs(got - want) / one;
        if (!(error <= worst_ || worst_ != worst_)) worst_ = error; // NaN stays
        value_ = std::max(value_, std::fabs(want));
        if (typical) sum_ += error, n_ += 1;
    }
    template <class Got>
    void add(Got got, const exact& want) {
        add(static_cast<long double>(got), static_cast<long double>(want));
    }

    void hold(section& page) const {
        const long double one = unit_ == ulp_of_largest ? ulp_at<R>(value_) : 1;
        accuracy::hold(page, {what_, inputs_, unit_, name_of<T>}, static_cast<double>(worst_ / one),
                       static_cast<double>(sum_ / n_ / one));
    }

private:
    std::string what_, inputs_;
    unit unit_;
    long double worst_ = 0, value_ = 0, sum_ = 0, n_ = 0;
};

template <class... T, class... R>
void hold(section& page, const line<T, R>&... lines) {
    (lines.hold(page), ...);
}

/// A number from [low, high) with digits down to its last place, of any size. (Numbers of random::uniform lie on a
/// grid, so that differences of doubles are exact.)
template <class T>
[[nodiscard]] T in(test::random& r, double low, double high) {
    const double x = r.uniform(low, high);
    return static_cast<T>(std::max(low, x * (1 - r.uniform(0, 0x1p-20))));
}

/// Where a rule chooses the larger of two values, and they are nearer than this, rounding may choose the other one and
/// its slope. Such slopes are not measured.
constexpr double near_tie = 1e-5;

[[nodiscard]] inline exact clip(const exact& x, const exact& low, const exact& high) {
    return std::min(std::max(x, low), high);
}

} // namespace accuracy
