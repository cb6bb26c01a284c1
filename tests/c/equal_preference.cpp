// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class T, class Objective, class C>
void equal_preference_loss(const Objective& objective, const C& c_objective) {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_preference_loss_arrays>();
    const auto chosen = numbers<T>("chosen", "[pairs]");
    a.chosen = read(chosen);
    const auto rejected = numbers<T>("rejected", "[pairs]");
    a.rejected = read(rejected);
    const auto margins = numbers<T>("margins", "[pairs]");
    if (takes_margins<Objective>) a.margins = read(margins);
    const auto weights = numbers<T>("weights", "[pairs]");
    a.weights = read(weights);
    output<T> d_chosen(std::string("[pairs]"));
    a.d_chosen = rlhf_add_to(write(d_chosen.c), 0.5);
    output<T> d_rejected(std::string("[pairs]"));
    a.d_rejected = rlhf_add_to(write(d_rejected.c), 0.5);
    auto r = sized<rlhf_preference_loss_result>();
    ok(rlhf_preference_loss(&batch, &a, &c_objective.objective, nullptr, &r, &error), error);
    const auto x = rlhf::preference_loss<T>(world::batch(),
                                            {.chosen = chosen, .rejected = rejected, .margins = takes_margins<Objective> ? rlhf::view<const T>(margins) : rlhf::view<const T>(), .weights = weights, .d_chosen = rlhf::add_to(d_chosen.cpp, 0.5), .d_rejected = rlhf::add_to(d_rejected.cpp, 0.5)},
                                            objective);
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.comparisons, x.comparisons()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(same(r.mean_chosen_reward, x.mean_chosen_reward()));
    CHECK(same(r.mean_rejected_reward, x.mean_rejected_reward()));
    CHECK(same(r.mean_margin, x.mean_margin()));
    CHECK(d_chosen.same());
    CHECK(d_rejected.same());
}
TEST_CASE("preference_loss of C") {
    equal_preference_loss<float>(rlhf::apo_zero(), static_cast<const rlhf_apo_zero&>(rlhf_apo_zero RLHF_APO_ZERO));
    equal_preference_loss<double>(rlhf::apo_zero(), static_cast<const rlhf_apo_zero&>(rlhf_apo_zero RLHF_APO_ZERO));
    equal_preference_loss<float>(rlhf::apo_down(), static_cast<const rlhf_apo_down&>(rlhf_apo_down RLHF_APO_DOWN));
    equal_preference_loss<double>(rlhf::apo_down(), static_cast<const rlhf_apo_down&>(rlhf_apo_down RLHF_APO_DOWN));
    equal_preference_loss<float>(rlhf::discopop(), static_cast<const rlhf_discopop&>(rlhf_discopop RLHF_DISCOPOP));
    equal_preference_loss<double>(rlhf::discopop(), static_cast<const rlhf_discopop&>(rlhf_discopop RLHF_DISCOPOP));
    equal_preference_loss<float>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_loss<double>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_loss<float>(rlhf::robust_dpo(), static_cast<const rlhf_robust_dpo&>(rlhf_robust_dpo RLHF_ROBUST_DPO));
    equal_preference_loss<double>(rlhf::robust_dpo(), static_cast<const rlhf_robust_dpo&>(rlhf_robust_dpo RLHF_ROBUST_DPO));
    equal_preference_loss<float>(rlhf::simpo(), static_cast<const rlhf_simpo&>(rlhf_simpo RLHF_SIMPO));
    equal_preference_loss<double>(rlhf::simpo(), static_cast<const rlhf_simpo&>(rlhf_simpo RLHF_SIMPO));
    equal_preference_loss<float>(rlhf::exo(), static_cast<const rlhf_exo&>(rlhf_exo RLHF_EXO));
    equal_preference_loss<double>(rlhf::exo(), static_cast<const rlhf_exo&>(rlhf_exo RLHF_EXO));
    equal_preference_loss<float>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
    equal_preference_loss<double>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
    equal_preference_loss<float>(rlhf::nca(), static_cast<const rlhf_nca&>(rlhf_nca RLHF_NCA));
    equal_preference_loss<double>(rlhf::nca(), static_cast<const rlhf_nca&>(rlhf_nca RLHF_NCA));
    equal_preference_loss<float>(rlhf::bco(), static_cast<const rlhf_bco&>(rlhf_bco RLHF_BCO));
    equal_preference_loss<double>(rlhf::bco(), static_cast<const rlhf_bco&>(rlhf_bco RLHF_BCO));
    equal_preference_loss<float>(rlhf::orpo(), static_cast<const rlhf_orpo&>(rlhf_orpo RLHF_ORPO));
    equal_preference_loss<double>(rlhf::orpo(), static_cast<const rlhf_orpo&>(rlhf_orpo RLHF_ORPO));
    equal_preference_loss<float>(rlhf::slic_hinge(), static_cast<const rlhf_slic_hinge&>(rlhf_slic_hinge RLHF_SLIC_HINGE));
    equal_preference_loss<double>(rlhf::slic_hinge(), static_cast<const rlhf_slic_hinge&>(rlhf_slic_hinge RLHF_SLIC_HINGE));
    equal_preference_loss<float>(rlhf::sppo(), static_cast<const rlhf_sppo&>(rlhf_sppo RLHF_SPPO));
    equal_preference_loss<double>(rlhf::sppo(), static_cast<const rlhf_sppo&>(rlhf_sppo RLHF_SPPO));
}

