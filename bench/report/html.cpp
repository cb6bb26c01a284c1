// SPDX-License-Identifier: MIT
#include "html.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <page/style.hpp>
#include <page/svg.hpp>
#include <sstream>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> places = {"L2", "L3", "DRAM"};

const char* const head = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>rlhf: benchmarks</title><style>
)html";

const char* const more_style = R"css(
body { max-width: 50rem; } code { background: var(--box); padding: .1em .3em; border-radius: 3px; font-size: .85em; }
p.command { margin: -.6rem 0 1.6rem; color: var(--soft); font-size: .85rem; overflow-x: auto; white-space: nowrap; }
table.machine td { text-align: left; white-space: normal; } table.machine td:first-child { color: var(--soft); width: 9rem; }
tr.function td { font-weight: 600; padding-top: 1rem; } td.left { text-align: left; } td.reason { white-space: normal; text-align: left; }
.met { color: var(--c2); } .missed { color: var(--c4); font-weight: 600; } summary { cursor: pointer; margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.tile { background: var(--box); border-radius: 6px; padding: .7rem .9rem; } .tile b { display: block; font-size: 1.5rem; }
.tile span { color: var(--soft); font-size: .85rem; }
)css";

const char* const reading = R"html(<h2>How to read this</h2>
<p>A benchmark's name is <code>function/type/where/how/who</code>. <b>Where</b> is the place in which all arrays of a call
are at home (a working set that fits the second-level cache, the third-level cache, or neither), or a shape. <b>How</b>
is the mask, <code>dense</code> (every token counts), <code>tail</code> (the last eighth of a row is padding) or
<code>gaps</code> (runs in the middle are masked), and what else is special. <b>Who</b> is</p>
<ul><li><code>rlhf</code>: the library; <code>scalar</code>: the same without SIMD;</li>
<li><code>plain</code>: the C++ loop that one writes first, by the same compiler with the same flags;</li>
<li><code>floor</code>: the same arrays read once and written once with next to no arithmetic: what memory allows. No
code that touches this much memory can be faster; <i>share of the floor</i> is its time over the library's.</li></ul>
<p>Times are medians over repetitions that took turns with all other benchmarks, on one core; GB/s count the necessary
traffic, every input and every output once. Believe ratios of one run, and times only of a quiet machine.</p>
)html";

std::string command(const std::string& filter, const std::string& made) {
    return "<p class='command'><code>" +
           escaped(made + (filter.empty() ? "" : " --benchmark_filter='" + filter + "'")) + "</code></p>\n";
}

/// What an item is called in a plot: without type and place, and without what is so in all plots.
std::string plot_name(const measurement& m) {
    std::string name = m.function();
    const auto parts = parts_of(m.item);
    for (std::size_t i = 3; i < parts.size(); ++i)
        if (parts[i] != "tail" && parts[i] != "dense" && parts[i][0] != 'V') name += " " + parts[i];
    return name;
}
bool has_part(const measurement& m, const std::string& part) {
    const auto parts = parts_of(m.item);
    return std::find(parts.begin(), parts.end(), part) != parts.end();
}
/// The number behind a prefix in one of the parts: rows512 → 512.
std::optional<double> number_after(const measurement& m, const std::string& prefix) {
    for (const std::string& part : parts_of(m.item))
        if (part.size() > prefix.size() && part.rfind(prefix, 0) == 0 &&
            part.find_first_not_of("0123456789", prefix.size()) == std::string::npos)
            return std::stod(part.substr(prefix.size()));
    return std::nullopt;
}

