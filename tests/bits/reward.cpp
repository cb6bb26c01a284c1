// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// Losses of reward models.
namespace bits {
namespace {

using rlhf::tie_divisor;

/// Prompts: as many of one size as a register has lanes and more, some with more than 32 responses, some with none.
std::vector<scene> prompt_scenes() {
    std::vector<std::size_t> lengths;
    for (std::size_t q = 0; q < 600; ++q) lengths.push_back(q % 7 == 0 ? 9 : q % 97 == 5 ? 33 + q / 4 : q % 11);
    lengths.push_back(1024);
    const std::vector<std::size_t> few(lengths.begin() + 1, lengths.begin() + 60);
    return {{.name = "packed", .in = form::packed, .all_options = true, .lengths = lengths},
            {.name = "rows", .all_options = true, .lengths = few},
            {.name = "strided", .stride = 3, .whole = true, .lengths = few},
            {.name = "columns", .in = form::columns, .lengths = few},
            {.name = "all", .in = form::packed, .mask = mask::all, .content = content::plain, .lengths = lengths},
            {.name = "special", .in = form::packed, .content = content::special, .lengths = lengths},
            {.name = "none", .mask = mask::none, .lengths = few}};
}

/// Ranks: none (listed best first), all different, or with ties.
enum class order { listed, ranked, tied };

struct ranking {
    rlhf::ranking_loss_options options = {};
    bits::order order = order::listed;
    writing to = {};
};

const std::vector<named<ranking>> rankings = {
    {"default", {}},
    {"ranked", {{}, order::ranked}},
    {"tied", {{}, order::tied}},
    {"all_pairs", {{.ties = tie_divisor::all_pairs}, order::tied}},
    {"margin", {{.margin = 0.5}, order::ranked}},
    {"label_smoothing", {{.label_smoothing = 0.1}, order::ranked}},
    {"center_coef", {{.center_coef = 0.01}, order::ranked}},
    {"scaled", {{}, order::ranked, {.scale = -0.3}}},
    {"added", {{}, order::listed, {.add = true}}},
    {"pair",
     {{.margin = 0.3, .label_smoothing = 0.2, .center_coef = 0.02, .ties = tie_divisor::all_pairs},
      order::tied,
      {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void rankings_of() {
    tally<rlhf::ranking_loss_result> joined(title<T>("ranking_loss"));
    tally<rlhf::plackett_luce_loss_result> luce(title<T>("plackett_luce_loss"));
    each(prompt_scenes(), rankings, "", [&](const scene& s, const ranking& o, const std::string& name) {
        place p(s);
        const auto rewards = p.template numbers<T>(1, [](random& r) { return r.bell(5); });
        const auto rank = [&](random& r, bool inside) {
            return inside ? static_cast<std::int64_t>(r.below(o.order == order::tied ? 4 : 1 << 30)) : -0x7fffffff;
        };
        const auto narrow = p.integers<std::int32_t>(2, rank);
        const auto wide = p.integers<std::int64_t>(2, rank);
        const rlhf::index_view ranks = o.order == order::listed   ? rlhf::index_view()
                                       : o.order == order::ranked ? rlhf::index_view(narrow.in())
                                                                  : rlhf::index_view(wide.in());
        rlhf::batch of_pairs = p.batch, of_rankings = p.batch;
        const rlhf::counts pairs = rlhf::count_pairs(p.batch, ranks), counted = rlhf::count_rankings(p.batch, ranks);
        if (s.whole) of_pairs.denominator = pairs, of_rankings.denominator = counted;
        run(title<T>("ranking_loss") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = rlhf::ranking_loss<T, Arch>(
                of_pairs, {.rewards = rewards.in(), .ranks = ranks, .d_rewards = o.to(d.out)}, o.options, run);
            joined(h, r), h.add(pairs), h.add(d.memory);
        });
        if (o.options.margin != 0 || o.options.label_smoothing != 0) return; // what the other loss does not have
        run(title<T>("plackett_luce_loss") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = rlhf::plackett_luce_loss<T, Arch>(
                of_rankings, {.rewards = rewards.in(), .ranks = ranks, .d_rewards = o.to(d.out)}, run);
            luce(h, r), h.add(counted), h.add(d.memory);
        });
    });
}

struct pairing {
    rlhf::bradley_terry_loss_options options = {};
    bool margins = false;
    writing to = {};
};

const std::vector<named<pairing>> pairings = {
    {"default", {}},
    {"margin", {{.margin = 0.5}}},
    {"margins", {{}, true}},
    {"label_smoothing", {{.label_smoothing = 0.1}}},
    {"center_coef", {{.center_coef = 0.01}}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair", {{.margin = 0.3, .label_smoothing = 0.2, .center_coef = 0.02}, true, {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void pairings_of() {
    tally<rlhf::bradley_terry_loss_result> joined(title<T>("bradley_terry_loss"));
    each(token_scenes(), pairings, "", [&](const scene& s, const pairing& o, const std::string& name) {
        place p(s);
        const auto chosen = p.template numbers<T>(1, [](random&r) { return r.bell(5); }),
                   rejected = p.template numbers<T>(2, [](random&r) { return r.bell(5); }),
                   margins = p.template numbers<T>(3, [](random&r) { return r.bell(); });
        run(title<T>("bradley_terry_loss") + name, [&](hash& h, const rlhf::executor& run) {
            auto d_chosen = p.template output<T>(), d_rejected = p.template output<T>();
            const auto r =
                rlhf::bradley_terry_loss<T, Arch>(p.batch,
                                                  {.chosen_rewards = chosen.in(),
                                                   .rejected_rewards = rejected.in(),
                                                   .margins = o.margins ? margins.in() : rlhf::view<const T>(),
                                                   .d_chosen_rewards = o.to(d_chosen.out),
                                                   .d_rejected_rewards = o.to(d_rejected.out)},
                                                  o.options, run);
            joined(h, r), h.add(d_chosen.memory, d_rejected.memory);
        });
        if (name.ends_with("/default"))
            run(title<T>("reward_bias") + name, [&](hash& h, const rlhf::executor& run) {
                h.add(rlhf::reward_bias<T, Arch>(p.batch, chosen.in(), run));
            });
    });
}

} // namespace

void reward() {
    types_and_architectures([]<class T, class Arch>() {
        rankings_of<T, Arch>();
        pairings_of<T, Arch>();
    });
}

} // namespace bits
