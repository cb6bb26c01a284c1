// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>

namespace RLHF_NAMESPACE::c {

inline rlhf_status cross_entropy_loss(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                      const rlhf_logits_gradient* d_logits,
                                      const rlhf_cross_entropy_loss_options* options, const rlhf_executor* run,
                                      rlhf_cross_entropy_loss_result* result, rlhf_error* error) {
    return answer("cross_entropy_loss", error, [&] {
        const reader r("cross_entropy_loss", run);
        const place into(r, result);
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            if (d_logits != nullptr) {
                into.take(rlhf::cross_entropy_loss(r.batch(batch, "batch"),
                                                   r.logits<E>(r.there(logits, "logits"), "logits"),
                                                   r.index(r.there(targets, "targets"), "targets"),
                                                   r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                   r.executor()));
            } else {
                into.take(rlhf::cross_entropy_loss(r.batch(batch, "batch"),
                                                   r.logits<E>(r.there(logits, "logits"), "logits"),
                                                   r.index(r.there(targets, "targets"), "targets"), of_c(r, options),
                                                   r.executor()));
            }
        });
    });
}

inline kept_set of_c(const reader& r, const rlhf_kept_set& a) {
    return {.ids = r.index(a.ids, "ids"), .offsets = r.index(a.offsets, "offsets", true)};
}
inline std::array<typed_array, 4> types_of(const rlhf_kept_log_probs_arrays& a) {
    return {{{"log_sum_exp", a.log_sum_exp}, {"log_probs", a.log_probs}, {"entropy", a.entropy},
             {"log_kept", a.log_kept}}};
}
template <class T>
kept_log_probs_arrays<T> of_c(const reader& r, const rlhf_kept_log_probs_arrays& a) {
    return {.log_sum_exp = r.in<T>(a.log_sum_exp, "log_sum_exp"), .log_probs = r.out<T>(a.log_probs, "log_probs"),
            .entropy = r.out<T>(a.entropy, "entropy"), .log_kept = r.out<T>(a.log_kept, "log_kept")};
}
inline rlhf_status kept_log_probs(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                  const rlhf_kept_set* kept, const rlhf_kept_log_probs_arrays* arrays,
                                  const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                  rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("kept_log_probs", error, [&] {
        const reader r("kept_log_probs", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_kept_log_probs_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::kept_log_probs<T>(r.batch(batch, "batch"),
                                              r.logits<E>(r.there(logits, "logits"), "logits"),
                                              r.index(r.there(targets, "targets"), "targets"),
                                              of_c(r, r.known(kept, rlhf_kept_set(), "kept")), of_c<T>(r, a),
                                              of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_kept_log_probs_backward_arrays& a) {
    return {{{"d_log_probs", a.d_log_probs}, {"d_entropy", a.d_entropy}}};
}
template <class T>
kept_log_probs_backward_arrays<T> of_c(const reader& r, const rlhf_kept_log_probs_backward_arrays& a) {
    return {.d_log_probs = r.in<T>(a.d_log_probs, "d_log_probs"), .d_entropy = r.in<T>(a.d_entropy, "d_entropy")};
}
inline rlhf_status kept_log_probs_backward(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                           const rlhf_kept_set* kept,
                                           const rlhf_kept_log_probs_backward_arrays* arrays,
                                           const rlhf_logits_gradient* d_logits,
                                           const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                           rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("kept_log_probs_backward", error, [&] {
        const reader r("kept_log_probs_backward", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_kept_log_probs_backward_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::kept_log_probs_backward<T>(r.batch(batch, "batch"),
                                                       r.logits<E>(r.there(logits, "logits"), "logits"),
                                                       r.index(r.there(targets, "targets"), "targets"),
                                                       of_c(r, r.known(kept, rlhf_kept_set(), "kept")), of_c<T>(r, a),
                                                       r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                       r.executor()));
        });
    });
}

inline rlhf_status logits_divergence(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_logits* reference,
                                     const rlhf_logits_gradient* d_logits, const rlhf_divergence_options* options,
                                     const rlhf_executor* run, rlhf_divergence_sums* result, rlhf_error* error) {
    return answer("logits_divergence", error, [&] {
        const reader r("logits_divergence", run);
        const place into(r, result);
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            if (d_logits != nullptr) {
                into.take(rlhf::logits_divergence(r.batch(batch, "batch"),
                                                  r.logits<E>(r.there(logits, "logits"), "logits"),
                                                  r.reference<E>(r.there(reference, "reference"), "reference"),
                                                  r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                  r.executor()));
            } else {
                into.take(rlhf::logits_divergence(r.batch(batch, "batch"),
                                                  r.logits<E>(r.there(logits, "logits"), "logits"),
                                                  r.reference<E>(r.there(reference, "reference"), "reference"),
                                                  of_c(r, options), r.executor()));
            }
        });
    });
}

