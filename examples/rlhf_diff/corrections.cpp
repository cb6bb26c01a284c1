// SPDX-License-Identifier: MIT
// The factors of tokens: the correction of the sampler, and the divisors of sums.
#include "choices.hpp"

#include <rlhf/policy/importance_weights.hpp>

#include <algorithm>
#include <map>

namespace diff {

namespace {

const char* const levels[] = {"token", "sequence mean", "sequence product", "none"};

class correction_list {
public:
    explicit correction_list(const data& d) : d_(d) {}

    void add(const settings& what, const rlhf::importance_weights_options& o) {
        correction_choice c{.what = what, .weights = std::vector<double>(d_.log_probs.size())};
        const std::vector<double>& learner = d_.old_log_probs.empty() ? d_.log_probs : d_.old_log_probs;
        rlhf::importance_weights<double>(
            {.offsets = d_.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here},
            {.log_probs = learner, .behavior_log_probs = d_.behavior_log_probs, .weights = c.weights}, o);
        const bool some_dropped = std::find(c.weights.begin(), c.weights.end(), 0.0) != c.weights.end();
        for (const bool of_kl : {false, true})
            for (const bool drops : {false, true}) {
                if ((of_kl && d_.ref_log_probs.empty()) || (drops && !some_dropped)) continue;
                c.of_kl = of_kl, c.drops = drops;
                c.what = what;
                if (!d_.ref_log_probs.empty())
                    c.what.push_back({"correction of", of_kl ? "objective and KL" : "objective"});
                if (some_dropped) c.what.push_back({"dropped tokens", drops ? "do not count" : "count"});
                list.push_back(c);
            }
    }
    std::vector<correction_choice> list;

private:
    const data& d_;
};

} // namespace

std::vector<correction_choice> corrections(const data& d, const tried& t) {
    correction_list all(d);
    all.list.push_back({.what = {{"correction", "none"}}, .weights = {}});
    if (d.behavior_log_probs.empty()) return all.list;
    using level = rlhf::importance_level;
    for (const auto l : {level::token, level::sequence_mean, level::sequence_product}) {
        const char* name = levels[static_cast<int>(l)];
        all.add({{"correction", "weights"}, {"weight per", name}, {"range", "none"}}, {.level = l});
        for (const auto& r : t.weights)
            for (const auto beyond : {rlhf::importance::truncate, rlhf::importance::mask})
                all.add({{"correction", "weights"},
                         {"weight per", name},
                         {"range", text_of(r)},
                         {"beyond the range", beyond == rlhf::importance::mask ? "0" : "the bound"}},
                        {.level = l, .range = {r[0], r[1]}, .beyond = beyond});
    }
    for (const auto l : {level::token, level::none}) {
        const char* weight = l == level::none ? "none" : "token";
        const auto drop = [&](const char* what, const setting& limit, rlhf::importance_weights_options o) {
            o.level = l;
            all.add({{"correction", what}, {"weight per", weight}, limit}, o);
        };
        const auto range = [](const std::array<double, 2>& r) { return setting{"range", text_of(r)}; };
        for (const auto& r : own({{0.5, 5}, {0.999, 1.002}, {1 / 1.001, 1 / 0.999}, {0.99, 1.01}}, t, &tried::weights))
            drop("sequences dropped by their mean", range(r), {.sequence_mean = {r[0], r[1]}});
        for (const auto& r : own({{0.5, 2}, {0, 3}}, t, &tried::weights))
            drop("sequences dropped by their product", range(r), {.sequence_product = {r[0], r[1]}});
        for (const auto& r : own({{1e-4, 100}}, t, &tried::weights))
            drop("sequences dropped by a token", range(r), {.every_token = {r[0], r[1]}});
        drop("tokens dropped by probabilities", {"difference allowed", "0.2"}, {.probability_limit = 0.2});
    }
    return all.list;
}

std::vector<mean_choice> means(const data& d) {
    bool empty = false;
    for (std::int64_t s = 0; s < d.sequences; ++s) empty = empty || d.length(s) == 0;
    const bool some_teach_nothing = std::find(d.teaches.begin(), d.teaches.end(), 0) != d.teaches.end();
    std::vector<mean_choice> list;
    const auto add = [&](const char* name, mean_kind kind) {
        const bool counts_sequences = kind == mean_kind::sequences || kind == mean_kind::sequence_sums;
        const bool has_step =
            (kind == mean_kind::tokens && d.step_tokens > 0) || (counts_sequences && d.step_sequences > 0);
        const auto add_one = [&](bool of_step, bool empty_count, double epsilon, bool all_teach) {
            if ((of_step && !has_step) || (empty_count && (!counts_sequences || !empty || of_step))) return;
            if (epsilon > 0 && (kind != mean_kind::sequences || d.tolerance > 1e-8)) return;
            if (!all_teach && (!some_teach_nothing || of_step || kind == mean_kind::nothing)) return;
            mean_choice& m =
                list.emplace_back(mean_choice{{{"mean", name}}, kind, of_step, empty_count, all_teach, epsilon});
            if (has_step) m.what.push_back({"divided by", of_step ? "the whole step" : "this batch"});
            if (counts_sequences && empty)
                m.what.push_back({"sequences without tokens", empty_count ? "count" : "do not count"});
            if (some_teach_nothing && kind != mean_kind::nothing)
                m.what.push_back({"groups of equal rewards", all_teach ? "count" : "do not count"});
            if (kind == mean_kind::sequences && d.tolerance <= 1e-8)
                m.what.push_back({"length of a sequence", epsilon > 0 ? "n + 1e-08" : "n"});
        };
        for (const bool of_step : {false, true})
            for (const bool empty_count : {false, true})
                for (const double epsilon : {0.0, 1e-8})
                    for (const bool all_teach : {true, false}) add_one(of_step, empty_count, epsilon, all_teach);
    };
    add("over tokens", mean_kind::tokens);
    add("over sequences", mean_kind::sequences);
    add("sums over sequences", mean_kind::sequence_sums);
    add("constant length", mean_kind::longest);
    if (!d.groups.empty()) add("over prompts", mean_kind::prompts);
    add("sum", mean_kind::nothing);
    return list;
}

std::vector<double> factors(const data& d, const mean_choice& m, const std::vector<double>* weights) {
    const auto n = static_cast<std::size_t>(d.tokens()), rows = static_cast<std::size_t>(d.sequences);
    std::vector<double> lengths(rows, 0);
    double tokens = 0, sequences = 0, slots = 0;
    const auto counts = [&](std::size_t s) { return m.all_teach || d.teaches[s] != 0; };
    for (std::size_t t = 0; t < n; ++t) {
        const auto s = static_cast<std::size_t>(d.sequence[t]);
        if (counts(s) && (weights == nullptr || (*weights)[t] != 0)) ++lengths[s], ++tokens;
    }
    std::map<std::int64_t, double> prompts;
    for (std::size_t s = 0; s < rows; ++s) {
        if (!counts(s)) continue;
        if (lengths[s] > 0 || m.empty_count) ++sequences;
        slots += static_cast<double>(d.longest);
        if (!d.groups.empty()) prompts[d.groups[s]] += lengths[s];
    }
    if (m.of_step) tokens = d.step_tokens, sequences = d.step_sequences;
    std::vector<double> c(n);
    for (std::size_t t = 0; t < n; ++t) {
        const auto s = static_cast<std::size_t>(d.sequence[t]);
        const auto divisor = [&] {
            if (!counts(s)) return 0.0;
            switch (m.kind) {
            case mean_kind::tokens:
                return tokens;
            case mean_kind::sequences:
                return sequences * (lengths[s] + m.epsilon);
            case mean_kind::sequence_sums:
                return sequences;
            case mean_kind::longest:
                return slots;
            case mean_kind::prompts:
                return static_cast<double>(prompts.size()) * prompts[d.groups[s]];
            default:
                return 1.0;
            }
        }();
        c[t] = divisor > 0 ? 1 / divisor : 0;
    }
    return c;
}

} // namespace diff
