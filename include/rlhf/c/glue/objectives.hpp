// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/options.hpp>

namespace RLHF_NAMESPACE::c {

inline rlhf::apo_down of_c([[maybe_unused]] const reader& r, const rlhf_apo_down& o) {
    return {.beta = o.beta};
}
inline rlhf::apo_zero of_c([[maybe_unused]] const reader& r, const rlhf_apo_zero& o) {
    return {.beta = o.beta};
}
inline rlhf::bco of_c([[maybe_unused]] const reader& r, const rlhf_bco& o) {
    return {.beta = o.beta, .shift = o.shift};
}
inline rlhf::cispo of_c([[maybe_unused]] const reader& r, const rlhf_cispo& o) {
    return {.low = o.low, .high = o.high, .beyond = r.choice<rlhf::importance>(o.beyond, 2, "beyond")};
}
inline rlhf::discopop of_c([[maybe_unused]] const reader& r, const rlhf_discopop& o) {
    return {.beta = o.beta, .tau = o.tau};
}
inline rlhf::dpo of_c([[maybe_unused]] const reader& r, const rlhf_dpo& o) {
    return {.beta = o.beta, .label_smoothing = o.label_smoothing};
}
inline rlhf::dppo_kl of_c([[maybe_unused]] const reader& r, const rlhf_dppo_kl& o) {
    return {.range = of_c(o.range), .cap = o.cap, .value = r.choice<rlhf::dppo_value>(o.value, 2, "value")};
}
inline rlhf::dppo_tv of_c([[maybe_unused]] const reader& r, const rlhf_dppo_tv& o) {
    return {.range = of_c(o.range), .cap = o.cap, .value = r.choice<rlhf::dppo_value>(o.value, 2, "value")};
}
inline rlhf::exo of_c([[maybe_unused]] const reader& r, const rlhf_exo& o) {
    return {.beta = o.beta, .label_smoothing = o.label_smoothing};
}
inline rlhf::gmpo of_c([[maybe_unused]] const reader& r, const rlhf_gmpo& o) {
    return {.range = of_c(o.range)};
}
inline rlhf::gspo of_c([[maybe_unused]] const reader& r, const rlhf_gspo& o) {
    return {.range = of_c(o.range), .ratio = r.choice<rlhf::sequence_ratio>(o.ratio, 2, "ratio")};
}
inline rlhf::ipo of_c([[maybe_unused]] const reader& r, const rlhf_ipo& o) {
    return {.beta = o.beta};
}
inline rlhf::kto of_c([[maybe_unused]] const reader& r, const rlhf_kto& o) {
    return {.beta = o.beta, .reference_point = o.reference_point, .desirable_weight = o.desirable_weight,
            .undesirable_weight = o.undesirable_weight};
}
inline rlhf::nca of_c([[maybe_unused]] const reader& r, const rlhf_nca& o) {
    return {.beta = o.beta};
}
inline rlhf::orpo of_c([[maybe_unused]] const reader& r, const rlhf_orpo& o) {
    return {.beta = o.beta};
}
inline rlhf::ppo_clip of_c([[maybe_unused]] const reader& r, const rlhf_ppo_clip& o) {
    return {.range = of_c(o.range), .dual = o.dual};
}
inline rlhf::robust_dpo of_c([[maybe_unused]] const reader& r, const rlhf_robust_dpo& o) {
    return {.beta = o.beta, .label_smoothing = o.label_smoothing};
}
inline rlhf::sapo of_c([[maybe_unused]] const reader& r, const rlhf_sapo& o) {
    return {.tau_positive = o.tau_positive, .tau_negative = o.tau_negative};
}
inline rlhf::simpo of_c([[maybe_unused]] const reader& r, const rlhf_simpo& o) {
    return {.beta = o.beta, .gamma = o.gamma};
}
inline rlhf::slic_hinge of_c([[maybe_unused]] const reader& r, const rlhf_slic_hinge& o) {
    return {.beta = o.beta};
}
inline rlhf::sppo of_c([[maybe_unused]] const reader& r, const rlhf_sppo& o) {
    return {.beta = o.beta};
}
inline rlhf::topr of_c([[maybe_unused]] const reader& r, const rlhf_topr& o) {
    return {.positive = o.positive, .negative = o.negative};
}
inline rlhf::vespo of_c([[maybe_unused]] const reader& r, const rlhf_vespo& o) {
    return {.k_positive = o.k_positive, .lambda_positive = o.lambda_positive, .k_negative = o.k_negative,
            .lambda_negative = o.lambda_negative};
}

/// Calls f with the objective of policy_loss that C named.
template <class F>
auto with_objective_of_policy_loss(const reader& r, const rlhf_objective* given, F&& f) {
    const char* const name = r.name_of(given);
    if (std::strcmp(name, "cispo") == 0) return f(of_c(r, r.objective<rlhf_cispo>(given, RLHF_CISPO)));
    if (std::strcmp(name, "ppo_clip") == 0) return f(of_c(r, r.objective<rlhf_ppo_clip>(given, RLHF_PPO_CLIP)));
    if (std::strcmp(name, "dppo_tv") == 0) return f(of_c(r, r.objective<rlhf_dppo_tv>(given, RLHF_DPPO_TV)));
    if (std::strcmp(name, "dppo_kl") == 0) return f(of_c(r, r.objective<rlhf_dppo_kl>(given, RLHF_DPPO_KL)));
    if (std::strcmp(name, "gmpo") == 0) return f(of_c(r, r.objective<rlhf_gmpo>(given, RLHF_GMPO)));
    if (std::strcmp(name, "gspo") == 0) return f(of_c(r, r.objective<rlhf_gspo>(given, RLHF_GSPO)));
    if (std::strcmp(name, "sapo") == 0) return f(of_c(r, r.objective<rlhf_sapo>(given, RLHF_SAPO)));
    if (std::strcmp(name, "topr") == 0) return f(of_c(r, r.objective<rlhf_topr>(given, RLHF_TOPR)));
    if (std::strcmp(name, "vespo") == 0) return f(of_c(r, r.objective<rlhf_vespo>(given, RLHF_VESPO)));
    r.fail("objective is %s, expected "
           "cispo, ppo_clip, dppo_tv, dppo_kl, gmpo, gspo, sapo, topr or vespo",
           name);
}
/// Calls f with the objective of preference_loss that C named.
template <class F>
auto with_objective_of_preference_loss(const reader& r, const rlhf_objective* given, F&& f) {
    const char* const name = r.name_of(given);
    if (std::strcmp(name, "apo_zero") == 0) return f(of_c(r, r.objective<rlhf_apo_zero>(given, RLHF_APO_ZERO)));
    if (std::strcmp(name, "apo_down") == 0) return f(of_c(r, r.objective<rlhf_apo_down>(given, RLHF_APO_DOWN)));
    if (std::strcmp(name, "discopop") == 0) return f(of_c(r, r.objective<rlhf_discopop>(given, RLHF_DISCOPOP)));
    if (std::strcmp(name, "dpo") == 0) return f(of_c(r, r.objective<rlhf_dpo>(given, RLHF_DPO)));
    if (std::strcmp(name, "robust_dpo") == 0) return f(of_c(r, r.objective<rlhf_robust_dpo>(given, RLHF_ROBUST_DPO)));
    if (std::strcmp(name, "simpo") == 0) return f(of_c(r, r.objective<rlhf_simpo>(given, RLHF_SIMPO)));
    if (std::strcmp(name, "exo") == 0) return f(of_c(r, r.objective<rlhf_exo>(given, RLHF_EXO)));
    if (std::strcmp(name, "ipo") == 0) return f(of_c(r, r.objective<rlhf_ipo>(given, RLHF_IPO)));
    if (std::strcmp(name, "nca") == 0) return f(of_c(r, r.objective<rlhf_nca>(given, RLHF_NCA)));
    if (std::strcmp(name, "bco") == 0) return f(of_c(r, r.objective<rlhf_bco>(given, RLHF_BCO)));
    if (std::strcmp(name, "orpo") == 0) return f(of_c(r, r.objective<rlhf_orpo>(given, RLHF_ORPO)));
    if (std::strcmp(name, "slic_hinge") == 0) return f(of_c(r, r.objective<rlhf_slic_hinge>(given, RLHF_SLIC_HINGE)));
    if (std::strcmp(name, "sppo") == 0) return f(of_c(r, r.objective<rlhf_sppo>(given, RLHF_SPPO)));
    r.fail("objective is %s, expected "
           "apo_zero, apo_down, discopop, dpo, robust_dpo, simpo, exo, ipo, nca, bco, orpo, slic_hinge"
           " or sppo",
           name);
}
/// Calls f with the objective of unpaired_loss that C named.
template <class F>
auto with_objective_of_unpaired_loss(const reader& r, const rlhf_objective* given, F&& f) {
    const char* const name = r.name_of(given);
    if (std::strcmp(name, "kto") == 0) return f(of_c(r, r.objective<rlhf_kto>(given, RLHF_KTO)));
    if (std::strcmp(name, "bco") == 0) return f(of_c(r, r.objective<rlhf_bco>(given, RLHF_BCO)));
    r.fail("objective is %s, expected "
           "kto or bco",
           name);
}

} // namespace RLHF_NAMESPACE::c
