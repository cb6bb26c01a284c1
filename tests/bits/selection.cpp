// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// Functions that choose some of all tokens.
namespace bits {
namespace {

const std::vector<named<rlhf::top_entropy_options>> entropy_cases = {
    {"default", {}}, {"half", {.share = 0.5}}, {"highest", {.share = 0}}, {"threshold", {.threshold = 0.5}}};

template <class T, class Arch>
void top_entropy_of() {
    const auto what = title<T>("top_entropy");
    tally<rlhf::top_entropy_result> joined(what);
    each(token_scenes(), entropy_cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto entropy = p.template numbers<T>(1, [](random& r) { return -r.log_prob(); });
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto w = p.template output<T>();
            auto keep = p.template output<std::uint8_t>();
            const auto r = rlhf::top_entropy<T, Arch>(
                p.batch, {.entropy = entropy.in(), .weights = w.out, .keep = keep.out}, o, run);
            joined(h, r), h.add(w.memory), h.add(keep.memory);
        });
    });
}

struct picks {
    rlhf::covariance_tokens_options options;
    bool keys = false;
};

const std::vector<named<picks>> covariance_cases = {
    {"default", {}},
    {"tenth", {.options = {.share = 0.1}}},
    {"random", {.options = {.share = 0.05, .low = 0.01, .high = 1, .clip_range = 0.2}, .keys = true}},
    {"cut", {.options = {.high = 3, .cut = {{0.25, -0.5, 0.25}}}}}};

template <class T, class Arch>
void covariance_tokens_of() {
    const auto what = title<T>("covariance_tokens");
    tally<rlhf::covariance_tokens_result> joined(what);
    each(token_scenes(), covariance_cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   old = p.template numbers<T>(1, [](random&r) { return r.log_prob() + r.bell() / 2; }),
                   advantages = p.template numbers<T>(2, [](random&r) { return r.bell(3); }),
                   keys = p.template numbers<T>(3, [](random&r) { return r.around(); });
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto w = p.template output<T>(), anchors = p.template output<T>();
            const auto r = rlhf::covariance_tokens<T, Arch>(p.batch,
                                                            {.log_probs = log_probs.in(),
                                                             .old_log_probs = old.in(),
                                                             .advantages = advantages.in(),
                                                             .keys = o.keys ? keys.in() : rlhf::view<const T>(),
                                                             .weights = w.out,
                                                             .anchors = anchors.out},
                                                            o.options, run);
            joined(h, r), h.add(w.memory), h.add(anchors.memory);
        });
    });
}

const std::vector<named<rlhf::importance_weights_options>> limits_cases = {
    {"second_moment", {.second_moment_limit = 0.02}},
    {"binary_kl", {.binary_kl_limit = 0.1}},
    {"runs",
     {.level = rlhf::importance_level::sequence_mean,
      .range = {0.7, 1.4},
      .every_token = {0.1, 10},
      .unit = rlhf::importance_unit::run}}};

template <class T, class Arch>
void importance_limits_of() {
    const auto what = title<T>("importance_limits");
    each(token_scenes(), limits_cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   behavior = p.template numbers<T>(1, [](random&r) { return r.log_prob() + r.bell() / 2; });
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto w = p.template output<T>();
            const auto r = rlhf::importance_weights<T, Arch>(
                p.batch, {.log_probs = log_probs.in(), .behavior_log_probs = behavior.in(), .weights = w.out}, o, run);
            h.add(r), h.add(r.log_ratio_limit), h.add(w.memory);
        });
    });
}

void entropy_controller() {
    hash h;
    rlhf::adaptive_entropy_controller c{.entropy_coef = 0.05, .target = 0.3, .step = 0.01, .high = 0.1};
    random r(6);
    for (int i = 0; i < 100; ++i) {
        c = rlhf::updated(c, real<double>(r.around()));
        h.add(c.entropy_coef, c.coefficient());
    }
    report("entropy_controller", h);
}

} // namespace

void selection() {
    entropy_controller();
    types_and_architectures([]<class T, class Arch>() {
        top_entropy_of<T, Arch>();
        covariance_tokens_of<T, Arch>();
        importance_limits_of<T, Arch>();
    });
}

} // namespace bits
