// SPDX-License-Identifier: MIT
// The terms of one token: objectives at Â = ±1, and KL to the reference.
#include "choices.hpp"

#include <rlhf/policy/policy_loss.hpp>

#include <cstdio>

namespace diff {

std::string text_of(double x) {
    if (!(x < rlhf::unlimited)) return "none";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", x);
    return text.data();
}
std::string text_of(const std::array<double, 2>& range) {
    return range[0] == range[1] ? text_of(range[0]) : text_of(range[0]) + " to " + text_of(range[1]);
}

namespace {

using policy_arrays = rlhf::policy_loss_arrays<double>;

/// Losses and slopes of each token, without a divisor. The loss is called for one token at a time, or for one sequence
/// if its tokens share a ratio; the slopes come from one call.
template <class Objective>
void terms_of(const data& d, const policy_arrays& a, const Objective& objective, const rlhf::policy_loss_options& o,
              bool share, std::vector<double>& loss, std::vector<double>& slope) {
    const auto n = static_cast<std::size_t>(d.tokens());
    loss.resize(n), slope.resize(n);
    rlhf::batch whole{.offsets = d.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    policy_arrays with_slopes = a;
    with_slopes.d_log_probs = rlhf::write_to(slope, static_cast<double>(n));
    rlhf::policy_loss<double>(whole, with_slopes, objective, o);

    std::vector<std::int64_t> each;
    for (std::int64_t t = 0; t <= d.tokens(); ++t) each.push_back(t);
    const rlhf::batch pieces{.offsets = share ? d.offsets : each, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (std::int64_t p = 0; p < pieces.size(); ++p) {
        const auto cut = [&](const rlhf::view<const double>& v) { return rlhf::part(v, pieces, p, 1); };
        const policy_arrays one{.log_probs = cut(a.log_probs),
                                .old_log_probs = cut(a.old_log_probs),
                                .ref_log_probs = cut(a.ref_log_probs),
                                .advantages = cut(a.advantages)};
        const double l = rlhf::policy_loss<double>(pieces.part(p, 1), one, objective, o).loss();
        for (std::int64_t t = pieces.begin(p); t < pieces.begin(p) + pieces.length(p); ++t)
            loss[static_cast<std::size_t>(t)] = l;
    }
}

class objective_list {
public:
    explicit objective_list(const data& d) : d_(d) {
        for (const double sign : {1.0, -1.0}) signs_.emplace_back(static_cast<std::size_t>(d.tokens()), sign);
        if (!d.old_log_probs.empty()) anchors_.emplace_back("old policy", &d.old_log_probs);
        if (d.old_log_probs.empty() && d.behavior_log_probs.empty())
            anchors_.emplace_back("the policy itself", &d.log_probs);
        if (!d.behavior_log_probs.empty()) anchors_.emplace_back("sampler", &d.behavior_log_probs);
    }

    template <class Objective>
    void add(const settings& what, const Objective& objective, double limit = rlhf::unlimited, bool share = false) {
        for (const auto& [name, anchor] : anchors_) {
            objective_choice& c = begin(what, limit, name);
            for (std::size_t i = 0; i < 2; ++i)
                terms_of(d_, {.log_probs = d_.log_probs, .old_log_probs = *anchor, .advantages = signs_[i]}, objective,
                         {.log_ratio_limit = limit}, share, c.loss[i], c.slope[i]);
        }
    }
    /// PPO's clip, with factors of the advantages that come from the log ratios.
    void add_fipo(const settings& what, const rlhf::ppo_clip& clip, const std::array<double, 2>& bounds) {
        for (const auto& [name, anchor] : anchors_) {
            objective_choice& c = begin(what, rlhf::unlimited, name);
            for (std::size_t i = 0; i < 2; ++i) {
                const auto a = fipo_factors(d_, *anchor, clip.dual, bounds, signs_[i]);
                terms_of(d_, {.log_probs = d_.log_probs, .old_log_probs = *anchor, .advantages = a}, clip, {}, false,
                         c.loss[i], c.slope[i]);
            }
        }
    }
    void add_real(double temperature) {
        for (const auto& [name, anchor] : anchors_) {
            objective_choice& c =
                begin({{"objective", "real"}, {"temperature", text_of(temperature)}}, rlhf::unlimited, name);
            c.any_size = true;
            set_real(d_, *anchor, temperature, c);
        }
    }
    std::vector<objective_choice> list;

private:
    objective_choice& begin(const settings& what, double limit, const char* ratio_to) {
        objective_choice& c = list.emplace_back();
        c.what = what;
        c.what.push_back({"limit of log ratios", text_of(limit)});
        c.what.push_back({"ratio to", ratio_to});
        return c;
    }

    const data& d_;
    std::vector<std::vector<double>> signs_;
    std::vector<std::pair<const char*, const std::vector<double>*>> anchors_;
};

rlhf::ratio_range range_of(const std::array<double, 2>& r) { return {r[0], r[1]}; }

void add_clips(objective_list& to, const tried& t) {
    std::vector<double> duals = t.dual_clips;
    duals.insert(duals.begin(), rlhf::unlimited);
    for (const auto& r : t.clips)
        for (const double dual : duals)
            for (const double limit : {rlhf::unlimited, 20.0})
                if (dual >= 1 + r[1])
                    to.add({{"objective", "ppo_clip"}, {"clip range", text_of(r)}, {"dual clip", text_of(dual)}},
                           rlhf::ppo_clip{.range = range_of(r), .dual = dual}, limit);
    to.add({{"objective", "ratio without clip"}}, rlhf::ppo_clip{.range = {1, rlhf::unlimited}});
}

void add_constant_ratios(objective_list& to, const tried& t) {
    const auto add = [&](const char* name, double low, double high, rlhf::importance beyond) {
        for (const double limit : {rlhf::unlimited, 20.0})
            to.add({{"objective", name}, {"bounds of the ratio", text_of(std::array{low, high})}},
                   rlhf::cispo{.low = low, .high = high, .beyond = beyond}, limit);
    };
    for (const double high : {5.0, 0.2, 1.0}) add("cispo", 0, high, rlhf::importance::truncate);
    for (const auto& r : t.clips) {
        add("cispo", 1 - r[0], 1 + r[1], rlhf::importance::truncate);
        add("cispo, masked", 1 - r[0], 1 + r[1], rlhf::importance::mask);
    }
    to.add({{"objective", "reinforce"}}, rlhf::cispo{.low = 1, .high = 1});
}

template <class Objective>
void add_dppo(objective_list& to, const char* name, const std::array<double, 2>& range) {
    for (const double cap : {rlhf::unlimited, 3.0, 20.0})
        for (const auto value : {rlhf::dppo_value::log_prob, rlhf::dppo_value::ratio})
            for (const double limit : {rlhf::unlimited, 20.0})
                to.add({{"objective", name},
                        {"divergence allowed", text_of(range)},
                        {"cap of the ratio", text_of(cap)},
                        {"value by", value == rlhf::dppo_value::ratio ? "ratio" : "log-probability"}},
                       Objective{.range = range_of(range), .cap = cap, .value = value}, limit);
}

void add_sequence_ratios(objective_list& to, const tried& t) {
    for (const auto& r : t.clips)
        for (const auto ratio : {rlhf::sequence_ratio::mean, rlhf::sequence_ratio::product})
            for (const double limit : {rlhf::unlimited, 10.0})
                to.add({{"objective", "gspo"},
                        {"clip range", text_of(r)},
                        {"sequence ratio", ratio == rlhf::sequence_ratio::mean ? "mean" : "product"}},
                       rlhf::gspo{.range = range_of(r), .ratio = ratio}, limit, true);
}

/// The objectives that only ms-swift has.
void add_fipo_and_real(objective_list& to, const data& d, const tried& t) {
    for (const auto& clip : own({{0.2, 0.2}, {0.2, 0.28}}, t, &tried::clips))
        for (const double dual : own({rlhf::unlimited, 4, 10}, t, &tried::dual_clips))
            for (const std::array<double, 2> bounds : {std::array{1.0, 1.2}, {0.8, 1.2}, {0.0, rlhf::unlimited}}) {
                if (dual < 1 + clip[1]) continue;
                to.add_fipo({{"objective", "fipo"},
                             {"clip range", text_of(clip)},
                             {"dual clip", text_of(dual)},
                             {"bounds of the influence", text_of(bounds)}},
                            rlhf::ppo_clip{.range = range_of(clip), .dual = dual}, bounds);
            }
    if (group_size(d) > 1)
        for (const double temperature : t.temperatures) to.add_real(temperature);
}

} // namespace

std::vector<objective_choice> objectives(const data& d, const tried& t) {
    objective_list all(d);
    add_clips(all, t);
    add_constant_ratios(all, t);
    for (const double limit : {rlhf::unlimited, 20.0}) all.add({{"objective", "sapo"}}, rlhf::sapo{}, limit);
    all.add({{"objective", "topr"}}, rlhf::topr{});
    for (const std::array<double, 2> r : {std::array{0.2, 0.2}, {0.1, 0.1}, {0.05, 0.05}}) {
        add_dppo<rlhf::dppo_tv>(all, "dppo_tv", r);
        add_dppo<rlhf::dppo_kl>(all, "dppo_kl", r);
    }
    add_sequence_ratios(all, t);
    for (const double r : {0.4, 0.2})
        all.add({{"objective", "gmpo"}, {"range of log ratios", text_of(r)}}, rlhf::gmpo{.range = r}, rlhf::unlimited,
                true);
    for (const double limit : {rlhf::unlimited, 18.420680743952367}) // −log 10⁻⁸
        all.add({{"objective", "vespo"}}, rlhf::vespo{}, limit, true);
    add_fipo_and_real(all, d, t);
    return std::move(all.list);
}

std::vector<kl_choice> kl_terms(const data& d) {
    std::vector<kl_choice> list;
    if (d.ref_log_probs.empty()) return list;
    const std::vector<double> zero(static_cast<std::size_t>(d.tokens()), 0);
    const std::vector<double>& old = d.old_log_probs.empty() ? d.log_probs : d.old_log_probs;
    using e = rlhf::kl_estimator;
    using w = rlhf::kl_weight;
    for (const auto& [value, name] : {std::pair{e::k1, "k1"}, {e::k2, "k2"}, {e::k3, "k3"}, {e::abs, "abs"}})
        for (const bool by_k2 : {false, true})
            for (const auto& [weight, weight_name] : {std::pair{w::one, "nothing"},
                                                      {w::ratio, "ratio"},
                                                      {w::constant_ratio, "ratio as a constant"},
                                                      {w::own_ratio, "own ratio"}})
                for (const double limit : {rlhf::unlimited, 10.0}) {
                    if (by_k2 && (value == e::k2 || weight != w::one)) continue;
                    kl_choice& c = list.emplace_back();
                    c.what = {{"KL estimator", name},
                              {"gradient of KL", by_k2 ? "k2" : "its own"},
                              {"KL times", weight_name},
                              {"limit of KL", text_of(limit)}};
                    terms_of(d,
                             {.log_probs = d.log_probs,
                              .old_log_probs = old,
                              .ref_log_probs = d.ref_log_probs,
                              .advantages = zero},
                             rlhf::ppo_clip{},
                             {.kl_coef = 1,
                              .kl_estimator = value,
                              .kl_gradient = by_k2 ? e::k2 : value,
                              .kl_limit = limit,
                              .kl_weight = weight},
                             false, c.value, c.slope);
                }
    return list;
}

} // namespace diff