/// The floats' figures of each function in each place.
struct by_place {
    std::string name;
    std::vector<double> gigabytes = std::vector<double>(places.size(), none);
    std::vector<double> share = std::vector<double>(places.size(), none);
    int found = 0;
};
std::vector<by_place> collect_places(const figures& f) {
    std::vector<by_place> rows;
    for (const measurement& m : f.all) {
        const auto place = std::find(places.begin(), places.end(), m.where());
        if (m.who != "rlhf" || m.part(1) != "f32" || place == places.end() || m.function() == "exp") continue;
        if (number_after(m, "rows") || has_part(m, "one_row")) continue;
        if ((has_part(m, "dense") || has_part(m, "gaps")) && f.find(m.function() + "/f32/L3/tail", "rlhf") != nullptr)
            continue;
        const std::string name = plot_name(m);
        auto row = std::find_if(rows.begin(), rows.end(), [&](const by_place& r) { return r.name == name; });
        if (row == rows.end()) row = rows.insert(rows.end(), by_place{.name = name});
        const auto i = static_cast<std::size_t>(place - places.begin());
        row->gigabytes[i] = m.gigabytes(), row->share[i] = f.against(m, "floor").value_or(none), ++row->found;
    }
    std::erase_if(rows, [](const by_place& r) { return r.found < 2; });
    return rows;
}

std::vector<dots> dots_of(const std::vector<by_place>& rows, std::vector<double> by_place::*values) {
    std::vector<dots> result;
    for (const by_place& r : rows) {
        dots d{.name = r.name, .values = {}};
        for (const double v : r.*values) d.values.push_back({v, 0});
        result.push_back(d);
    }
    return result;
}

void write_roofline(std::ostream& out, const figures& f, const std::string& made) {
    const auto rows = collect_places(f);
    if (rows.empty()) return;
    std::vector<guide> guides;
    double low = 1e9, high = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const measurement* const copy = f.find("machine/f32/" + places[i] + "/copy", "limit");
        if (copy != nullptr)
            guides.push_back({copy->gigabytes(), "copy " + places[i], static_cast<int>(i)}),
                high = std::max(high, copy->gigabytes());
        for (const by_place& r : rows)
            if (std::isfinite(r.gigabytes[i]))
                low = std::min(low, r.gigabytes[i]), high = std::max(high, r.gigabytes[i]);
    }
    out << "<h2>The memory roofline</h2><p>Necessary traffic of each function in each place, floats, against what the "
           "machine copies there. Left of its dashed line a function computes; at the line it waits for memory.</p>"
        << draw(dot_plot{.title = "GB/s of necessary traffic (log scale)",
                         .rows = dots_of(rows, &by_place::gigabytes),
                         .groups = places,
                         .unit = "",
                         .factor = 1,
                         .low = low * 0.8,
                         .high = high * 1.25,
                         .middle = 0,
                         .x_scale = scale::log,
                         .guides = guides,
                         .row_height = 20,
                         .side_by_side = false})
        << command("f32/(L2|L3|DRAM)/", made);
    double most = 1;
    for (const by_place& r : rows)
        for (const double v : r.share) most = std::isfinite(v) ? std::max(most, v) : most;
    out << "<h2>Share of the floor</h2><p>100 % is the time of reading and writing the same arrays and nothing else. "
           "What computes an exponential an element cannot reach it in a cache.</p>"
        << draw(dot_plot{.title = "Time of the floor over the time of rlhf",
                         .rows = dots_of(rows, &by_place::share),
                         .groups = places,
                         .low = 0,
                         .high = std::min(most, 1.5) * 1.05,
                         .middle = 1,
                         .row_height = 20,
                         .side_by_side = false})
        << command("f32/(L2|L3|DRAM)/.*(rlhf|floor)", made);
}

