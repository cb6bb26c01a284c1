// SPDX-License-Identifier: MIT

// Losses over pairs of answers, and the sums over sequences that they compare.

#include "scene.hpp"

namespace bits {

namespace {

struct summing {
    bool ref = false, average = false;
    writing to = {};
};

const std::vector<named<summing>> summings = {
    {"default", {}},
    {"ref", {.ref = true}},
    {"average", {.average = true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"all", {.ref = true, .average = true, .to = {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void sums_of() {
    tally<rlhf::sequence_log_probs_result> joined(title<T>("sequence_log_probs"));
    each(token_scenes(), summings, "", [&](const scene& s, const summing& o, const std::string& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   ref = p.template numbers<T>(2, [](random&r) { return r.log_prob(); });
        const auto d_sums = p.template per_sequence<T>(3, [](random& r) { return r.bell(); });
        const rlhf::sequence_log_probs_options options{.average = o.average};
        run(title<T>("sequence_log_probs") + name, [&](hash& h, const rlhf::executor& run) {
            std::vector<T> sums(p.sequences());
            rlhf::sequence_log_probs_arrays<T> a{.log_probs = log_probs.in(), .sums = sums};
            if (o.ref) a.ref_log_probs = ref.in();
            const auto r = rlhf::sequence_log_probs<T, Arch>(p.batch, a, options, run);
            joined(h, r), h.add(sums);
            auto d = p.template output<T>();
            rlhf::sequence_log_probs_backward<T, Arch>(p.batch, {.d_sums = d_sums, .d_log_probs = o.to(d.out)}, options,
                                                       run);
            h.add(d.memory);
        });
    });
}

struct pairing {
    bool margins = false, weights = false;
    writing to = {};
};

const std::vector<named<pairing>> plain_pairings = {
    {"default", {}},
    {"weights", {.weights = true, .to = {.scale = 0.7, .add = true}}},
};
const std::vector<named<pairing>> pairings = {
    {"default", {}},
    {"margins", {.margins = true}},
    {"weights", {.weights = true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"all", {.margins = true, .weights = true, .to = {.scale = 0.7, .add = true}}},
};

/// What the cases of one type share, compiled once for all objectives.
template <class T>
struct pairs {
    using loss = std::function<rlhf::preference_loss_result(const rlhf::batch&, const rlhf::preference_loss_arrays<T>&,
                                                            const rlhf::executor&)>;
    using loss_by_place =
        std::function<rlhf::preference_loss_result(const rlhf::batch&, const rlhf::preference_pairs_arrays<T>&)>;

    tally<rlhf::preference_loss_result> joined{title<T>("preference_loss")},
        joined_by_place{title<T>("preference_pairs")};

    void of(const std::string& what, const std::vector<scene>& scenes, const std::vector<named<pairing>>& options,
            const loss& of_sums, const loss_by_place& of_places = {}) {
        each(scenes, options, "/" + what, [&](const scene& s, const pairing& o, const std::string& name) {
            place p(s);
            const auto chosen = p.template numbers<T>(1, [](random&r) { return r.bell(30); }),
                       rejected = p.template numbers<T>(2, [](random&r) { return r.bell(30); }),
                       margins = p.template numbers<T>(3, [](random&r) { return r.bell(); }),
                       weights = p.template numbers<T>(4, [](random&r) { return r.around(2); });
            rlhf::preference_loss_arrays<T> a{.chosen = chosen.in(), .rejected = rejected.in()};
            if (o.margins) a.margins = margins.in();
            if (o.weights) a.weights = weights.in();
            run(title<T>("preference_loss") + name, [&](hash& h, const rlhf::executor& run) {
                auto d_chosen = p.template output<T>(), d_rejected = p.template output<T>();
                a.d_chosen = o.to(d_chosen.out), a.d_rejected = o.to(d_rejected.out);
                joined(h, of_sums(p.batch, a, run));
                h.add(d_chosen.memory, d_rejected.memory);
            });
            if (of_places) by_place(p, a, of_places, o, name);
        });
    }

    /// The same of sums by their places. Indices belong to steps, so that predict_next would shift the mask alone.
    void by_place(const place& p, const rlhf::preference_loss_arrays<T>& a, const loss_by_place& of_places,
                  const pairing& o, const std::string& name) {
        if (p.scene().predict_next) return;
        std::vector<T> sums;
        for (std::uint64_t i = 0; i < 23; ++i) sums.push_back(real<T>(random(i).bell(30)));
        const auto any = [](random& r, bool inside) { return inside ? std::int64_t(r.below(23)) : -99; };
        const auto narrow = p.template integers<std::int32_t>(5, any);
        const auto wide = p.template integers<std::int64_t>(6, any);
        run(title<T>("preference_pairs") + name, [&](hash& h, const rlhf::executor&) {
            std::vector<T> d_sums(23, T(0.125));
            joined_by_place(h, of_places(p.batch, {.sums = sums,
                                                   .chosen = narrow.in(),
                                                   .rejected = wide.in(),
                                                   .margins = a.margins,
                                                   .weights = a.weights,
                                                   .d_sums = o.to(rlhf::view<T>(d_sums))}));
            h.add(d_sums);
        });
    }
};

const std::vector<named<pairing>> judgements = {
    {"default", {}},
    {"weights", {.weights = true}},
    {"all", {.weights = true, .to = {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void answers_of() {
    tally<rlhf::unpaired_loss_result> joined(title<T>("unpaired_loss"));
    const auto of = [&](const std::string& what, const auto& objective, const std::vector<scene>& scenes) {
        each(scenes, judgements, "/" + what, [&](const scene& s, const pairing& o, const std::string& name) {
            place p(s);
            const auto log_ratios = p.template numbers<T>(1, [](random&r) { return r.bell(30); }),
                       weights = p.template numbers<T>(2, [](random&r) { return r.around(2); });
            const auto desirable = p.flags(3, 2);
            run(title<T>("unpaired_loss") + name, [&](hash& h, const rlhf::executor&) {
                auto d = p.template output<T>();
                rlhf::unpaired_loss_arrays<T> a{.log_ratios = log_ratios.in(), .desirable = desirable.in()};
                if (o.weights) a.weights = weights.in();
                a.d_log_ratios = o.to(d.out);
                joined(h, rlhf::unpaired_loss<T, Arch>(p.batch, a, objective));
                h.add(d.memory);
            });
        });
    };
    of("kto", rlhf::kto{.reference_point = 0.7, .undesirable_weight = 1.5}, token_scenes());
    of("bco", rlhf::bco{.shift = 0.3}, {{.name = "rows"}, {.name = "special", .content = content::special}});
}

/// Sequences 0 and 1 against 2 and the last, with the likelihood of what they prefer; as they are, and sorted.
template <class T, class Arch>
void likelihoods_of() {
    each(token_scenes(), summings, "", [&](const scene& s, const summing& o, const std::string& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   ref = p.template numbers<T>(2, [](random&r) { return r.log_prob(); });
        const auto last = static_cast<std::int32_t>(p.sequences()) - 1;
        for (const std::string function : {"preference_nll", "sort_pairs"})
            run(title<T>(function) + name, [&](hash& h, const rlhf::executor& run) {
                std::vector<std::int32_t> chosen{0, 1}, rejected{2, last};
                std::vector<T> sums(p.sequences()), d_sums(p.sequences());
                auto d = p.template output<T>();
                rlhf::preference_nll_arrays<T> a{.log_probs = log_probs.in(),
                                                 .chosen = chosen,
                                                 .rejected = rejected,
                                                 .sums = sums,
                                                 .d_sums = d_sums};
                if (o.ref) a.ref_log_probs = ref.in();
                a.d_log_probs = o.to(d.out);
                if (function == "sort_pairs") {
                    rlhf::sequence_log_probs<T, Arch>(p.batch, {.log_probs = log_probs.in(), .sums = sums});
                    rlhf::sort_pairs<T>(sums, std::span(chosen), std::span(rejected));
                }
                const rlhf::batch pairs{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counts{3, 1}};
                h.add(rlhf::preference_nll<T, Arch>(p.batch, pairs, p.batch, a, rlhf::dpo{},
                                                    {.nll_weight = 0.7, .average = o.average}, run));
                h.add(d.memory);
            });
    });
}

template <class T, class Arch>
void pairs_of() {
    pairs<T> cases;
    const auto of = [&](const char* name, const auto& objective, const auto& scenes, const auto& options) {
        typename pairs<T>::loss_by_place of_places;
        if constexpr (std::is_same_v<decltype(objective), const rlhf::dpo&>)
            of_places = [&](const auto& b, const auto& a) { return rlhf::preference_pairs<T, Arch>(b, a, objective); };
        cases.of(
            name, scenes, options,
            [&](const auto& b, const auto& a, const auto& run) {
                return rlhf::preference_loss<T, Arch>(b, a, objective, run);
            },
            of_places);
    };
    of("dpo", rlhf::dpo{}, token_scenes(), pairings);
    const std::vector<scene> few{{.name = "rows"}, {.name = "special", .content = content::special}};
    of("cdpo", rlhf::dpo{.label_smoothing = 0.1}, few, pairings);
    of("robust_dpo", rlhf::robust_dpo{}, few, pairings);
    of("simpo", rlhf::simpo{}, few, pairings);
    of("slic_hinge", rlhf::slic_hinge{}, few, pairings);
    of("ipo", rlhf::ipo{}, few, plain_pairings);
    of("exo", rlhf::exo{}, few, plain_pairings);
    of("discopop", rlhf::discopop{}, few, plain_pairings);
    of("apo_zero", rlhf::apo_zero{}, few, plain_pairings);
    of("apo_down", rlhf::apo_down{}, few, plain_pairings);
    of("sppo", rlhf::sppo{}, few, plain_pairings);
    of("nca", rlhf::nca{}, few, plain_pairings);
    of("orpo", rlhf::orpo{}, few, plain_pairings);
    of("bco", rlhf::bco{.shift = 0.3}, few, plain_pairings);
}

} // namespace

void preference() {
    types_and_architectures([]<class T, class Arch>() {
        sums_of<T, Arch>();
        pairs_of<T, Arch>();
        answers_of<T, Arch>();
        likelihoods_of<T, Arch>();
    });
}

} // namespace bits
