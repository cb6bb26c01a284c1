// SPDX-License-Identifier: MIT
// Miniature InstructGPT: plots as inline SVG.
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace {

std::string number(double x) {
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", std::fabs(x) < 1e-9 ? 0.0 : x);
    return text;
}

struct axis {
    double low = 0, high = 1, from = 0, to = 1; ///< data range → pixels
    bool root = false;

    [[nodiscard]] double operator()(double v) const {
        const auto f = [this](double x) { return root ? std::sqrt(x > 0 ? x : 0) : x; };
        return from + (f(v) - f(low)) / (f(high) - f(low)) * (to - from);
    }
    /// Round numbers inside the range: 1, 2 or 5 times a power of ten apart.
    [[nodiscard]] std::vector<double> ticks() const {
        if (root) return squares();
        double step = 1e-6;
        for (int i = 0; (high - low) / step > 6; ++i) step *= i % 3 == 1 ? 2.5 : 2;
        std::vector<double> result;
        for (double v = std::ceil(low / step) * step; v <= high + step * 1e-6; v += step) result.push_back(v);
        return result;
    }
    [[nodiscard]] std::vector<double> squares() const {
        std::vector<double> result;
        for (const double v : {0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0})
            if (v >= low && v <= high) result.push_back(v);
        return result;
    }
};

/// Extends the range over the finite values that are shown.
void fit(axis& a, bool& first, double v) {
    if (!std::isfinite(v)) return;
    a.low = first || v < a.low ? v : a.low;
    a.high = first || v > a.high ? v : a.high;
    first = false;
}

bool shown(const plot& p, double x, double y) {
    return std::isfinite(x) && std::isfinite(y) && (p.x_limit <= 0 || x <= p.x_limit);
}

std::pair<axis, axis> ranges(const plot& p) {
    axis x{.from = 58, .to = p.width - 14.0, .root = p.root_x}, y{.from = p.height - 46.0, .to = 14.0};
    bool first_x = true, first_y = true;
    for (const series& s : p.lines)
        for (std::size_t i = 0; i < s.x.size(); ++i)
            if (shown(p, s.x[i], s.y[i])) fit(x, first_x, s.x[i]), fit(y, first_y, s.y[i]);
    if (p.root_x) x.low = 0;
    if (!(x.high > x.low)) x.high = x.low + 1;
    if (!(y.high > y.low)) y.high = y.low + 1;
    const double room = 0.06 * (y.high - y.low);
    y.low -= room, y.high += room;
    return {x, y};
}

void draw_axes(std::ostream& out, const plot& p, const axis& x, const axis& y) {
    for (const double v : y.ticks())
        out << "<line class='grid' x1='" << x.from << "' x2='" << x.to << "' y1='" << y(v) << "' y2='" << y(v)
            << "'/><text x='" << x.from - 8 << "' y='" << y(v) + 4 << "' text-anchor='end'>" << number(v)
            << (p.percent_y ? " %" : "") << "</text>";
    for (const double v : x.ticks())
        out << "<text x='" << x(v) << "' y='" << y.from + 18 << "' text-anchor='middle'>" << number(v) << "</text>";
    out << "<line class='axis' x1='" << x.from << "' x2='" << x.to << "' y1='" << y.from << "' y2='" << y.from << "'/>"
        << "<text x='" << (x.from + x.to) / 2 << "' y='" << p.height - 8 << "' text-anchor='middle'>"
        << escaped(p.x_label) << "</text><text transform='translate(13 " << (y.from + y.to) / 2
        << ") rotate(-90)' text-anchor='middle'>" << escaped(p.y_label) << "</text>";
}

void draw_series(std::ostream& out, const plot& p, const series& s, const axis& x, const axis& y) {
    if (s.points) {
        for (std::size_t i = 0; i < s.x.size(); ++i)
            if (shown(p, s.x[i], s.y[i]))
                out << "<circle class='c" << s.colour << " dot' r='4.5' cx='" << x(s.x[i]) << "' cy='" << y(s.y[i])
                    << "'><title>" << escaped(s.name) << ": " << number(s.x[i]) << ", " << number(s.y[i])
                    << "</title></circle>";
        return;
    }
    out << "<polyline class='c" << s.colour << (s.dashed ? " line dashed" : " line") << "' points='";
    for (std::size_t i = 0; i < s.x.size(); ++i)
        if (shown(p, s.x[i], s.y[i])) out << x(s.x[i]) << ',' << y(s.y[i]) << ' ';
    out << "'><title>" << escaped(s.name) << "</title></polyline>";
}

void draw_key(std::ostream& out, const std::vector<std::pair<std::string, std::string>>& entries) {
    out << "<figcaption>";
    for (const auto& [style, name] : entries)
        out << "<span class='key'><svg width='26' height='10' aria-hidden='true'>" << style << "</svg>" << escaped(name)
            << "</span>";
    out << "</figcaption>";
}

} // namespace