void write_others(std::ostream& out, const figures& f, const std::string& made) {
    const std::vector<std::string> who = {"floor", "plain", "scalar", "eigen", "torch"};
    std::vector<dots> rows;
    double low = 0.5, high = 2;
    for (const measurement& m : f.all) {
        if (m.who != "rlhf" || m.part(1) != "f32" || m.function() == "compile") continue;
        if (f.find(m.item, "plain") == nullptr) continue;
        const bool place = std::find(places.begin(), places.end(), m.where()) != places.end();
        if (!place && m.function() != "linear_head" && m.function() != "vocab_shard_log_probs") continue;
        dots d{.name = plot_name(m) + (has_part(m, "dense") && m.function() == "gae" ? " dense" : ""), .values = {}};
        for (const std::string& other : who) {
            const double ratio = f.against(m, other).value_or(none);
            d.values.push_back({ratio, 0});
            if (std::isfinite(ratio)) low = std::min(low, ratio * 0.8), high = std::max(high, ratio * 1.25);
        }
        rows.push_back(d);
    }
    if (rows.empty()) return;
    out << "<h2>Against others in the same process</h2><p>Time over the time of rlhf, which is 1: to the right is "
           "slower. Floats, in the third-level cache.</p>"
        << draw(dot_plot{.title = "Times as long as rlhf (log scale)",
                         .rows = rows,
                         .groups = who,
                         .unit = "",
                         .factor = 1,
                         .low = low,
                         .high = high,
                         .middle = 1,
                         .x_scale = scale::log,
                         .row_height = 20,
                         .side_by_side = false})
        << command("f32/L3/", made);
}

/// ns an element over x(measurement), one line for each of `who`.
std::string curve(const figures& f, plot p, const std::vector<std::string>& who,
                  const std::function<std::optional<double>(const measurement&)>& x) {
    for (std::size_t w = 0; w < who.size(); ++w) {
        std::vector<std::pair<double, double>> points;
        for (const measurement& m : f.all)
            if (m.who == who[w])
                if (const auto at = x(m)) points.emplace_back(*at, m.ns());
        std::sort(points.begin(), points.end());
        series s{.name = who[w],
                 .x = {},
                 .y = {},
                 .colour = who[w] == "floor" ? 5 : static_cast<int>(w),
                 .dashed = who[w] == "floor"};
        for (const auto& [a, b] : points) s.x.push_back(a), s.y.push_back(b);
        if (points.size() > 1) p.lines.push_back(s);
    }
    return p.lines.empty() ? "" : draw(p);
}

void write_curves(std::ostream& out, const figures& f, const std::string& made) {
    const auto rows_of = [](const std::string& start, const std::string& mask) {
        return [=](const measurement& m) -> std::optional<double> {
            if (m.item == start + mask) return 1024;
            return m.item.rfind(start + mask + "/rows", 0) == 0 ? number_after(m, "rows") : std::nullopt;
        };
    };
    const auto tokens_of = [](const std::string& function, const std::string& mask) {
        return [=](const measurement& m) -> std::optional<double> {
            const auto cross = m.where().find("x1024");
            if (m.item.rfind(function + "/f32/", 0) != 0 || m.how() != mask || cross == std::string::npos)
                return std::nullopt;
            return 1024 * std::stod(m.where().substr(0, cross));
        };
    };
    const auto K_of = [](const measurement& m) -> std::optional<double> {
        return m.item.rfind("ranking_loss/f32/L3/", 0) == 0 ? number_after(m, "K") : std::nullopt;
    };
    const auto small = [](const char* title, const char* x, const char* y) {
        return plot{.title = title,
                    .x_label = x,
                    .y_label = y,
                    .lines = {},
                    .x_scale = scale::log,
                    .y_scale = scale::log,
                    .width = 400,
                    .height = 270};
    };
    const std::vector<std::string> two = {"rlhf", "floor"};
    const std::string curves =
        curve(f, small("ppo_policy_loss, L3", "steps a row", "ns a token"), two,
              rows_of("ppo_policy_loss/f32/L3/", "tail")) +
        curve(f, small("ppo_policy_loss, DRAM", "steps a row", "ns a token"), two,
              rows_of("ppo_policy_loss/f32/DRAM/", "tail")) +
        curve(f, small("ppo_policy_loss, rows of 1024", "tokens a call", "ns a token"), two,
              tokens_of("ppo_policy_loss", "tail")) +
        curve(f, small("gae, rows of 1024", "tokens a call", "ns a token"), two, tokens_of("gae", "dense")) +
        curve(f, small("gae, L3", "steps a row", "ns a token"), two, rows_of("gae/f32/L3/", "dense")) +
        curve(f, small("ranking_loss, L3", "responses a prompt (K)", "ns a pair"), {"rlhf", "plain", "floor"}, K_of);
    if (curves.empty()) return;
    out << "<h2>Length of rows, size of batches</h2><p>A row's sums are merged exactly, whatever its length: short "
           "rows "
           "pay for it. A batch is a call: small ones pay for the call.</p><div class='two'>"
        << curves << "</div>" << command("ppo_policy_loss|gae|ranking", made);
}

