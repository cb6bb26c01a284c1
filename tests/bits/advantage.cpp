// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// From log-probs and scores to advantages: rewards, recurrences, whitening. Scores alone: scores.cpp.
namespace bits {
namespace {

using rlhf::gaps;

/// Cases of recurrences: every option in [T, B] too, rows of several chunks, and data where masked steps are read.
std::vector<scene> step_scenes() {
    std::vector<scene> all = token_scenes();
    all[1].all_options = true;
    all.push_back({.name = "plain", .content = content::plain, .all_options = true});
    all.push_back({.name = "plain_columns", .in = form::columns, .content = content::plain, .all_options = true});
    all.push_back({.name = "long", .in = form::packed, .lengths = {40000, 17000, 3, 20000}});
    all.push_back(
        {.name = "long_all", .in = form::packed, .mask = mask::all, .content = content::plain, .lengths = {33000}});
    return all;
}

/// What a recurrence is given besides its required arrays.
struct recurrence {
    double gamma = 1, lambda = 0.95;
    rlhf::gaps gaps = gaps::skip;
    bool next_values = false, bootstrap = false, terminated = false, truncated = false, in_place = false;
    bool lambdas = false; ///< one per sequence
    writing to = {};
};

const std::vector<named<recurrence>> recurrences = {
    {"default", {}},
    {"gamma", {.gamma = 0.97}},
    {"lambda", {.lambda = 0.5}},
    {"lambda_1", {.lambda = 1}},
    {"gamma_0", {.gamma = 0}},
    {"zero", {.gamma = 0.99, .gaps = gaps::zero}},
    {"ignore", {.gamma = 0.99, .gaps = gaps::ignore}},
    {"bootstrap", {.gamma = 0.99, .bootstrap = true}},
    {"terminated", {.gamma = 0.99, .bootstrap = true, .terminated = true}},
    {"terminated_zero", {.gamma = 0.99, .gaps = gaps::zero, .bootstrap = true, .terminated = true}},
    {"terminated_ignore", {.gamma = 0.99, .gaps = gaps::ignore, .bootstrap = true, .terminated = true}},
    {"next", {.gamma = 0.99, .next_values = true}},
    {"next_zero", {.gamma = 0.99, .gaps = gaps::zero, .next_values = true}},
    {"next_ignore", {.gamma = 0.99, .gaps = gaps::ignore, .next_values = true}},
    {"truncated", {.gamma = 0.99, .next_values = true, .truncated = true}},
    {"flags_zero", {.gamma = 0.99, .gaps = gaps::zero, .next_values = true, .terminated = true, .truncated = true}},
    {"flags_ignore", {.gamma = 0.99, .gaps = gaps::ignore, .next_values = true, .terminated = true, .truncated = true}},
    {"in_place", {.gamma = 0.99, .in_place = true}},
    {"scaled", {.gamma = 0.99, .to = {.scale = -0.3}}},
    {"added", {.gamma = 0.99, .bootstrap = true, .terminated = true, .to = {.add = true}}},
    {"lambdas", {.gamma = 0.99, .bootstrap = true, .lambdas = true}},
    {"lambdas_flags",
     {.gamma = 0.99, .gaps = gaps::zero, .next_values = true, .terminated = true, .truncated = true, .lambdas = true}},
    {"flags",
     {.gamma = 0.99, .next_values = true, .terminated = true, .truncated = true, .to = {.scale = 3, .add = true}}},
};

template <class T, class Arch>
void recurrences_of() {
    const auto draw = [](random& r) { return r.bell(4); };
    each(step_scenes(), recurrences, "", [&](const scene& s, const recurrence& o, const std::string& name) {
        place p(s);
        const auto terminated = p.flags(4, 50), truncated = p.flags(5, 60);
        const auto given = [](bool wanted, const auto& a) { return wanted ? a.in() : decltype(a.in())(); };
        const auto bootstrap = p.template per_sequence<T>(6, draw);
        const auto rewards = p.template numbers<T>(1, draw), values = p.template numbers<T>(2, draw),
                   next = p.template numbers<T>(3, draw);
        const bool last = o.bootstrap && !o.next_values;
        const auto lambdas = p.template per_sequence<T>(8, [](random& r) { return std::int64_t(r.below(9)) << 45; });
        const auto own = o.lambdas ? rlhf::view<const T>(lambdas) : rlhf::view<const T>();

        run(title<T>("gae") + name, [&](hash& h, const rlhf::executor& run) {
            auto r = p.template numbers<T>(1, draw), v = p.template numbers<T>(2, draw);
            auto advantages = p.template output<T>(), returns = p.template output<T>();
            rlhf::gae<T, Arch>(
                p.batch,
                {.rewards = r.in(),
                 .values = v.in(),
                 .next_values = given(o.next_values, next),
                 .bootstrap_values = o.bootstrap ? rlhf::view<const T>(bootstrap) : rlhf::view<const T>(),
                 .lambdas = own,
                 .terminated = given(o.terminated, terminated),
                 .truncated = given(o.truncated, truncated),
                 .advantages = o.in_place ? r.out : advantages.out,
                 .returns = o.in_place ? v.out : returns.out},
                {.gamma = o.gamma, .lambda = o.lambda, .gaps = o.gaps}, run);
            h.add(r.memory, v.memory, advantages.memory, returns.memory);
        });
        run(title<T>("gae_backward") + name, [&](hash& h, const rlhf::executor& run) {
            auto d_rewards = p.template output<T>(), d_values = p.template output<T>(), d_next = p.template output<T>();
            auto d_bootstrap = p.template per_sequence<T>(7, draw);
            rlhf::gae_backward<T, Arch>(
                p.batch,
                {.d_advantages = rewards.in(),
                 .d_returns = given(!o.in_place, values),
                 .next_values = given(o.next_values, next),
                 .lambdas = own,
                 .terminated = given(o.terminated, terminated),
                 .truncated = given(o.truncated, truncated),
                 .d_rewards = o.to(d_rewards.out),
                 .d_values = o.to(d_values.out),
                 .d_next_values = o.next_values ? o.to(d_next.out) : rlhf::gradient<T>(),
                 .d_bootstrap_values = last ? o.to(rlhf::view<T>(d_bootstrap)) : rlhf::gradient<T>()},
                {.gamma = o.gamma, .lambda = o.lambda, .gaps = o.gaps}, run);
            h.add(d_rewards.memory, d_values.memory, d_next.memory, d_bootstrap);
        });
        if (o.next_values || o.to.scale != 1 || o.lambda != 0.95 || o.lambdas) return; // what returns do not have
        run(title<T>("discounted_returns") + name, [&](hash& h, const rlhf::executor& run) {
            auto r = p.template numbers<T>(1, draw), returns = p.template output<T>();
            rlhf::discounted_returns<T, Arch>(
                p.batch,
                {.rewards = r.in(),
                 .bootstrap_values = o.bootstrap ? rlhf::view<const T>(bootstrap) : rlhf::view<const T>(),
                 .terminated = given(o.terminated, terminated),
                 .returns = o.in_place ? r.out : returns.out},
                {.gamma = o.gamma, .gaps = o.gaps}, run);
            h.add(r.memory, returns.memory);
        });
    });
}

using rlhf::scale_about, rlhf::std_floor;

const std::vector<named<rlhf::whiten_options>> whitenings = {
    {"default", {}},
    {"keep_mean", {.center = false}},
    {"center_only", {.scale = false}},
    {"about_zero", {.center = false, .about = scale_about::zero}},
    {"none", rlhf::no_whitening},
    {"ddof_0", {.ddof = 0}},
    {"epsilon", {.epsilon = 0.01}},
    {"after_root", {.epsilon = 0.01, .floor = std_floor::after_root}},
    {"variance_at_least", {.epsilon = 5, .floor = std_floor::variance_at_least}},
    {"std_at_least", {.center = false, .ddof = 0, .epsilon = 3, .floor = std_floor::std_at_least}},
};

template <class T, class Arch>
void whitenings_of() {
    tally<rlhf::moments> joined(title<T>("moments_of"));
    each(token_scenes(), whitenings, title<T>("whiten"), [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto x = p.template numbers<T>(8, [](random& r) { return r.bell(4) + (std::int64_t(3) << 47); });
            const rlhf::moments before = rlhf::moments_of<T, Arch>(p.batch, x.in(), run);
            const rlhf::moments same = rlhf::whiten<T, Arch>(p.batch, x.out, o, run);
            joined(h, before), h.add(same), h.add(x.memory);
            rlhf::whiten<T, Arch>(p.batch, x.out, before, o, run); // with given moments
            h.add(x.memory);
        });
    });
}