inline std::array<typed_array, 4> types_of(const rlhf_token_log_probs_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"entropy", a.entropy}, {"log_sum_exp", a.log_sum_exp},
             {"collision", a.collision}}};
}
template <class T>
token_log_probs_arrays<T> of_c(const reader& r, const rlhf_token_log_probs_arrays& a) {
    return {.log_probs = r.out<T>(a.log_probs, "log_probs"), .entropy = r.out<T>(a.entropy, "entropy"),
            .log_sum_exp = r.out<T>(a.log_sum_exp, "log_sum_exp"), .collision = r.out<T>(a.collision, "collision")};
}
inline rlhf_status token_log_probs(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                   const rlhf_token_log_probs_arrays* arrays,
                                   const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                   rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("token_log_probs", error, [&] {
        const reader r("token_log_probs", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_token_log_probs_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::token_log_probs<T>(r.batch(batch, "batch"),
                                               r.logits<E>(r.there(logits, "logits"), "logits"),
                                               r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                               of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 3> types_of(const rlhf_token_log_probs_backward_arrays& a) {
    return {{{"log_sum_exp", a.log_sum_exp}, {"d_log_probs", a.d_log_probs}, {"d_entropy", a.d_entropy}}};
}
template <class T>
token_log_probs_backward_arrays<T> of_c(const reader& r, const rlhf_token_log_probs_backward_arrays& a) {
    return {.log_sum_exp = r.in<T>(a.log_sum_exp, "log_sum_exp"), .d_log_probs = r.in<T>(a.d_log_probs, "d_log_probs"),
            .d_entropy = r.in<T>(a.d_entropy, "d_entropy")};
}
inline rlhf_status token_log_probs_backward(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                            const rlhf_token_log_probs_backward_arrays* arrays,
                                            const rlhf_logits_gradient* d_logits,
                                            const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                            rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("token_log_probs_backward", error, [&] {
        const reader r("token_log_probs_backward", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_token_log_probs_backward_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::token_log_probs_backward<T>(r.batch(batch, "batch"),
                                                        r.logits<E>(r.there(logits, "logits"), "logits"),
                                                        r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                                        r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                        r.executor()));
        });
    });
}

inline top_k_reference of_c(const reader& r, const rlhf_top_k_reference& a) {
    return {.k = a.k, .ids = r.index(a.ids, "ids"), .log_probs = r.in<float>(a.log_probs, "log_probs")};
}
inline rlhf_status top_k_divergence(const rlhf_batch* batch, const rlhf_logits* logits,
                                    const rlhf_top_k_reference* reference, const rlhf_logits_gradient* d_logits,
                                    const rlhf_top_k_divergence_options* options, const rlhf_executor* run,
                                    rlhf_divergence_sums* result, rlhf_error* error) {
    return answer("top_k_divergence", error, [&] {
        const reader r("top_k_divergence", run);
        const place into(r, result);
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            if (d_logits != nullptr) {
                into.take(rlhf::top_k_divergence(r.batch(batch, "batch"), r.logits<E>(r.there(logits, "logits"), "logits"),
                                                 of_c(r, r.known(reference, rlhf_top_k_reference(), "reference")),
                                                 r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                 r.executor()));
            } else {
                into.take(rlhf::top_k_divergence(r.batch(batch, "batch"), r.logits<E>(r.there(logits, "logits"), "logits"),
                                                 of_c(r, r.known(reference, rlhf_top_k_reference(), "reference")),
                                                 of_c(r, options), r.executor()));
            }
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_vocab_shard_backward_arrays& a) {
    return {{{"d_log_probs", a.d_log_probs}, {"d_entropy", a.d_entropy}}};
}
template <class T>
vocab_shard_backward_arrays<T> of_c(const reader& r, const rlhf_vocab_shard_backward_arrays& a) {
    return {.combined = r.in<vocab_shard>(a.combined, "combined"),
            .d_log_probs = r.in<T>(a.d_log_probs, "d_log_probs"), .d_entropy = r.in<T>(a.d_entropy, "d_entropy")};
}
inline rlhf_status vocab_shard_backward(const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                        const rlhf_in* targets, const rlhf_vocab_shard_backward_arrays* arrays,
                                        const rlhf_logits_gradient* d_logits,
                                        const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                        rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("vocab_shard_backward", error, [&] {
        const reader r("vocab_shard_backward", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_vocab_shard_backward_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::vocab_shard_backward<T>(r.batch(batch, "batch"),
                                                    r.logits<E>(r.there(logits, "logits"), "logits"), first_id,
                                                    r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                                    r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options),
                                                    r.executor()));
        });
    });
}

inline std::array<typed_array, 3> types_of(const rlhf_vocab_shard_log_probs_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"entropy", a.entropy}, {"log_sum_exp", a.log_sum_exp}}};
}
template <class T>
vocab_shard_log_probs_arrays<T> of_c(const reader& r, const rlhf_vocab_shard_log_probs_arrays& a) {
    return {.shards = r.in<vocab_shard>(a.shards, "shards"), .combined = r.out<vocab_shard>(a.combined, "combined"),
            .log_probs = r.out<T>(a.log_probs, "log_probs"), .entropy = r.out<T>(a.entropy, "entropy"),
            .log_sum_exp = r.out<T>(a.log_sum_exp, "log_sum_exp")};
}
inline rlhf_status vocab_shard_log_probs(const rlhf_batch* batch, const rlhf_in* targets,
                                         const rlhf_vocab_shard_log_probs_arrays* arrays,
                                         const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                         rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("vocab_shard_log_probs", error, [&] {
        const reader r("vocab_shard_log_probs", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_vocab_shard_log_probs_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::vocab_shard_log_probs<T>(r.batch(batch, "batch"),
                                                     r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                                     of_c(r, options), r.executor()));
        });
    });
}

inline rlhf_status vocab_shard_sums(const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                    const rlhf_in* targets, const rlhf_out* shards,
                                    const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                    rlhf_error* error) {
    return answer("vocab_shard_sums", error, [&] {
        const reader r("vocab_shard_sums", run);
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            rlhf::vocab_shard_sums(r.batch(batch, "batch"), r.logits<E>(r.there(logits, "logits"), "logits"), first_id,
                                   r.index(r.there(targets, "targets"), "targets"),
                                   r.out<vocab_shard>(r.there(shards, "shards"), "shards"), of_c(r, options),
                                   r.executor());
        });
    });
}

} // namespace RLHF_NAMESPACE::c
