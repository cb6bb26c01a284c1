// SPDX-License-Identifier: MIT
#include <rlhf/ppo_policy_loss.hpp>

#include "contract.hpp"
#include "dual.hpp"
#include "reference/ppo_policy_loss.hpp"

namespace {

template <class T>
std::vector<double> digest(const rlhf::ppo_policy_loss_result& r) {
    return {r.loss(), r.mean_loss(), r.own.tokens, r.own.sequences, r.clip_fraction_low(), r.clip_fraction_high(),
            r.dual_clip_fraction(), r.nonfinite(), r.approx_kl(), r.approx_kl_half_square(), r.mean_ratio(), r.kl(),
            r.max_log_ratio(), r.effective_sample_size()};
}

template <class T>
std::vector<T> near_policy(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, -1, 0.3);
}

template <class T, class Arch>
void contract_holds(const rlhf::ppo_policy_loss_options& o) {
    const contract::problem<T> p{.inputs = {near_policy<T>, near_policy<T>, near_policy<T>, near_policy<T>, test::advantages<T>, test::advantages<T>},
                                 .adds = true};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::ppo_policy_loss<T, Arch>(c.batch,
                                                  {.log_probs = c.in[0], .old_log_probs = c.in[1], .ref_log_probs = c.in[2],
                                                   .behavior_log_probs = c.in[3], .advantages = c.in[4], .weights = c.in[5],
                                                   .d_log_probs = c.d(0)},
                                                  o, c.run);
        },
        digest<T>);
}

} // namespace

TEMPLATE_TEST_CASE("ppo_policy_loss: same bits however the batch is laid out", "", float, double) {
    using rlhf::aggregation;
    for (const auto how : {aggregation::token_mean, aggregation::sequence_mean_token_mean, aggregation::sequence_mean_token_sum}) {
        const rlhf::ppo_policy_loss_options o{.clip_range = {0.2, 0.28}, .dual_clip = 3, .log_ratio_limit = 1, .kl_coef = 0.1,
                                              .importance_limit = 1.5, .aggregation = how};
        contract_holds<TestType, rlhf::native>(o);
        if (how == aggregation::token_mean) contract_holds<TestType, rlhf::scalar>(o);
    }
}
