// SPDX-License-Identifier: MIT
// Advantages of the rewards in the dump: of groups, by GAE, or by discounted returns.
#include "choices.hpp"

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/whiten.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace diff {

namespace {

struct named_floor {
    rlhf::std_floor floor;
    const char* before;
    const char* after;
};
const named_floor floors[] = {{rlhf::std_floor::after_root, "std + ", ""},
                              {rlhf::std_floor::inside_root, "root of var + ", ""},
                              {rlhf::std_floor::variance_at_least, "root of var, at least ", ""},
                              {rlhf::std_floor::std_at_least, "std, at least ", ""}};

/// Adds a choice if its numbers are finite.
void add(std::vector<advantage_choice>& list, settings what, std::vector<double> values) {
    if (std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); }))
        list.push_back({std::move(what), std::move(values)});
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
            add_each({{"baseline", name}, {"scale", "mean of the group"}},
                     {.baseline = b, .scale = scale::group_mean, .epsilon = 1e-6});
        }
        deviations({{"baseline", name}, {"scale", "std of the batch"}}, {.baseline = b, .scale = scale::batch_std});
    }

private:
    void deviations(const settings& what, rlhf::group_advantages_options o) {
        for (const int ddof : {1, 0})
            for (const auto& [floor, before, after] : floors)
                for (const double epsilon : t_.epsilons) {
                    o.ddof = ddof, o.floor = floor, o.epsilon = epsilon;
                    settings all = what;
                    all.push_back({"ddof", std::to_string(ddof)});
                    all.push_back({"epsilon", before + text_of(epsilon) + after});
                    add_each(all, o);
                }
    }
    /// The options for lone and unscorable rewards matter only where there are some.
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

/// As trainers whiten advantages of tokens.
void whitened(const data& d, std::vector<advantage_choice>& list, const settings& what, const std::vector<double>& x) {
    const rlhf::batch b{
        .sequences = d.sequences, .steps = d.steps, .mask = d.mask, .denominator = rlhf::counted_here};
    const auto add_counted = [&](const settings& all, const std::vector<double>& full) {
        std::vector<double> counted;
        for (const std::int64_t at : d.place) counted.push_back(full[static_cast<std::size_t>(at)]);
        add(list, all, counted);
    };
    settings plain = what;
    plain.push_back({"whitening", "none"});
    add_counted(plain, x);
    for (const int ddof : {1, 0})
        for (const auto& [floor, before, after] : floors) {
            std::vector<double> y = x;
            rlhf::whiten<double>(b, y, {.ddof = ddof, .epsilon = 1e-8, .floor = floor});
            settings all = what;
            all.push_back({"whitening", before + std::string("1e-08") + after});
            all.push_back({"ddof", std::to_string(ddof)});
            add_counted(all, y);
        }
}

/// Rewards per token: those of the dump, or the score on the last token that counts.
std::vector<double> rewards_per_token(const data& d) {
    if (!d.token_rewards.empty()) return d.token_rewards;
    std::vector<double> r(d.mask.size(), 0);
    for (std::int64_t s = 0; s < d.sequences; ++s)
        if (d.length(s) > 0) {
            const auto last = static_cast<std::size_t>(d.offsets[static_cast<std::size_t>(s) + 1] - 1);
            r[static_cast<std::size_t>(d.place[last])] = d.scores[static_cast<std::size_t>(s)];
        }
    return r;
}

void over_time(const data& d, const tried& t, std::vector<advantage_choice>& list) {
    const rlhf::batch b{
        .sequences = d.sequences, .steps = d.steps, .mask = d.mask, .denominator = rlhf::counted_here};
    const std::vector<double> rewards = rewards_per_token(d);
    const auto how = [](rlhf::gaps g) { return g == rlhf::gaps::skip ? "skip" : "zero"; };
    for (const double gamma : t.gammas)
        for (const auto gaps : {rlhf::gaps::skip, rlhf::gaps::zero}) {
            std::vector<double> out(rewards.size());
            const settings what{{"advantages", "discounted returns"}, {"gamma", text_of(gamma)}, {"masked steps", how(gaps)}};
            rlhf::discounted_returns<double>(b, {.rewards = rewards, .returns = out}, {.gamma = gamma, .gaps = gaps});
            whitened(d, list, what, out);
            for (const double lambda : t.lambdas) {
                if (d.values.empty()) continue;
                rlhf::gae<double>(b, {.rewards = rewards, .values = d.values, .advantages = out},
                                  {.gamma = gamma, .lambda = lambda, .gaps = gaps});
                settings all{{"advantages", "gae"}, {"gamma", text_of(gamma)}, {"lambda", text_of(lambda)}};
                all.push_back({"masked steps", how(gaps)});
                whitened(d, list, all, out);
            }
        }
}

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
    }
    of_groups.baseline(b::none, "none");
    of_groups.baseline(b::batch_mean, "mean of the batch");
    if (!d.baselines.empty()) of_groups.baseline(b::given, "given");
    for (advantage_choice& c : list) c.what.insert(c.what.begin(), {"advantages", "per sequence"});
    const bool finite = std::all_of(d.scores.begin(), d.scores.end(), [](double x) { return std::isfinite(x); });
    if (finite) over_time(d, t, list);
    return list;
}

} // namespace diff
