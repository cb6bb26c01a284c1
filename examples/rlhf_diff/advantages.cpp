// SPDX-License-Identifier: MIT
// Advantages from the rewards in the dump: in groups, by GAE, or by discounted returns.
#include "choices.hpp"

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/shape_rewards.hpp>
#include <rlhf/advantage/whiten.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace diff {

namespace {

struct named_floor {
    rlhf::std_floor floor;
    const char* before; ///< the text before ε
};
const named_floor floors[] = {{rlhf::std_floor::after_root, "std + "},
                              {rlhf::std_floor::inside_root, "root of var + "},
                              {rlhf::std_floor::variance_at_least, "root of var at least "},
                              {rlhf::std_floor::std_at_least, "std at least "}};

/// Adds a choice if its numbers are finite.
void add(std::vector<advantage_choice>& list, settings what, std::vector<double> values, bool kl_in_rewards = false) {
    if (std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); }))
        list.push_back({std::move(what), std::move(values), kl_in_rewards});
}

class group_choices {
public:
    group_choices(const data& d, const tried& t, std::vector<advantage_choice>& list)
        : d_(d), t_(t), list_(list), workspace_(static_cast<std::size_t>(2 * d.sequences)) {
        std::map<std::int64_t, int> sizes;
        for (const std::int64_t g : d.groups) ++sizes[g];
        lone_ = std::any_of(sizes.begin(), sizes.end(), [](const auto& s) { return s.second == 1; });
        finite_ = std::all_of(d.scores.begin(), d.scores.end(), [](double x) { return std::isfinite(x); });
        for (std::int64_t s = 0; s < d.sequences; ++s) lengths_.push_back(d.length(s));
    }

    void baseline(rlhf::group_baseline b, const char* name) {
        using scale = rlhf::group_scale;
        add_each({{"baseline", name}, {"scale", "none"}}, {.baseline = b, .scale = scale::none, .epsilon = 0});
        if (!d_.groups.empty()) {
            deviations({{"baseline", name}, {"scale", "std of the group"}}, {.baseline = b, .scale = scale::group_std});
            deviations({{"baseline", name}, {"scale", "std of the others"}},
                       {.baseline = b, .scale = scale::others_std});
            add_each({{"baseline", name}, {"scale", "mean of the group"}},
                     {.baseline = b, .scale = scale::group_mean, .epsilon = 1e-6});
        }
        deviations({{"baseline", name}, {"scale", "std of the batch"}}, {.baseline = b, .scale = scale::batch_std});
    }

private:
    void deviations(const settings& what, rlhf::group_advantages_options o) {
        for (const int ddof : {1, 0})
            for (const auto& [floor, before] : floors)
                for (const double epsilon : t_.epsilons) {
                    o.ddof = ddof, o.floor = floor, o.epsilon = epsilon;
                    settings all = what;
                    all.push_back({"ddof", std::to_string(ddof)});
                    all.push_back({"epsilon", before + text_of(epsilon)});
                    add_each(all, o);
                }
    }
    /// The options for lone and unscorable rewards matter only if the dump has such rewards.
    void add_each(const settings& what, rlhf::group_advantages_options o) {
        for (const auto lone : {rlhf::lone_reward::zero, rlhf::lone_reward::kept})
            for (const auto unscorable : {rlhf::unscorable::left_out, rlhf::unscorable::spread}) {
                const bool other_lone = lone != rlhf::lone_reward::zero;
                if ((other_lone && !lone_) || (unscorable == rlhf::unscorable::spread && !finite_)) continue;
                if (unscorable == rlhf::unscorable::left_out && finite_) continue;
                o.lone = lone, o.unscorable = unscorable;
                settings all = what;
                if (lone_) all.push_back({"a group of one", other_lone ? "keeps its reward" : "gets 0"});
                run(all, o);
            }
    }
    void run(const settings& what, const rlhf::group_advantages_options& o) {
        std::vector<double> a(d_.scores.size()), per_token;
        rlhf::group_advantages_arrays<double> arrays{.rewards = d_.scores, .advantages = a};
        if (o.baseline == rlhf::group_baseline::given) arrays.baselines = d_.baselines;
        if (o.baseline == rlhf::group_baseline::length_weighted_mean) arrays.lengths = lengths_;
        rlhf::groups g{.size = d_.sequences};
        if (!d_.groups.empty()) g = {.ids = d_.groups, .workspace = workspace_};
        rlhf::group_advantages<double>(g, arrays, o);
        for (const std::int64_t s : d_.sequence) per_token.push_back(a[static_cast<std::size_t>(s)]);
        add(list_, what, per_token);
    }

    const data& d_;
    const tried& t_;
    std::vector<advantage_choice>& list_;
    std::vector<std::int64_t> workspace_, lengths_;
    bool lone_ = false, finite_ = true;
};

/// Advantages along the steps of sequences.
class step_choices {
public:
    step_choices(const data& d, const tried& t, std::vector<advantage_choice>& list) : d_(d), t_(t), list_(list) {}

