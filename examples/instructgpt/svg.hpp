// SPDX-License-Identifier: MIT
// Miniature InstructGPT: plots as inline SVG, coloured by the page's style sheet.
#pragma once

#include "evaluate.hpp"

#include <string>
#include <vector>

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
    double x_limit = 0;  ///< what lies to the right of it is left out; 0: all is shown
    bool root_x = false; ///< the axis is √x
    bool percent_y = false;
    int width = 640, height = 340;
};

/// A row of a dot plot: one interval per group.
struct dots {
    std::string name;
    std::vector<interval> values;
};

[[nodiscard]] std::string escaped(const std::string& s);
[[nodiscard]] std::string draw(const plot& p);
/// Shares from 0 to 1 with a line at one half.
[[nodiscard]] std::string draw(const std::string& title, const std::vector<dots>& rows,
                               const std::vector<std::string>& groups);
