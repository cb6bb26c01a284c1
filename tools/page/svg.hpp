// SPDX-License-Identifier: MIT
// Plots as inline SVG, coloured by the page's style sheet (style.hpp).
#pragma once

#include <limits>
#include <string>
#include <vector>

enum class scale { linear, root, log };

/// A line or some points. Colours are the classes c0 … c6 of the page.
struct series {
    std::string name;
    std::vector<double> x, y;
    int colour = 0;
    bool points = false; ///< points instead of a line
    bool dashed = false;
};

struct plot {
    std::string title, x_label, y_label;
    std::vector<series> lines;
    double x_limit = 0; ///< values to the right of it are left out; 0: all are shown
    scale x_scale = scale::linear, y_scale = scale::linear;
    bool percent_y = false;
    int width = 640, height = 340;
};

/// A mean and the half width of its 95 % interval, or 0 without an interval.
struct interval {
    double value = 0, half_width = 0;
};

/// A row of a dot plot: one value per group, or NaN for none.
struct dots {
    std::string name;
    std::vector<interval> values;
};

/// A line across a dot plot, in a group's colour.
struct guide {
    double at = 0;
    std::string name;
    int colour = 0;
};

/// By default the values are shares, with a line at one half.
struct dot_plot {
    std::string title;
    std::vector<dots> rows;
    std::vector<std::string> groups;
    std::string unit = " %"; ///< the unit of the numbers at the axis
    double factor = 100;     ///< turns a value into this unit
    double low = 0, high = 1, middle = 0.5;
    scale x_scale = scale::linear;
    std::vector<guide> guides = {};
    int row_height = 30;
    bool side_by_side = true; ///< false: the groups of a row on one line
};

/// A horizontal bar with its value written beside it. Without a value it is a heading.
struct bar {
    std::string name, label;
    double value = std::numeric_limits<double>::quiet_NaN();
    int colour = 0;
};

[[nodiscard]] std::string escaped(const std::string& s);
[[nodiscard]] std::string draw(const plot& p);
[[nodiscard]] std::string draw(const dot_plot& p);
[[nodiscard]] std::string draw(const std::string& title, const std::vector<bar>& bars);
