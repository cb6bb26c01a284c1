// SPDX-License-Identifier: MIT
#include "gate.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace {

/// As rlhf_bench spells them; "" are all.
const std::set<std::string> instruction_sets = {"", "avx512", "avx2", "neon", "sse2", "scalar"};

/// "floor" means the floor of the same item. A whole name stays as it is.
std::string whole_name(const std::string& item, const std::string& against) {
    return against.find('/') != std::string::npos ? against : item.substr(0, item.rfind('/') + 1) + against;
}

goal goal_of(const nlohmann::json& entry) {
    goal g{.item = entry.at("item").get<std::string>(), .against = {}, .reason = entry.at("reason").get<std::string>()};
    g.against = whole_name(g.item, entry.at("against").get<std::string>());
    g.at_least = entry.contains("at_least");
    if (g.at_least == entry.contains("at_most"))
        throw std::runtime_error(g.item + ": expected either at_least or at_most");
    const auto& bounds = entry.at(g.at_least ? "at_least" : "at_most");
    if (bounds.is_object())
        bounds.get_to(g.bounds);
    else
        g.bounds[""] = bounds.get<double>();
    for (const auto& [instruction_set, bound] : g.bounds) {
        if (instruction_sets.count(instruction_set) == 0)
            throw std::runtime_error(g.item + ": there is no instruction set " + instruction_set);
        if (!(bound > 0)) throw std::runtime_error(g.item + ": the bound is not positive");
    }
    return g;
}

} // namespace

std::optional<double> goal::bound(const std::string& instruction_set) const {
    for (const std::string& key : {instruction_set, std::string()})
        if (const auto found = bounds.find(key); found != bounds.end()) return found->second;
    return std::nullopt;
}

goals goals_of(const nlohmann::json& file) {
    goals result;
    try {
        for (const auto& entry : file.at("goals")) result.all.push_back(goal_of(entry));
        if (file.contains("notes")) result.notes = file.at("notes").get<std::vector<std::string>>();
    } catch (const nlohmann::json::exception& e) {
        throw std::runtime_error(std::string("these are not goals: ") + e.what());
    }
    return result;
}

std::string instruction_set_of(const std::vector<figures>& runs) {
    if (runs.empty()) throw std::runtime_error("there is no run to judge");
    std::string result;
    for (const figures& f : runs) {
        const auto found = f.context.find("instruction_set");
        if (found == f.context.end())
            throw std::runtime_error(
                "a run does not name its instruction set, because an older rlhf_bench wrote it: measure again");
        if (!result.empty() && found->second != result)
            throw std::runtime_error("the runs are of two instruction sets, " + result + " and " + found->second);
        result = found->second;
    }
    return result;
}

std::vector<verdict> judge(const goals& g, const std::string& instruction_set, const std::vector<figures>& runs) {
    std::vector<verdict> verdicts;
    for (const goal& of : g.all) {
        const auto bound = of.bound(instruction_set);
        if (!bound) continue;
        verdict v{.of = of, .bound = *bound, .ratios = {}};
        for (const figures& f : runs) {
            const measurement *item = f.find(of.item), *against = f.find(of.against);
            if (item == nullptr || against == nullptr) continue;
            const double faster = against->ns() / item->ns();
            v.ratios.push_back(of.at_least ? faster : 1 / faster);
            v.met = v.met || (of.at_least ? v.ratios.back() >= *bound : v.ratios.back() <= *bound);
        }
        verdicts.push_back(v);
    }
    return verdicts;
}

std::vector<goal> missed(const std::vector<verdict>& verdicts) {
    std::vector<goal> result;
    for (const verdict& v : verdicts)
        if (!v.met) result.push_back(v.of);
    return result;
}

std::string filter_of(const std::vector<goal>& some) {
    std::set<std::string> names;
    for (const goal& g : some) names.insert({g.item, g.against});
    std::string result;
    for (const std::string& name : names) {
        result += result.empty() ? "^(" : "|";
        for (const char c : name) {
            if (std::string(".^$|()[]{}*+?\\").find(c) != std::string::npos) result += '\\';
            result += c;
        }
    }
    return result.empty() ? "^$" : result + ")($|/)";
}
