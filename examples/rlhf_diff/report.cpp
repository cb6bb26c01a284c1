// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace diff {

namespace {

std::string percent(double x) {
    std::array<char, 32> text{};
    if (x > 10) return "> 1000 %";
    std::snprintf(text.data(), text.size(), x >= 1e-3 ? "%.1f %%" : "%.0e", x >= 1e-3 ? 100 * x : x);
    return text.data();
}
std::string number(double x) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.8g", x);
    return text.data();
}
std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 2, width), ' ');
    return text;
}
template <class List, class Text>
std::string joined(const List& list, const char* between, const Text& text) {
    std::string all;
    for (const auto& x : list) all += (all.empty() ? "" : between) + text(x);
    return all;
}
std::string joined(const std::vector<std::string>& names) {
    return joined(names, " = ", [](const std::string& n) { return n; });
}

/// "the loss and the gradient"
std::string what_is_there(const data& d) {
    if (!d.loss) return "the gradient";
    return d.gradient.empty() ? "the loss" : "the loss and the gradient";
}

/// Settings of `what` that differ from those in `from`.
settings changes(const settings& from, const settings& what) {
    settings list;
    for (const setting& s : what)
        if (std::find(from.begin(), from.end(), s) == from.end()) list.push_back(s);
    return list;
}

/// The nearest combinations that do not fit, each error once.
std::vector<outcome> shown(const found& f, std::size_t most) {
    std::vector<outcome> list;
    for (const outcome& o : f.near) {
        const bool seen = std::any_of(list.begin(), list.end(), [&](const outcome& x) {
            const bool fits = x.gradient_fits && o.gradient_fits;
            return (fits || std::fabs(x.gradient_error - o.gradient_error) <= 1e-2 * x.gradient_error) &&
                   std::fabs(x.loss_error - o.loss_error) <= 1e-2 * x.loss_error;
        });
        if (!seen && list.size() < most) list.push_back(o);
    }
    return list;
}

std::string errors_of(const data& d, const outcome& o) {
    std::string text;
    if (!d.gradient.empty()) {
        text = o.gradient_fits ? "gradient fits" : "gradient off by " + percent(o.gradient_error);
        if (o.factor != 1) text += ", but the dump's is " + number(o.factor) + " times this one";
    }
    if (d.loss) {
        if (!text.empty()) text += ", ";
        text += o.loss_fits ? "loss fits" : "loss " + number(o.loss) + " off by " + percent(o.loss_error);
    }
    return text;
}

std::string change_of(const alternative& x, const data& d) {
    const bool of_gradient = !d.gradient.empty() && x.gradient_change > d.tolerance;
    return x.value + ": " + percent(of_gradient ? x.gradient_change : x.loss_change) +
           (of_gradient || d.gradient.empty() ? "" : " of the loss");
}

/// A line per axis: its value and how much other values would change; a second line for values that the data cannot
/// distinguish from it.
std::string table(const space& s, const std::vector<axis>& axes) {
    constexpr std::size_t most = 4;
    const std::string what = s.batch.gradient.empty() ? "loss" : "gradient";
    std::string text = "  " + padded("axis", 26) + padded("value", 26) + "other values change the " + what + " by\n";
    for (const axis& a : axes) {
        std::vector<std::string> apart, alike;
        for (const alternative& x : a.others)
            (x.told_apart ? apart : alike).push_back(x.told_apart ? change_of(x, s.batch) : x.value);
        for (auto* list : {&apart, &alike})
            if (list->size() > most) list->resize(most), list->push_back("…");
        const auto itself = [](const std::string& x) { return x; };
        const std::string others = joined(apart, ", ", itself);
        text += "  " + padded(a.name, 26) + (others.empty() ? a.value : padded(a.value, 26) + others) + "\n";
        if (!alike.empty())
            text += "  " + padded("", 26) + "cannot be told from " + joined(alike, ", ", itself) + ": " + a.why + "\n";
    }
    return text;
}

/// The presets of a part, one line for each list of differences.
std::string preset_lines(const std::string& part, const std::vector<near_preset>& presets) {
    std::vector<std::pair<settings, std::vector<std::string>>> lines;
    for (const near_preset& p : presets) {
        auto at = std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return l.first == p.but; });
        if (at == lines.end()) at = lines.insert(at, {p.but, {}});
        at->second.push_back(p.name);
    }
    std::string text;
    for (const auto& [but, names] : lines)
        text += "  " + padded(text.empty() ? part : "or", 14) + joined(names) + (but.empty() ? "" : ", but ") +
                joined(but, ", ", [](const setting& x) { return x.axis + " " + x.value; }) + "\n";
    return text;
}

std::string headline(const space& s, const found& f) {
    const near_presets presets = presets_of(s, f.matches);
    return "Reproduced: " + what_is_there(s.batch) + ". The nearest presets:\n" +
           preset_lines("advantages", presets.advantages) + preset_lines("correction", presets.correction) +
           preset_lines("loss", presets.loss);
}

/// The forms of the value loss that fit, or else the nearest ones.
std::string value_report(const space& s) {
    constexpr std::size_t most = 5;
    const std::vector<value_outcome> list = search_values(s.batch, s.numbers);
    if (list.empty()) return "";
    const bool fits = list.front().fits;
    std::string text = fits ? "\nValue loss, reproduced by\n" : "\nValue loss: nothing reproduces it. Nearest:\n";
    for (std::size_t i = 0; i < std::min(most, list.size()) && list[i].fits == fits; ++i) {
        const value_outcome& o = list[i];
        text += "  " + joined(o.what, ", ", [](const setting& x) { return x.axis + " " + x.value; });
        if (!o.presets.empty()) text += ": " + joined(o.presets);
        if (!fits) text += ": gradient off by " + percent(o.gradient_error) + ", loss by " + percent(o.loss_error);
        text += "\n";
    }
    return text;
}

} // namespace

