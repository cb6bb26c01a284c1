// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// V-trace, by every option in [B, T] and [T, B].
namespace bits {
namespace {

using rlhf::gaps;

struct trace {
    rlhf::vtrace_options options = {};
    bool next_values = false, terminated = false, truncated = false, in_place = false;
};

const std::vector<named<trace>> traces = {
    {"default", {}},
    {"gamma", {{.gamma = 0.97, .lambda = 0.9}}},
    {"gamma_0", {{.gamma = 0}}},
    {"bounds", {{.gamma = 0.99, .rho_bar = 1.5, .c_bar = 1.25, .policy_rho_bar = rlhf::unlimited}}},
    {"zero", {{.gamma = 0.99, .gaps = gaps::zero}}},
    {"ignore", {{.gamma = 0.99, .gaps = gaps::ignore}}},
    {"terminated_zero", {{.gamma = 0.99, .gaps = gaps::zero}, false, true}},
    {"next", {{.gamma = 0.99}, true}},
    {"flags_ignore", {{.gamma = 0.99, .gaps = gaps::ignore}, true, true, true}},
    {"in_place", {{.gamma = 0.99}, false, false, false, true}},
    {"flags", {{.gamma = 0.99}, true, true, true}},
};

template <class T, class Arch>
void traces_of() {
    const auto draw = [](random& r) { return r.bell(4); };
    std::vector<scene> scenes = token_scenes();
    scenes[1].all_options = true;
    scenes.push_back({.name = "plain", .content = content::plain, .all_options = true});
    each(scenes, traces, title<T>("vtrace"), [&](const scene& s, const trace& o, const std::string& name) {
        place p(s);
        const auto terminated = p.flags(4, 50), truncated = p.flags(5, 60);
        const auto given = [](bool wanted, const auto& a) { return wanted ? a.in() : decltype(a.in())(); };
        const auto bootstrap = p.template per_sequence<T>(6, draw);
        const auto next = p.template numbers<T>(3, draw);
        const auto log_pi = p.template numbers<T>(7, [](random& r) { return r.bell(1); });
        const auto log_mu = p.template numbers<T>(8, [](random& r) { return r.bell(1); });
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto r = p.template numbers<T>(1, draw), v = p.template numbers<T>(2, draw);
            auto targets = p.template output<T>(), advantages = p.template output<T>();
            rlhf::vtrace<T, Arch>(p.batch,
                                  {.rewards = r.in(),
                                   .values = v.in(),
                                   .log_probs = log_pi.in(),
                                   .behavior_log_probs = log_mu.in(),
                                   .next_values = given(o.next_values, next),
                                   .bootstrap_values = bootstrap,
                                   .terminated = given(o.terminated, terminated),
                                   .truncated = given(o.truncated, truncated),
                                   .targets = o.in_place ? v.out : targets.out,
                                   .advantages = o.in_place ? r.out : advantages.out},
                                  o.options, run);
            h.add(r.memory, v.memory, targets.memory, advantages.memory);
        });
    });
}

} // namespace

void vtrace() {
    types_and_architectures([]<class T, class Arch>() { traces_of<T, Arch>(); });
}

} // namespace bits
