// SPDX-License-Identifier: MIT
// Device code of the formulas of logits.
#pragma once

#include <rlhf/formula/cross_entropy_loss.hpp>
#include <rlhf/formula/divergence.hpp>

#include "launch.cuh"

template <class V>
RLHF_FORMULA void cross_entropy(const V* x, V* y) {
    const auto t = formula::cross_entropy(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.nll, y[1] = t.loss, y[2] = t.by_log_prob, y[3] = t.by_mean_log_prob, y[4] = t.by_log_sum_exp;
}
LAUNCH(cross_entropy)

template <class V>
RLHF_FORMULA void difference(const V* x, V* y) {
    y[0] = formula::difference(x[0], x[1], x[2]);
}
LAUNCH(difference)

template <class V>
RLHF_FORMULA void kl_share(const V* x, V* y) {
    y[0] = formula::kl_share(x[0], x[1], x[2]);
}
LAUNCH(kl_share)

template <class V>
RLHF_FORMULA void artanh_series(const V* x, V* y) {
    y[0] = formula::artanh_series<3>(x[0]);
}
LAUNCH(artanh_series)

template <class V>
RLHF_FORMULA void log_and_excess(const V* x, V* y) {
    const auto t = formula::log_and_excess(x[0], x[1]);
    y[0] = t.log, y[1] = t.excess;
}
LAUNCH(log_and_excess)

template <class V>
RLHF_FORMULA void reverse_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::reverse_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(reverse_kl)

template <class V>
RLHF_FORMULA void forward_kl(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::forward_kl>(x[0], x[1], x[2], V(0.5), V(0.5));
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(forward_kl)

template <class V>
RLHF_FORMULA void jsd(const V* x, V* y) {
    const auto t = formula::divergence_share<rlhf::divergence::jsd>(x[0], x[1], x[2], x[3], x[4]);
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(jsd)

template <class V>
RLHF_FORMULA void truncated_reverse_kl(const V* x, V* y) {
    const auto t = formula::truncated_share<rlhf::divergence::reverse_kl>(x[0], V(1), x[1]);
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(truncated_reverse_kl)

template <class V>
RLHF_FORMULA void truncated_forward_kl(const V* x, V* y) {
    const auto t = formula::truncated_share<rlhf::divergence::forward_kl>(V(1), x[0], x[1]);
    y[0] = t.value, y[1] = t.pull;
}
LAUNCH(truncated_forward_kl)