template <class T>
void equal_sequence_log_probs() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_sequence_log_probs_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    output<T> sums(std::string("[B]"));
    a.sums = write(sums.c);
    auto r = sized<rlhf_sequence_log_probs_result>();
    ok(rlhf_sequence_log_probs(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::sequence_log_probs<T>(world::batch(),
                                               {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums.cpp},
                                               {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(sums.same());
}
TEST_CASE("sequence_log_probs of C") {
    equal_sequence_log_probs<float>();
    equal_sequence_log_probs<double>();
}

template <class T>
void equal_sequence_log_probs_backward() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_sequence_log_probs_backward_arrays>();
    const auto d_sums = numbers<T>("d_sums", "[B]");
    a.d_sums = read(d_sums);
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = rlhf_add_to(write(d_log_probs.c), 0.5);
    ok(rlhf_sequence_log_probs_backward(&batch, &a, nullptr, nullptr, &error), error);
    rlhf::sequence_log_probs_backward<T>(world::batch(),
                                         {.d_sums = d_sums, .d_log_probs = rlhf::add_to(d_log_probs.cpp, 0.5)}, {});
    CHECK(d_log_probs.same());
}
TEST_CASE("sequence_log_probs_backward of C") {
    equal_sequence_log_probs_backward<float>();
    equal_sequence_log_probs_backward<double>();
}

template <class T, class Objective, class C>
void equal_unpaired_loss(const Objective& objective, const C& c_objective) {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_unpaired_loss_arrays>();
    const auto log_ratios = numbers<T>("log_ratios", "[answers]");
    a.log_ratios = read(log_ratios);
    const auto desirable = numbers<std::uint8_t>("desirable", "[answers]");
    a.desirable = read(desirable);
    const auto weights = numbers<T>("weights", "[answers]");
    a.weights = read(weights);
    output<T> d_log_ratios(std::string("[answers]"));
    a.d_log_ratios = rlhf_add_to(write(d_log_ratios.c), 0.5);
    auto r = sized<rlhf_unpaired_loss_result>();
    ok(rlhf_unpaired_loss(&batch, &a, &c_objective.objective, &r, &error), error);
    const auto x = rlhf::unpaired_loss<T>(world::batch(),
                                          {.log_ratios = log_ratios, .desirable = desirable, .weights = weights, .d_log_ratios = rlhf::add_to(d_log_ratios.cpp, 0.5)},
                                          objective);
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.answers, x.answers()));
    CHECK(same(r.desirable, x.desirable()));
    CHECK(same(r.mean_desirable_reward, x.mean_desirable_reward()));
    CHECK(same(r.mean_undesirable_reward, x.mean_undesirable_reward()));
    CHECK(same(r.mean_margin, x.mean_margin()));
    CHECK(d_log_ratios.same());
}
TEST_CASE("unpaired_loss of C") {
    equal_unpaired_loss<float>(rlhf::kto(), static_cast<const rlhf_kto&>(rlhf_kto RLHF_KTO));
    equal_unpaired_loss<double>(rlhf::kto(), static_cast<const rlhf_kto&>(rlhf_kto RLHF_KTO));
    equal_unpaired_loss<float>(rlhf::bco(), static_cast<const rlhf_bco&>(rlhf_bco RLHF_BCO));
    equal_unpaired_loss<double>(rlhf::bco(), static_cast<const rlhf_bco&>(rlhf_bco RLHF_BCO));
}

