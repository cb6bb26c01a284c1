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

} // namespace

void selection() {
    types_and_architectures([]<class T, class Arch>() { top_entropy_of<T, Arch>(); });
}

} // namespace bits