void write_peers_section(std::ostream& out, const figures& f, const std::vector<peer>& peers, const std::string& made) {
    if (peers.empty()) return;
    out << "<h2>Against other libraries</h2><div class='note'><ul>";
    for (const std::string& warning : peer_warnings) out << "<li>" << escaped(warning) << "</li>";
    out << "</ul></div>";
    std::vector<std::string> items;
    for (const peer& p : peers)
        if (std::find(items.begin(), items.end(), p.item) == items.end()) items.push_back(p.item);
    std::string notes;
    for (const std::string& item : items) {
        std::vector<bar> bars;
        std::string element = "element";
        for (const peer& p : peers) {
            if (p.item != item) continue;
            const measurement* const own = beside(f, p);
            element = p.element;
            if (bars.empty() && own != nullptr)
                for (const char* who : {"rlhf", "plain", "eigen", "floor"})
                    if (const measurement* m = f.find(own->item, who))
                        bars.push_back({.name = std::string(who) +
                                                (own->item == item ? "" : ", " + own->where() + ' ' + own->how()),
                                        .label = digits3(m->ns()) + " ns",
                                        .value = m->ns(),
                                        .colour = who == std::string("rlhf") ? 0 : 5});
            const std::string ratio = own != nullptr ? ", " + digits3(p.ns / own->ns()) + " × rlhf" : "";
            bars.push_back({.name = p.who, .label = digits3(p.ns) + " ns" + ratio, .value = p.ns, .colour = 1});
            if (!p.note.empty())
                notes += "<li><b>" + escaped(p.who) + "</b>, " + escaped(item) + ": " + escaped(p.note) + "</li>";
        }
        out << draw(item + ": ns a" + (element.find_first_of("aeiou") == 0 ? "n " : " ") + element, bars);
    }
    out << command("", made + " --peers");
    if (!notes.empty()) out << "<details><summary>Notes on the peers</summary><ul>" << notes << "</ul></details>";
}

void write_verdicts_section(std::ostream& out, const std::vector<verdict>& verdicts,
                            const std::vector<std::string>& notes, const std::string& made) {
    if (verdicts.empty()) return;
    out << "<h2>Goals</h2><p>Ratios to the floor, to plain loops or to each other, from <code>bench/goals.json</code>, "
           "judged by this run. The gate measures what is missed again before it fails.</p><div class='wide'><table>"
           "<tr><th>item</th><th>against</th><th>goal</th><th>here</th><th class='left'>why</th></tr>";
    for (const verdict& v : verdicts) {
        const std::string own = v.of.item.substr(0, v.of.item.rfind('/') + 1);
        const bool same = v.of.against.rfind(own, 0) == 0;
        out << "<tr><td>" << escaped(v.of.item) << "</td><td>"
            << escaped(same ? v.of.against.substr(own.size()) : v.of.against) << "</td><td>"
            << (v.of.at_least ? "≥ " : "≤ ") << digits3(v.of.bound) << "</td><td class='" << (v.met ? "met" : "missed")
            << "'>" << (v.ratios.empty() ? "not measured" : digits3(v.ratios.back())) << "</td><td class='reason'>"
            << escaped(v.of.reason) << "</td></tr>\n";
    }
    out << "</table></div>" << command("", made + " --gate");
    if (notes.empty()) return;
    out << "<details><summary>Times that were reached on another machine, for comparison</summary><ul>";
    for (const std::string& note : notes) out << "<li>" << escaped(note) << "</li>";
    out << "</ul></details>";
}

