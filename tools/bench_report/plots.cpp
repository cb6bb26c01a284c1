// SPDX-License-Identifier: MIT
#include "plots.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <page/svg.hpp>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> places = {"L2", "L3", "DRAM"};

/// The name of an item in a plot: without type, place, and parts that are the same in all plots.
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
/// The number after a prefix in one of the parts: rows512 → 512.
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

/// A plot of ns per element against x(measurement), with one line for each of `who`.
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

} // namespace

std::string command(const std::string& filter, const std::string& made) {
    return "<p class='command'><code>" +
           escaped(made + (filter.empty() ? "" : " --benchmark_filter='" + filter + "'")) + "</code></p>\n";
}

void write_roofline(std::ostream& out, const figures& f, const std::string& made) {
    const auto rows = collect_places(f);
    if (rows.empty()) return;
    std::vector<guide> guides;
    double low = 1e9, high = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const measurement* const copy = f.find("machine/f32/" + places[i] + "/copy", "limit");
        if (copy != nullptr)
            guides.push_back({copy->gigabytes(), places[i], static_cast<int>(i)}),
                high = std::max(high, copy->gigabytes());
        for (const by_place& r : rows)
            if (std::isfinite(r.gigabytes[i]))
                low = std::min(low, r.gigabytes[i]), high = std::max(high, r.gigabytes[i]);
    }
    out << "<h2>The memory roofline</h2><p>Necessary traffic of each function in each place, floats. Dashed: what the "
           "machine copies there. A function left of the line computes; at the line it waits for memory.</p>"
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
    out << "<h2 id='floor'>Share of the floor</h2><p>100 % is the time of reading and writing the same arrays and "
           "nothing else. A function that computes an exponential per element cannot reach it in a cache.</p>"
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
    std::vector<std::string> who;
    for (const char* other : {"floor", "plain", "scalar", "eigen", "torch"})
        if (std::any_of(f.all.begin(), f.all.end(), [&](const measurement& m) { return m.who == other; }))
            who.push_back(other);
    std::vector<dots> rows;
    double low = 0.5, high = 2;
    for (const measurement& m : f.all) {
        if (m.who != "rlhf" || m.part(1) != "f32" || m.function() == "compile") continue;
        if (f.find(m.item, "plain") == nullptr) continue;
        const bool place = std::find(places.begin(), places.end(), m.where()) != places.end();
        if (!place && m.function() != "linear_head" && m.function() != "vocab_shard_log_probs") continue;
        dots d{.name = plot_name(m) + (has_part(m, "dense") && m.function() == "gae" ? " dense" : "") +
                       (place && m.where() != "L3" ? ", " + m.where() : ""),
               .values = {}};
        for (const std::string& other : who) {
            const double ratio = f.against(m, other).value_or(none);
            d.values.push_back({ratio, 0});
            if (std::isfinite(ratio)) low = std::min(low, ratio * 0.8), high = std::max(high, ratio * 1.25);
        }
        rows.push_back(d);
    }
    if (rows.empty()) return;
    out << "<h2>Against others in the same process</h2><p>Time over the time of rlhf, which is 1. To the right is "
           "slower. Floats, in the third-level cache where no other place is named.</p>"
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
    const auto length_of_call = [](const std::string& function) {
        return [=](const measurement& m) {
            return m.item.rfind(function + "/f32/call/", 0) == 0 && m.part(4).empty() ? number_after(m, "")
                                                                                      : std::nullopt;
        };
    };
    const auto small = [](const std::string& title, const char* x, const char* y) {
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
    const auto call = [&](const std::string& function) {
        return curve(f, small(function + ", one sequence, L1", "tokens per call", "ns per call"), {"rlhf", "plain"},
                     length_of_call(function));
    };
    const std::string curves =
        curve(f, small("ppo_policy_loss, L3", "steps per row", "ns per token"), two,
              rows_of("ppo_policy_loss/f32/L3/", "tail")) +
        curve(f, small("ppo_policy_loss, DRAM", "steps per row", "ns per token"), two,
              rows_of("ppo_policy_loss/f32/DRAM/", "tail")) +
        curve(f, small("ppo_policy_loss, rows of 1024", "tokens per call", "ns per token"), two,
              tokens_of("ppo_policy_loss", "tail")) +
        curve(f, small("gae, rows of 1024", "tokens per call", "ns per token"), two, tokens_of("gae", "dense")) +
        curve(f, small("gae, L3", "steps per row", "ns per token"), two, rows_of("gae/f32/L3/", "dense")) +
        curve(f, small("ranking_loss, L3", "responses per prompt (K)", "ns per pair"), {"rlhf", "plain", "floor"},
              K_of) +
        call("ppo_policy_loss") + call("ppo_value_loss") + call("gae");
    if (curves.empty()) return;
    out << "<h2>Length of rows, size of batches</h2><p>The sums of every row are merged exactly: short "
           "rows pay for it. Each batch is one call: small batches pay for the call.</p><div class='two'>"
        << curves << "</div>" << command("ppo_policy_loss|ppo_value_loss/f32/call|gae|ranking", made);
}

void write_peer_bars(std::ostream& out, const figures& f, const std::vector<peer>& peers, const std::string& made) {
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
                        bars.push_back({.name = std::string(who) + (own->item == item ? "" : ", " + own->item),
                                        .label = digits3(m->ns()) + " ns",
                                        .value = m->ns(),
                                        .colour = who == std::string("rlhf") ? 0 : 5});
            const std::string ratio = own != nullptr ? " (" + digits3(p.ns / own->ns()) + " ×)" : "";
            bars.push_back({.name = p.who, .label = digits3(p.ns) + " ns" + ratio, .value = p.ns, .colour = 1});
            if (!p.note.empty())
                notes += "<li><b>" + escaped(p.who) + "</b>, " + escaped(item) + ": " + escaped(p.note) + "</li>";
        }
        out << draw(item + ": ns per " + element, bars);
    }
    out << command("", made + " --peers");
    if (!notes.empty()) out << "<details><summary>Notes on the peers</summary><ul>" << notes << "</ul></details>";
}