std::string escaped(const std::string& s) {
    std::string result;
    for (const char c : s) {
        switch (c) {
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '&':
            result += "&amp;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string draw(const plot& p) {
    const auto [x, y] = ranges(p);
    std::ostringstream out;
    out << "<figure><h4>" << escaped(p.title) << "</h4><svg viewBox='0 0 " << p.width << ' ' << p.height
        << "' role='img' aria-label='" << escaped(p.title) << "'>";
    draw_axes(out, p, x, y);
    std::vector<std::pair<std::string, std::string>> key;
    for (const series& s : p.lines) {
        draw_series(out, p, s, x, y);
        const std::string colour = "class='c" + std::to_string(s.colour);
        key.emplace_back(s.points ? "<circle " + colour + " dot' r='4.5' cx='13' cy='5'/>"
                                  : "<line " + colour + (s.dashed ? " line dashed'" : " line'") +
                                        " x1='0' x2='26' y1='5' y2='5'/>",
                         s.name);
    }
    out << "</svg>";
    draw_key(out, key);
    out << "</figure>";
    return out.str();
}

std::string draw(const std::string& title, const std::vector<dots>& rows, const std::vector<std::string>& groups) {
    constexpr int left = 250, right = 608, row_height = 30;
    const int height = static_cast<int>(rows.size()) * row_height + 40;
    const axis x{.low = 0, .high = 1, .from = left, .to = right};
    std::ostringstream out;
    out << "<figure><h4>" << escaped(title) << "</h4><svg viewBox='0 0 640 " << height << "' role='img' aria-label='"
        << escaped(title) << "'>";
    for (const double v : {0.0, 0.25, 0.5, 0.75, 1.0})
        out << "<line class='" << (v == 0.5 ? "axis" : "grid") << "' x1='" << x(v) << "' x2='" << x(v)
            << "' y1='6' y2='" << height - 26 << "'/><text x='" << x(v) << "' y='" << height - 8
            << "' text-anchor='middle'>" << 100 * v << " %</text>";
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const double middle = 20 + row_height * static_cast<double>(r);
        out << "<text x='" << left - 12 << "' y='" << middle + 4 << "' text-anchor='end'>" << escaped(rows[r].name)
            << "</text>";
        for (std::size_t g = 0; g < rows[r].values.size(); ++g) {
            const interval i = rows[r].values[g];
            const double y = middle + 7 * (static_cast<double>(g) - 0.5 * static_cast<double>(groups.size() - 1));
            out << "<line class='c" << g << " line' x1='" << x(i.value - i.half_width) << "' x2='"
                << x(i.value + i.half_width) << "' y1='" << y << "' y2='" << y << "'/><circle class='c" << g
                << " dot' r='4' cx='" << x(i.value) << "' cy='" << y << "'><title>" << number(i.value) << " ± "
                << number(i.half_width) << "</title></circle>";
        }
    }
    out << "</svg>";
    std::vector<std::pair<std::string, std::string>> key;
    for (std::size_t g = 0; g < groups.size(); ++g)
        key.emplace_back("<circle class='c" + std::to_string(g) + " dot' r='4' cx='13' cy='5'/>", groups[g]);
    draw_key(out, key);
    out << "</figure>";
    return out.str();
}
