// SPDX-License-Identifier: MIT
#pragma once

#include "support/catch.hpp"
#include "support/random.hpp"

#include <rlhf/core/float16.hpp>
#include <rlhf/lane.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// ACCURACY.md, and the measures that hold its lines.
namespace accuracy {

using exact = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// The tables below one heading of ACCURACY.md. Each measure takes its cell, and none must be left. A row without
/// inputs has the inputs of the row above.
class section {
public:
    const int draws; ///< of each measure

    section(const std::string& heading, int times) : draws(2000 * times) {
        std::ifstream page(RLHF_TESTS "/../ACCURACY.md");
        std::vector<std::string> columns;
        std::string inputs; // of the row above
        bool inside = false;
        for (std::string line; std::getline(page, line);) {
            if (line.starts_with("## ")) inside = line == "## " + heading;
            if (!inside || !line.starts_with("|")) {
                columns.clear();
                continue;
            }
            const auto cells = cells_of(line);
            if (columns.empty()) {
                columns = cells;
            } else if (!cells[0].starts_with("-")) {
                auto& row = rows_[cells[0]];
                if (!row.empty()) twice_ += cells[0] + "\n";
                for (std::size_t i = 1; i < std::min(cells.size(), columns.size()); ++i) row[columns[i]] = cells[i];
                inputs = row["inputs"].empty() ? inputs : row["inputs"], row["inputs"] = inputs;
            }
        }
    }
    [[nodiscard]] std::string cell(const std::string& row, const std::string& column) {
        taken_.insert(row + ", " + column);
        return rows_[row][column];
    }
    /// Rows that stand twice, and cells for a machine like this one that no measure took.
    [[nodiscard]] std::string left() const {
        std::string names = twice_;
        for (const auto& [row, cells] : rows_)
            for (const auto& [column, text] : cells)
                if (text != "–" && is_of_this_machine(column) && !taken_.contains(row + ", " + column))
                    names += row + ", " + column + "\n";
        return names;
    }

private:
    static bool is_of_this_machine(const std::string& column) {
        return column != "inputs" && column != "unit" && column.ends_with("no FMA") == !RLHF_FMA;
    }
    static std::vector<std::string> cells_of(const std::string& line) {
        std::vector<std::string> cells;
        for (std::size_t begin = 1, end = 0; (end = line.find('|', begin)) != std::string::npos; begin = end + 1) {
            const std::size_t first = line.find_first_not_of(' ', begin), last = line.find_last_not_of(' ', end - 1);
            cells.push_back(first < end ? line.substr(first, last + 1 - first) : "");
        }
        return cells;
    }
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
constexpr const char* names_of_units[] = {"ULP", "ULP of a double", "ULP of the largest"};

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

    /// Neither error is larger than stated, the mean is at least a quarter and the largest a tenth: the page has the
    /// largest of many more draws.
    void hold(section& page) const {
        const std::string column = std::string(name_of<T>) + (RLHF_FMA ? "" : ", no FMA"),
                          unit = names_of_units[static_cast<int>(unit_)], stated = page.cell(what_, column);
        double largest_stated = -1, mean_stated = -1;
        std::sscanf(stated.c_str(), "%lf (%lf)", &largest_stated, &mean_stated);
        const long double one = unit_ == ulp_of_largest ? ulp_at<R>(value_) : 1;
        const auto largest = static_cast<double>(worst_ / one), mean = static_cast<double>(sum_ / n_ / one);
        INFO("ACCURACY.md: | " << what_ << " | " << inputs_ << " | " << unit << " | " << column << " says " << stated
                               << ", measured " << largest << " (" << mean << ")");
        CHECK((page.cell(what_, "inputs") == inputs_ && page.cell(what_, "unit") == unit));
        CHECK((largest <= largest_stated && mean <= mean_stated));
        CHECK((10 * largest >= largest_stated && 4 * mean >= mean_stated));
    }

private:
    std::string what_, inputs_;
    unit unit_;
    long double worst_ = 0, value_ = 0, sum_ = 0, n_ = 0;
};

void hold(section& page, const auto&... lines) { (lines.hold(page), ...); }

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
