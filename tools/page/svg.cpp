// SPDX-License-Identifier: MIT
// Plots as inline SVG.
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

/// A number, with k, M or G if it is long.
std::string short_number(double x) {
    for (const auto& [unit, name] : {std::pair(1e9, " G"), std::pair(1e6, " M"), std::pair(1e4, " k")})
        if (std::fabs(x) >= unit) return number(x / (unit == 1e4 ? 1e3 : unit)) + name;
    return number(x);
}

struct axis {
    double low = 0, high = 1, from = 0, to = 1; ///< data range → pixels
    scale by = scale::linear;

    [[nodiscard]] double operator()(double v) const {
        const auto f = [this](double x) {
            if (by == scale::log) return std::log10(x);
            return by == scale::root ? std::sqrt(x > 0 ? x : 0) : x;
        };
        return from + (f(v) - f(low)) / (f(high) - f(low)) * (to - from);
    }
    /// Round numbers inside the range: 1, 2 or 5 times a power of ten apart.
    [[nodiscard]] std::vector<double> ticks() const {
        if (by == scale::root) return squares();
        if (by == scale::log) return powers();
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
    /// 1, 2, 5 times the powers of ten, or only the powers in a long range.
    [[nodiscard]] std::vector<double> powers() const {
        std::vector<double> result;
        const bool few = high / low > 500;
        for (double power = 1e-9; power <= high; power *= 10)
            for (const double k : {1.0, 2.0, 5.0})
                if (k * power >= low * 0.999 && k * power <= high * 1.001 && (k == 1 || !few))
                    result.push_back(k * power);
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
    axis x{.from = p.percent_y ? 72.0 : 58.0, .to = p.width - 14.0, .by = p.x_scale},
        y{.from = p.height - 46.0, .to = 14.0, .by = p.y_scale};
    bool first_x = true, first_y = true;
    for (const series& s : p.lines)
        for (std::size_t i = 0; i < s.x.size(); ++i)
            if (shown(p, s.x[i], s.y[i])) fit(x, first_x, s.x[i]), fit(y, first_y, s.y[i]);
    if (p.x_scale == scale::root) x.low = 0;
    if (!(x.high > x.low)) x.high = x.low + 1;
    if (!(y.high > y.low)) y.high = y.low + 1;
    const double room = 0.06 * (y.high - y.low);
    if (p.y_scale == scale::log)
        y.low *= 0.8, y.high *= 1.25;
    else
        y.low -= room, y.high += room;
    return {x, y};
}

void draw_axes(std::ostream& out, const plot& p, const axis& x, const axis& y) {
    for (const double v : y.ticks())
        out << "<line class='grid' x1='" << x.from << "' x2='" << x.to << "' y1='" << y(v) << "' y2='" << y(v)
            << "'/><text x='" << x.from - 8 << "' y='" << y(v) + 4 << "' text-anchor='end'>" << number(v)
            << (p.percent_y ? " %" : "") << "</text>";
    for (const double v : x.ticks())
        out << "<text x='" << x(v) << "' y='" << y.from + 18 << "' text-anchor='middle'>" << short_number(v)
            << "</text>";
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

std::vector<double> quarters(const axis& x) {
    std::vector<double> result;
    for (double v = 0; v <= x.high * 1.001; v += 0.25)
        if (v >= x.low) result.push_back(v);
    return result;
}

constexpr int narrow = 360; // the width of a drawing on a phone

/// A figure with two drawings, for wide screens and for phones. The style sheet shows one of them.
template <class Drawing>
void draw_figure(std::ostream& out, const std::string& title, const Drawing& drawing) {
    out << "<figure><h4>" << escaped(title) << "</h4>";
    for (const char* kind : {"wide", "narrow"}) {
        std::ostringstream inside;
        const auto [width, height] = drawing(inside, kind[0] == 'n');
        out << "<svg class='" << kind << "' viewBox='0 0 " << width << ' ' << height << "' role='img' aria-label='"
            << escaped(title) << "'>" << inside.str() << "</svg>";
    }
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
    std::ostringstream out;
    draw_figure(out, p.title, [&](std::ostream& svg, bool phone) {
        plot sized = p;
        if (phone) sized.width = std::min(p.width, narrow), sized.height = std::min(p.height, 300);
        const auto [x, y] = ranges(sized);
        draw_axes(svg, sized, x, y);
        for (const series& s : p.lines) draw_series(svg, sized, s, x, y);
        return std::pair(sized.width, sized.height);
    });
    std::vector<std::pair<std::string, std::string>> key;
    for (const series& s : p.lines) {
        const std::string colour = "class='c" + std::to_string(s.colour);
        key.emplace_back(s.points ? "<circle " + colour + " dot' r='4.5' cx='13' cy='5'/>"
                                  : "<line " + colour + (s.dashed ? " line dashed'" : " line'") +
                                        " x1='0' x2='26' y1='5' y2='5'/>",
                         s.name);
    }
    draw_key(out, key);
    out << "</figure>";
    return out.str();
}

namespace {

/// On a phone names are above their rows. Returns width and height.
std::pair<int, int> draw_dots(std::ostream& out, const dot_plot& p, bool phone) {
    const int left = phone ? 12 : 250, right = phone ? 338 : 608;
    const int above = phone ? 15 : 0, row_height = p.row_height + above;
    const int top = p.guides.empty() ? 6 : 24, bottom = top + static_cast<int>(p.rows.size()) * row_height + 10;
    const axis x{.low = p.low, .high = p.high, .from = double(left), .to = double(right), .by = p.x_scale};
    for (const double v : p.x_scale == scale::log ? x.ticks() : quarters(x))
        out << "<line class='" << (v == p.middle ? "axis" : "grid") << "' x1='" << x(v) << "' x2='" << x(v) << "' y1='"
            << top << "' y2='" << bottom << "'/><text x='" << x(v) << "' y='" << bottom + 18
            << "' text-anchor='middle'>" << number(p.factor * v) << escaped(p.unit) << "</text>";
    for (const guide& g : p.guides)
        out << "<line class='c" << g.colour << " line dashed' x1='" << x(g.at) << "' x2='" << x(g.at) << "' y1='" << top
            << "' y2='" << bottom << "'/><text x='" << x(g.at) << "' y='" << top - 8 << "' text-anchor='middle'>"
            << escaped(g.name) << "</text>";
    for (std::size_t r = 0; r < p.rows.size(); ++r) {
        const double middle = top + 14 + above + row_height * static_cast<double>(r);
        out << "<line class='faint' x1='" << left << "' x2='" << right << "' y1='" << middle << "' y2='" << middle
            << "'/><text x='" << (phone ? 0 : left - 12) << "' y='" << middle + (phone ? -11 : 4) << "' text-anchor='"
            << (phone ? "start" : "end") << "'>" << escaped(p.rows[r].name) << "</text>";
        for (std::size_t g = 0; g < p.rows[r].values.size(); ++g) {
            const interval i = p.rows[r].values[g];
            if (!std::isfinite(i.value)) continue;
            const double shift = static_cast<double>(g) - 0.5 * static_cast<double>(p.groups.size() - 1);
            const double y = middle + (p.side_by_side ? 7 * shift : 0);
            if (i.half_width > 0)
                out << "<line class='c" << g << " line' x1='" << x(i.value - i.half_width) << "' x2='"
                    << x(i.value + i.half_width) << "' y1='" << y << "' y2='" << y << "'/>";
            out << "<circle class='c" << g << " dot' r='4' cx='" << x(i.value) << "' cy='" << y << "'><title>"
                << escaped(p.groups[g]) << ": " << number(p.factor * i.value) << escaped(p.unit);
            if (i.half_width > 0) out << " ± " << number(p.factor * i.half_width);
            out << "</title></circle>";
        }
    }
    return {phone ? narrow : 640, bottom + 26};
}

/// Draws bars, with names above them on a phone. Returns width and height.
std::pair<int, int> draw_bars(std::ostream& out, const std::vector<bar>& bars, bool phone) {
    const int left = phone ? 0 : 250, right = phone ? 230 : 500, above = phone ? 15 : 0, row_height = 22 + above;
    double longest = 0;
    for (const bar& b : bars) longest = b.value > longest ? b.value : longest;
    const axis x{.low = 0, .high = longest > 0 ? longest : 1, .from = double(left), .to = double(right)};
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const bar& b = bars[i];
        const double y = 4 + row_height * static_cast<double>(i), text = y + above + 15;
        if (!std::isfinite(b.value)) {
            out << "<text class='heading' x='0' y='" << text << "'>" << escaped(b.name) << "</text>";
            continue;
        }
        const double end = x(b.value);
        out << "<text x='" << (phone ? 0 : left - 12) << "' y='" << (phone ? y + 13 : text) << "' text-anchor='"
            << (phone ? "start" : "end") << "'>" << escaped(b.name) << "</text><rect class='c" << b.colour
            << " bar' x='" << left << "' y='" << y + above + 3 << "' width='" << (end - left > 1 ? end - left : 1)
            << "' height='16'/><text x='" << end + 6 << "' y='" << text << "'>" << escaped(b.label) << "</text>";
    }
    return {phone ? narrow : 640, static_cast<int>(bars.size()) * row_height + 8};
}

} // namespace

std::string draw(const dot_plot& p) {
    std::ostringstream out;
    draw_figure(out, p.title, [&](std::ostream& svg, bool phone) { return draw_dots(svg, p, phone); });
    std::vector<std::pair<std::string, std::string>> key;
    for (std::size_t g = 0; g < p.groups.size(); ++g)
        key.emplace_back("<circle class='c" + std::to_string(g) + " dot' r='4' cx='13' cy='5'/>", p.groups[g]);
    draw_key(out, key);
    out << "</figure>";
    return out.str();
}

std::string draw(const std::string& title, const std::vector<bar>& bars) {
    std::ostringstream out;
    draw_figure(out, title, [&](std::ostream& svg, bool phone) { return draw_bars(svg, bars, phone); });
    out << "</figure>";
    return out.str();
}
