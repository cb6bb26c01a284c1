// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>

namespace RLHF_NAMESPACE::c {

inline std::array<typed_array, 6> types_of(const rlhf_preference_loss_arrays& a) {
    return {{{"chosen", a.chosen}, {"rejected", a.rejected}, {"margins", a.margins}, {"weights", a.weights},
             {"d_chosen", a.d_chosen}, {"d_rejected", a.d_rejected}}};
}
template <class T>
preference_loss_arrays<T> of_c(const reader& r, const rlhf_preference_loss_arrays& a) {
    return {.chosen = r.in<T>(a.chosen, "chosen", true), .rejected = r.in<T>(a.rejected, "rejected", true),
            .margins = r.in<T>(a.margins, "margins", true), .weights = r.in<T>(a.weights, "weights", true),
            .d_chosen = r.gradient<T>(a.d_chosen, "d_chosen", true),
            .d_rejected = r.gradient<T>(a.d_rejected, "d_rejected", true)};
}
inline rlhf_status preference_loss(const rlhf_batch* batch, const rlhf_preference_loss_arrays* arrays,
                                   const rlhf_objective* objective, const rlhf_executor* run,
                                   rlhf_preference_loss_result* result, rlhf_error* error) {
    return answer("preference_loss", error, [&] {
        const reader r("preference_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_preference_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            with_objective_of_preference_loss(r, objective, [&](const auto& o) {
                into.take(rlhf::preference_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), o, r.executor()));
            });
        });
    });
}

inline std::array<typed_array, 3> types_of(const rlhf_sequence_log_probs_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"ref_log_probs", a.ref_log_probs}, {"sums", a.sums}}};
}
template <class T>
sequence_log_probs_arrays<T> of_c(const reader& r, const rlhf_sequence_log_probs_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .sums = r.out<T>(a.sums, "sums", true)};
}
inline rlhf_status sequence_log_probs(const rlhf_batch* batch, const rlhf_sequence_log_probs_arrays* arrays,
                                      const rlhf_sequence_log_probs_options* options, const rlhf_executor* run,
                                      rlhf_sequence_log_probs_result* result, rlhf_error* error) {
    return answer("sequence_log_probs", error, [&] {
        const reader r("sequence_log_probs", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_sequence_log_probs_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::sequence_log_probs<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                                  r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_sequence_log_probs_backward_arrays& a) {
    return {{{"d_sums", a.d_sums}, {"d_log_probs", a.d_log_probs}}};
}
template <class T>
sequence_log_probs_backward_arrays<T> of_c(const reader& r, const rlhf_sequence_log_probs_backward_arrays& a) {
    return {.d_sums = r.in<T>(a.d_sums, "d_sums", true), .d_log_probs = r.gradient<T>(a.d_log_probs, "d_log_probs")};
}
inline rlhf_status sequence_log_probs_backward(const rlhf_batch* batch,
                                               const rlhf_sequence_log_probs_backward_arrays* arrays,
                                               const rlhf_sequence_log_probs_options* options,
                                               const rlhf_executor* run, rlhf_error* error) {
    return answer("sequence_log_probs_backward", error, [&] {
        const reader r("sequence_log_probs_backward", run);
        const auto a = r.known(arrays, rlhf_sequence_log_probs_backward_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            rlhf::sequence_log_probs_backward<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                                 r.executor());
        });
    });
}

inline std::array<typed_array, 3> types_of(const rlhf_unpaired_loss_arrays& a) {
    return {{{"log_ratios", a.log_ratios}, {"weights", a.weights}, {"d_log_ratios", a.d_log_ratios}}};
}
template <class T>
unpaired_loss_arrays<T> of_c(const reader& r, const rlhf_unpaired_loss_arrays& a) {
    return {.log_ratios = r.in<T>(a.log_ratios, "log_ratios", true),
            .desirable = r.in<std::uint8_t>(a.desirable, "desirable", true),
            .weights = r.in<T>(a.weights, "weights", true),
            .d_log_ratios = r.gradient<T>(a.d_log_ratios, "d_log_ratios", true)};
}
inline rlhf_status unpaired_loss(const rlhf_batch* batch, const rlhf_unpaired_loss_arrays* arrays,
                                 const rlhf_objective* objective, rlhf_unpaired_loss_result* result,
                                 rlhf_error* error) {
    return answer("unpaired_loss", error, [&] {
        const reader r("unpaired_loss");
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_unpaired_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            with_objective_of_unpaired_loss(r, objective, [&](const auto& o) {
                into.take(rlhf::unpaired_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), o));
            });
        });
    });
}

} // namespace RLHF_NAMESPACE::c