using rlhf::kl_estimator, rlhf::score_position;

struct shaping {
    rlhf::shape_rewards_options options = {};
    bool finished = false;
    int in_place = 0; ///< 1: on log_probs, 2: on ref_log_probs
};

const std::vector<named<shaping>> shapings = {
    {"default", {}},
    {"kl_coef_0", {{.kl_coef = 0}}},
    {"k2", {{.kl_coef = 0.1, .kl_estimator = kl_estimator::k2}}},
    {"k3", {{.kl_coef = 0.1, .kl_estimator = kl_estimator::k3}}},
    {"kl_limit", {{.kl_limit = 0.5}}},
    {"after_last", {{.score_position = score_position::after_last_counted}}},
    {"last_step", {{.score_position = score_position::last_step}}},
    {"score_limit", {{.score_limit = 1}}},
    {"penalty", {{.unfinished_penalty = 0.7}, true}},
    {"replaced", {{.unfinished_score = -1.5}, true}},
    {"in_place", {{}, false, 1}},
    {"in_place_of_ref", {{}, false, 2}},
    {"pair",
     {{.kl_coef = 0.3,
       .kl_estimator = kl_estimator::k3,
       .kl_limit = 2,
       .score_position = score_position::after_last_counted,
       .score_limit = 1.5,
       .unfinished_penalty = 0.7},
      true}},
};

