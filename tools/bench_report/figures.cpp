// SPDX-License-Identifier: MIT
#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace {

/// Google Benchmark appends its settings to a name: iterations:1, repeats:5, real_time.
bool is_setting(const std::string& part) {
    return part.find(':') != std::string::npos || part == "real_time" || part == "manual_time" ||
           part == "process_time";
}

double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const double at = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const double next = values[std::min(low + 1, values.size() - 1)];
    return values[low] + (at - static_cast<double>(low)) * (next - values[low]);
}

double nanoseconds(const nlohmann::json& entry, const char* key) {
    const std::string unit = entry.value("time_unit", "ns");
    const double factor = unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : 1e9;
    return entry.at(key).get<double>() * factor;
}

void add_repetition(figures& f, const nlohmann::json& entry) {
    std::string item, who;
    bool wall = false;
    for (const std::string& part : parts_of(entry.at("name").get<std::string>())) {
        wall = wall || part == "real_time" || part == "manual_time";
        if (is_setting(part)) continue;
        if (!who.empty()) item += (item.empty() ? "" : "/") + who;
        who = part;
    }
    const double elements = entry.at("elements").get<double>();
    if (!(elements > 0)) throw std::runtime_error(entry.at("name").get<std::string>() + " has no elements");
    auto found =
        std::find_if(f.all.begin(), f.all.end(), [&](const auto& m) { return m.item == item && m.who == who; });
    if (found == f.all.end())
        found = f.all.insert(f.all.end(), {.item = item,
                                           .who = who,
                                           .element = entry.value("label", "element"),
                                           .times = {},
                                           .bytes = entry.at("bytes").get<double>(),
                                           .order = entry.value("family_index", 0)});
    // CPU time leaves out what other processes did meanwhile. Work in a child process is measured by the clock alone.
    found->times.push_back(nanoseconds(entry, wall ? "real_time" : "cpu_time") / elements);
}

} // namespace

double median(std::vector<double> values) { return values.empty() ? std::nan("") : quantile(std::move(values), 0.5); }

std::vector<std::string> parts_of(const std::string& name) {
    std::vector<std::string> parts;
    std::istringstream in(name);
    for (std::string part; std::getline(in, part, '/');) parts.push_back(part);
    return parts;
}

double measurement::ns() const { return median(times); }
double measurement::spread() const {
    return times.empty() ? 0 : (quantile(times, 0.75) - quantile(times, 0.25)) / 2 / ns();
}
std::string measurement::part(std::size_t i) const {
    const auto parts = parts_of(item);
    return i < parts.size() ? parts[i] : "";
}
std::string measurement::from(std::size_t first) const {
    const auto parts = parts_of(item);
    std::string result;
    for (std::size_t i = first; i < parts.size(); ++i) result.append(i > first ? " " : "").append(parts[i]);
    return result;
}

const measurement* figures::find(const std::string& item, const std::string& who) const {
    for (const measurement& m : all)
        if (m.item == item && m.who == who) return &m;
    return nullptr;
}
const measurement* figures::find(const std::string& name) const {
    const auto slash = name.rfind('/');
    return slash == std::string::npos ? nullptr : find(name.substr(0, slash), name.substr(slash + 1));
}
std::optional<double> figures::against(const measurement& rlhf, const std::string& who) const {
    const measurement* other = find(rlhf.item, who);
    return other != nullptr ? std::optional(other->ns() / rlhf.ns()) : std::nullopt;
}
void figures::join(const figures& other) {
    for (const auto& [key, value] : other.context) context[key] = value;
    for (const measurement& m : other.all) {
        const auto same = [&](const measurement& o) { return o.item == m.item && o.who == m.who; };
        if (const auto found = std::find_if(all.begin(), all.end(), same); found != all.end())
            *found = m;
        else
            all.push_back(m);
    }
}

nlohmann::json json_of(std::string text) {
    for (const std::string name : {": NaN", ": Infinity", ": -Infinity"})
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
            text.replace(at, name.size(), ": null");
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& e) {
        throw std::runtime_error(std::string("this is not JSON: ") + e.what());
    }
}

figures figures_of(const nlohmann::json& benchmark_out) {
    figures f;
    try {
        for (const auto& [key, value] : benchmark_out.at("context").items())
            if (value.is_string()) f.context[key] = value.get<std::string>();
        for (const auto& entry : benchmark_out.at("benchmarks"))
            if (entry.value("run_type", "iteration") == "iteration" && !entry.value("error_occurred", false))
                add_repetition(f, entry);
    } catch (const nlohmann::json::exception& e) {
        throw std::runtime_error(std::string("this is not output of rlhf_bench: ") + e.what());
    }
    std::stable_sort(f.all.begin(), f.all.end(), [](const auto& a, const auto& b) { return a.order < b.order; });
    return f;
}

std::vector<peer> peers_of(const nlohmann::json& list) {
    std::vector<peer> peers;
    try {
        for (const auto& entry : list)
            peers.push_back({.item = entry.at("name").get<std::string>(),
                             .who = entry.at("who").get<std::string>(),
                             .element = entry.value("element", "element"),
                             .note = entry.value("note", ""),
                             .ns = entry.at("ns").get<double>()});
    } catch (const nlohmann::json::exception& e) {
        throw std::runtime_error(std::string("this is not a list of peers: ") + e.what());
    }
    return peers;
}

const measurement* beside(const figures& f, const peer& p) {
    auto wanted = parts_of(p.item);
    if (!wanted.empty() && wanted.front() == "kl") {
        const bool value = p.item.find("backward") == std::string::npos;
        wanted.front() = value ? "shape_rewards" : "ppo_policy_loss";
        wanted.push_back(value ? "k3" : "kl");
    }
    const measurement* best = nullptr;
    std::ptrdiff_t most = 0;
    for (const measurement& m : f.all) {
        if (m.who != "rlhf" || wanted.empty() || m.function() != wanted.front()) continue;
        if (m.item == p.item) return &m;
        const auto own = parts_of(m.item);
        const auto shared = std::count_if(own.begin(), own.end(), [&](const std::string& part) {
            return std::find(wanted.begin(), wanted.end(), part) != wanted.end();
        });
        if (shared > most) most = shared, best = &m;
    }
    return best;
}

std::string fixed(double x, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, x);
    return text;
}
std::string digits3(double x) {
    if (!(std::fabs(x) > 0)) return "0";
    const int whole = static_cast<int>(std::floor(std::log10(std::fabs(x)))) + 1;
    return fixed(x, whole >= 3 ? 0 : whole > 0 ? 3 - whole : 3);
}