    /// From the token rewards of the dump, or from scores on the last counted token, without and with KL.
    void all() {
        if (!d_.token_rewards.empty()) {
            of_rewards(d_.token_rewards, {}, false);
            return;
        }
        of_rewards(scores_and_kl(0, rlhf::kl_estimator::k1), {{"KL in rewards", "none"}}, false);
        if (d_.ref_log_probs.empty()) return;
        using e = rlhf::kl_estimator;
        for (const auto& [estimator, name] : {std::pair{e::k1, "k1"}, {e::k2, "k2"}, {e::k3, "k3"}, {e::abs, "abs"}})
            for (const double coef : t_.kl_coefs)
                of_rewards(scores_and_kl(coef, estimator),
                           {{"KL in rewards", name}, {"KL coefficient of rewards", text_of(coef)}}, true);
    }

private:
    [[nodiscard]] rlhf::batch batch() const {
        return {.sequences = d_.sequences, .steps = d_.steps, .mask = d_.mask, .denominator = rlhf::counted_here};
    }
    [[nodiscard]] std::vector<double> scores_and_kl(double coef, rlhf::kl_estimator estimator) const {
        std::vector<double> r(d_.mask.size());
        const bool ref = !d_.rollout_ref_log_probs.empty();
        rlhf::shape_rewards<double>(batch(),
                                    {.log_probs = d_.rollout_log_probs,
                                     .ref_log_probs = ref ? d_.rollout_ref_log_probs : d_.rollout_log_probs,
                                     .scores = d_.scores,
                                     .rewards = r},
                                    {.kl_coef = coef, .kl_estimator = estimator});
        return r;
    }
    void of_rewards(const std::vector<double>& rewards, const settings& how, bool kl) {
        for (const double gamma : t_.gammas)
            for (const auto gaps : {rlhf::gaps::skip, rlhf::gaps::zero}) {
                std::vector<double> out(rewards.size());
                const auto name = [&](settings what) {
                    what.push_back({"gamma", text_of(gamma)});
                    what.push_back({"masked steps", gaps == rlhf::gaps::skip ? "skip" : "zero"});
                    what.insert(what.end(), how.begin(), how.end());
                    return what;
                };
                rlhf::discounted_returns<double>(batch(), {.rewards = rewards, .returns = out},
                                                 {.gamma = gamma, .gaps = gaps});
                whitened(name({{"advantages", "discounted returns"}}), out, kl);
                for (const double lambda : t_.lambdas) {
                    if (d_.values.empty()) continue;
                    rlhf::gae<double>(batch(), {.rewards = rewards, .values = d_.values, .advantages = out},
                                      {.gamma = gamma, .lambda = lambda, .gaps = gaps});
                    whitened(name({{"advantages", "gae"}, {"lambda", text_of(lambda)}}), out, kl);
                }
            }
    }
    /// Adds advantages as they are, and whitened over tokens as in trainers.
    void whitened(settings what, const std::vector<double>& x, bool kl) {
        what.push_back({"whitening", "none"});
        add_counted(what, x, kl);
        what.push_back({"ddof", ""});
        for (const int ddof : {1, 0})
            for (const auto& [floor, before] : floors)
                for (const double epsilon : own({1e-8}, t_, &tried::epsilons)) {
                    std::vector<double> y = x;
                    rlhf::whiten<double>(batch(), y, {.ddof = ddof, .epsilon = epsilon, .floor = floor});
                    what[what.size() - 2].value = before + text_of(epsilon);
                    what.back().value = std::to_string(ddof);
                    add_counted(what, y, kl);
                }
    }
    void add_counted(const settings& what, const std::vector<double>& full, bool kl) {
        std::vector<double> counted;
        for (const std::int64_t at : d_.place) counted.push_back(full[static_cast<std::size_t>(at)]);
        add(list_, what, counted, kl);
    }

    const data& d_;
    const tried& t_;
    std::vector<advantage_choice>& list_;
};

} // namespace

std::vector<advantage_choice> advantages_of_rewards(const data& d, const tried& t) {
    std::vector<advantage_choice> list;
    if (d.scores.empty()) return list;
    group_choices of_groups(d, t, list);
    using b = rlhf::group_baseline;
    if (!d.groups.empty()) {
        of_groups.baseline(b::group_mean, "mean of the group");
        of_groups.baseline(b::others_mean, "mean of the others");
        of_groups.baseline(b::length_weighted_mean, "length-weighted mean");
        of_groups.baseline(b::second_best, "second best");
    }
    of_groups.baseline(b::none, "none");
    of_groups.baseline(b::batch_mean, "mean of the batch");
    if (!d.baselines.empty()) of_groups.baseline(b::given, "given");
    for (advantage_choice& c : list) c.what.insert(c.what.begin(), {"advantages", "per sequence"});
    const bool finite = std::all_of(d.scores.begin(), d.scores.end(), [](double x) { return std::isfinite(x); });
    if (finite) step_choices(d, t, list).all();
    return list;
}

} // namespace diff