template <class T, class Arch>
void shapings_of() {
    tally<rlhf::shape_rewards_result> joined(title<T>("shape_rewards"));
    each(token_scenes(), shapings, title<T>("shape_rewards"), [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto scores = p.template per_sequence<T>(11, [](random& r) { return r.bell(4); });
        std::vector<std::uint8_t> finished;
        for (std::size_t q = 0; q < p.sequences(); ++q) finished.push_back(q % 3 != 0);
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto log_probs = p.template numbers<T>(9, [](random& r) { return r.log_prob(); });
            auto ref = p.template numbers<T>(9, [](random& r) { return r.log_prob() + r.bell(2); });
            auto rewards = p.template output<T>();
            const auto result = rlhf::shape_rewards<T, Arch>(
                p.batch,
                {.log_probs = log_probs.in(),
                 .ref_log_probs = ref.in(),
                 .scores = scores,
                 .finished = o.finished ? rlhf::view<const std::uint8_t>(finished) : rlhf::view<const std::uint8_t>(),
                 .rewards = o.in_place == 1   ? log_probs.out
                            : o.in_place == 2 ? ref.out
                                              : rewards.out},
                o.options, run);
            joined(h, result);
            h.add(log_probs.memory, ref.memory, rewards.memory);
        });
    });
}

void plain_numbers() {
    for (const auto& s : token_scenes()) {
        place p(s);
        hash h;
        h.add(rlhf::count(p.batch)), h.add(rlhf::count(p.batch.part(2, 7)));
        report("count/" + s.name, h);
    }
    hash h;
    rlhf::adaptive_kl_controller c{.kl_coef = 0.1, .target = 3, .horizon = 1000, .limit = 0.3};
    random r(5);
    for (int i = 0; i < 100; ++i) {
        c = rlhf::updated(c, real<double>(r.around(8)), 64);
        h.add(c.kl_coef, c.target, c.horizon, c.limit);
        h.add(rlhf::updated(rlhf::fixed_kl_controller{.kl_coef = c.kl_coef}, 1, 64).kl_coef);
    }
    report("kl_controller", h);
}

} // namespace

void advantage() {
    plain_numbers();
    types_and_architectures([]<class T, class Arch>() {
        recurrences_of<T, Arch>();
        whitenings_of<T, Arch>();
        shapings_of<T, Arch>();
    });
}

} // namespace bits