std::string text_report(const space& s, const found& f, const std::string& path, std::size_t nearest) {
    const data& d = s.batch;
    std::string text = path + ": " + std::to_string(d.sequences) + " sequences, " + std::to_string(d.tokens()) +
                       " tokens that count; tolerance " + percent(d.tolerance) + " (" + d.precision + ")\n";
    text += "read: " +
            joined(d.found, ", ",
                   [](const auto& x) { return x.first == x.second ? x.first : x.first + " from " + x.second; }) +
            "\n" + number(f.combinations) + " combinations tried\n\n";
    settings best;
    if (f.matches.empty()) {
        text += "No combination reproduces " + what_is_there(d) + ".\n";
        if (d.groups.empty() && !d.scores.empty())
            text += "Rewards are not compared in groups: give --group-size or group_ids.\n";
    } else {
        best = s.settings_of(f.matches.front().what);
        text += headline(s, f) + "\n" + table(s, axes_of(s, f.matches.front().what));
        if (f.matches.size() > 1)
            text += "\n" + number(static_cast<double>(f.matches.size())) +
                    " combinations fit; the table shows those that differ from the first on one axis.\n";
        if (f.by_chance >= 0.05)
            text += "A loss is one number: about " + text_of(std::ceil(f.by_chance)) +
                    " of so many combinations fit it by chance. A gradient would decide.\n";
    }
    if (!f.advantages_of_dump.empty())
        text += "\nThe advantages in the dump follow from its rewards by\n" +
                joined(f.advantages_of_dump, "", [](const settings& c) {
                    return "  " + joined(c, ", ", [](const setting& x) { return x.axis + " " + x.value; }) + "\n";
                });
    else if (!s.of_rewards.empty())
        text += "\nNo choice makes the advantages in the dump from its rewards.\n";
    const std::vector<outcome> near = shown(f, nearest);
    if (!near.empty()) text += "\nNearest:\n";
    for (const outcome& o : near) {
        const settings what = s.settings_of(o.what);
        text += "  " + errors_of(d, o) + "\n    " +
                joined(changes(best, what), ", ", [](const setting& x) { return x.axis + " " + x.value; }) + "\n";
        if (best.empty()) best = what;
    }
    text += value_report(s) + "\nNot tried:\n";
    for (const setting& n : not_tried(d)) text += "  " + padded(n.axis, 36) + n.value + "\n";
    return text;
}

std::string json_report(const space& s, const found& f, const std::string& path, std::size_t nearest) {
    using nlohmann::json;
    const data& d = s.batch;
    const auto object = [](const settings& what) {
        json o = json::object();
        for (const setting& x : what) o[x.axis] = x.value;
        return o;
    };
    const auto of_outcome = [&](const outcome& o) {
        json x{{"settings", object(s.settings_of(o.what))}, {"loss", o.loss}};
        if (o.what.kl) x["kl_coefficient"] = o.what.kl_coef;
        if (!d.gradient.empty()) x["gradient_error"] = o.gradient_error, x["gradient_fits"] = o.gradient_fits;
        if (o.factor != 1) x["gradient_factor"] = o.factor;
        if (d.loss) x["loss_error"] = o.loss_error, x["loss_fits"] = o.loss_fits;
        return x;
    };
    json r{{"file", path},
           {"sequences", d.sequences},
           {"tokens", d.tokens()},
           {"tolerance", d.tolerance},
           {"precision", d.precision},
           {"combinations", f.combinations},
           {"reproduced", !f.matches.empty()},
           {"matches", f.matches.size()},
           {"matches_by_chance", f.by_chance}};
    for (const auto& [name, array] : d.found) r["arrays"][name] = array;
    if (!f.matches.empty()) {
        const outcome& best = f.matches.front();
        r["best"] = of_outcome(best);
        const near_presets presets = presets_of(s, f.matches);
        for (const auto& [part, list] :
             {std::pair{"advantages", presets.advantages}, {"correction", presets.correction}, {"loss", presets.loss}})
            for (const near_preset& p : list) r["presets"][part].push_back({{"name", p.name}, {"but", object(p.but)}});
        r["axes"] = json::array();
        for (const axis& a : axes_of(s, best.what)) {
            json x{{"axis", a.name}, {"value", a.value}, {"others", json::array()}};
            if (!a.why.empty()) x["cannot_be_told_apart_because"] = a.why;
            for (const alternative& o : a.others)
                x["others"].push_back({{"value", o.value},
                                       {"gradient_change", o.gradient_change},
                                       {"loss_change", o.loss_change},
                                       {"told_apart", o.told_apart}});
            r["axes"].push_back(x);
        }
    }
    r["near"] = json::array();
    for (const outcome& o : shown(f, nearest)) r["near"].push_back(of_outcome(o));
    r["advantages_of_dump"] = json::array();
    for (const settings& c : f.advantages_of_dump) r["advantages_of_dump"].push_back(object(c));
    r["value_loss"] = json::array();
    const std::vector<value_outcome> values = search_values(d, s.numbers);
    for (std::size_t i = 0; i < std::min(nearest, values.size()); ++i)
        r["value_loss"].push_back({{"settings", object(values[i].what)},
                                   {"gradient_error", values[i].gradient_error},
                                   {"loss_error", values[i].loss_error},
                                   {"fits", values[i].fits},
                                   {"presets", values[i].presets}});
    r["not_tried"] = object(not_tried(d));
    return r.dump(2) + "\n";
}

} // namespace diff