void write_machine_section(std::ostream& out, const figures& f) {
    out << "<div class='wide'><table class='machine'>";
    for (const auto& [key, name] :
         {std::pair("cpu", "CPU"), std::pair("caches", "caches, one core's"), std::pair("working_sets", "working sets"),
          std::pair("governor", "frequency governor"), std::pair("compiler", "compiler"), std::pair("flags", "flags"),
          std::pair("abi", "version and instruction set"), std::pair("xsimd", "xsimd"), std::pair("date", "date")})
        if (const auto found = f.context.find(key); found != f.context.end())
            out << "<tr><td>" << name << "</td><td>" << escaped(found->second) << "</td></tr>";
    out << "</table></div><div class='tiles'>";
    const auto tile = [&](const std::string& name, const std::string& value) {
        out << "<div class='tile'><b>" << value << "</b><span>" << name << "</span></div>";
    };
    for (const measurement& m : f.all) {
        if (m.function() == "machine")
            tile(m.bytes > 0 ? m.where() + ' ' + m.how() : "fused multiply-adds, " + m.part(1),
                 m.bytes > 0 ? digits3(m.gigabytes()) + " GB/s" : digits3(1 / m.ns()) + " GFLOP/s");
        if (m.function() == "compile")
            tile(m.where() == "include" ? "to compile <code>#include &lt;rlhf/ppo.hpp&gt;</code>"
                                        : "with one call of ppo_policy_loss",
                 fixed(m.ns() * 1e-9, 2) + " s");
    }
    out << "</div>";
}

void write_all(std::ostream& out, const figures& f, const std::string& made) {
    std::string function;
    out << "<h2>All figures</h2>" << command("", made)
        << "<div class='wide'><table><tr><th>type, where, how</th><th>who</th><th>ns</th><th class='left'>an …</th>"
           "<th>± half of the middle half</th><th>GB/s</th><th>of the floor</th><th>times rlhf</th></tr>";
    for (const measurement& m : f.all) {
        if (m.function() == "compile" || m.function() == "machine") continue;
        if (m.function() != function)
            function = m.function(),
            out << "<tr class='function'><td colspan='8'>" << escaped(function) << "</td></tr>\n";
        const measurement* const rlhf = f.find(m.item, "rlhf");
        const auto share = f.against(m, "floor");
        out << "<tr><td>" << escaped(m.what()) << "</td><td>" << escaped(m.who) << "</td><td>" << digits3(m.ns())
            << "</td><td class='left'>" << escaped(m.element) << "</td><td>" << fixed(100 * m.spread(), 1)
            << " %</td><td>" << (m.bytes > 0 ? digits3(m.gigabytes()) : "–") << "</td><td>"
            << (share && m.who != "floor" ? fixed(100 * *share, 0) + " %" : "–") << "</td><td>"
            << (rlhf != nullptr && m.who != "rlhf" ? digits3(m.ns() / rlhf->ns()) : "–") << "</td></tr>\n";
    }
    out << "</table></div>";
}

} // namespace

std::string html(const figures& f, const std::vector<peer>& peers, const std::vector<verdict>& verdicts,
                 const std::vector<std::string>& notes, const std::string& made) {
    std::ostringstream out;
    out << head << page::style << more_style
        << "</style></head><body><h1>How fast rlhf is here</h1><p class='lead'>The "
        << "losses of PPO and RLHF with their gradients, on one core of this machine.</p>";
    write_machine_section(out, f);
    out << reading;
    write_roofline(out, f, made);
    write_others(out, f, made);
    write_curves(out, f, made);
    write_peers_section(out, f, peers, made);
    write_verdicts_section(out, verdicts, notes, made);
    write_all(out, f, made);
    out << "</body></html>\n";
    return out.str();
}
