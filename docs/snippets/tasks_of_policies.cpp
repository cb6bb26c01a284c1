// SPDX-License-Identifier: MIT
#include "tasks.hpp"

#include <rlhf/recipe/preset/verl.hpp>

#include <cmath>

namespace {

void ppo(task_data& my) {
    auto& [log_probs, old_log_probs, ref_log_probs, advantages, values, returns, scores, d_log_probs, d_values, weights,
           tokens, mask, logits_buffer, batch] = my;
    // --8<-- [start:ppo]
    const auto r = rlhf::ppo_policy_loss(batch,
                                         {.log_probs = log_probs,
                                          .old_log_probs = old_log_probs,
                                          .ref_log_probs = ref_log_probs, // leave it out if there is no KL in the loss
                                          .advantages = advantages,
                                          .d_log_probs = d_log_probs},
                                         {.clip_range = 0.2, .kl_coef = 0.01, .kl_estimator = rlhf::kl_estimator::k3});
    std::printf("loss %.4f  KL %.4f  clip fraction %.2f\n", r.loss(), r.kl(), r.clip_fraction());
    // --8<-- [end:ppo]
    // --8<-- [start:value]
    const auto v = rlhf::ppo_value_loss(
        batch, {.values = values, .returns = returns, .d_values = rlhf::write_to(d_values, 0.5)}); // times value_coef
    std::printf("value loss %.4f  explained variance %.2f\n", v.loss(), v.explained_variance());
    // --8<-- [end:value]
    // --8<-- [start:nll]
    // The weights make Σ wₜ · (−log pₜ) / 100 have the gradient of PPO, where 100 is what the trainer divides by.
    rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                  .old_log_probs = old_log_probs,
                                  .advantages = advantages,
                                  .d_log_probs = rlhf::nll_weights(weights, 100)});
    // --8<-- [end:nll]
}

void dapo(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& scores = my.scores;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    // --8<-- [start:dapo]
    numbers shaped(B), advantages(B);
    rlhf::shape_scores(batch, {.scores = scores, .shaped = shaped}, {.max_length = 5, .overlong_buffer = 2});
    rlhf::group_advantages({.size = 2}, {.rewards = shaped, .advantages = advantages});
    const auto r = rlhf::ppo_policy_loss(batch,
                                         {.log_probs = log_probs,
                                          .old_log_probs = old_log_probs,
                                          .advantages = rlhf::per_sequence(advantages),
                                          .d_log_probs = d_log_probs},
                                         {.clip_range = {0.2, 0.28}}); // clip-higher; the mean is over tokens
    // --8<-- [end:dapo]
    std::printf("DAPO: loss %.4f\n", r.loss());
}

void gspo(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    const numbers advantages{1, -1, 0.5f, -0.5f};
    // --8<-- [start:gspo]
    const auto r = rlhf::policy_loss(batch,
                                     {.log_probs = log_probs,
                                      .old_log_probs = old_log_probs,
                                      .advantages = rlhf::per_sequence(advantages),
                                      .d_log_probs = d_log_probs},
                                     rlhf::gspo{.range = {3e-4, 4e-4}}, // or cispo, sapo, topr, dppo_tv, gmpo, vespo
                                     {.aggregation = rlhf::aggregation::sequence_mean_token_mean});
    // --8<-- [end:gspo]
    // --8<-- [start:verl]
    namespace verl = rlhf::preset::verl;
    rlhf::policy_loss(batch,
                      {.log_probs = log_probs,
                       .old_log_probs = old_log_probs,
                       .advantages = rlhf::per_sequence(advantages),
                       .d_log_probs = d_log_probs},
                      verl::gspo, verl::gspo_policy_loss);
    // --8<-- [end:verl]
    std::printf("GSPO: loss %.4f\n", r.loss());
}

void sampler(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& advantages = my.advantages;
    auto& weights = my.weights;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    const numbers behavior_log_probs = made_up(N, -2, 0, 8);
    // --8<-- [start:tis]
    const auto w = rlhf::importance_weights(
        batch, {.log_probs = old_log_probs, .behavior_log_probs = behavior_log_probs, .weights = weights},
        {.range = 2}); // TIS: e^(log π − log μ), at most 2. IcePop: .range = {0.5, 5}, .beyond = rlhf::importance::mask
    rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                  .old_log_probs = old_log_probs,
                                  .advantages = advantages,
                                  .weights = weights,
                                  .d_log_probs = d_log_probs});
    std::printf("mean weight %.3f, effective share of the tokens %.2f\n", w.mean_weight(), w.effective_sample_size());
    // --8<-- [end:tis]
}

void micro_batches(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& advantages = my.advantages;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    // --8<-- [start:micro]
    rlhf::batch whole = batch;
    whole.denominator = rlhf::count(whole); // over several ranks: the sum of their counts
    rlhf::ppo_policy_loss_result step;
    for (std::size_t first = 0; first < B; first += 2) {
        const auto part = [&](auto&& array) { return rlhf::part(array, whole, first, 2); };
        step += rlhf::ppo_policy_loss(whole.part(first, 2), {.log_probs = part(log_probs),
                                                             .old_log_probs = part(old_log_probs),
                                                             .advantages = part(advantages),
                                                             .d_log_probs = part(d_log_probs)});
    }
    std::printf("loss of the step %.4f\n", step.loss()); // the bits of one call for all
    // --8<-- [end:micro]
}

void packed(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& advantages = my.advantages;
    auto& d_log_probs = my.d_log_probs;
    // --8<-- [start:packed]
    // Three sequences end to end: tokens 0 to 6, 7 to 11 and 12 to 19. Arrays are [tokens].
    const std::vector<std::int32_t> offsets{0, 7, 12, 20};
    const rlhf::batch batch{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = d_log_probs});
    // --8<-- [end:packed]
    std::printf("packed: %.0f tokens, loss %.4f\n", r.own.tokens, r.loss());
}

void threads(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& advantages = my.advantages;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    // --8<-- [start:threads]
    const auto parallel_for = [](std::size_t n, rlhf::task body) { // your pool; with OpenMP: rlhf::openmp
        for (std::size_t i = 0; i < n; ++i) body(i);
    };
    rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = d_log_probs},
        {}, parallel_for); // the same bits for any number of threads
    // --8<-- [end:threads]
}

void high_entropy(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& advantages = my.advantages;
    auto& d_log_probs = my.d_log_probs;
    auto& weights = my.weights;
    const auto& batch = my.batch;
    const numbers entropy = made_up(N, 0, 3, 9);
    // --8<-- [start:entropy]
    const auto chosen = rlhf::top_entropy(batch, {.entropy = entropy, .weights = weights}, {.share = 0.2});
    rlhf::ppo_policy_loss(batch, {.log_probs = log_probs,
                                  .old_log_probs = old_log_probs,
                                  .advantages = advantages,
                                  .weights = weights, // 1 at the fifth of the tokens with the highest entropy, else 0
                                  .d_log_probs = d_log_probs});
    std::printf("%.0f tokens of at least %.2f nats\n", chosen.kept(), chosen.threshold);
    // --8<-- [end:entropy]
}

} // namespace

void tasks_of_policies() {
    for (const auto task : {ppo, dapo, gspo, sampler, micro_batches, packed, threads, high_entropy}) {
        task_data my;
        task(my);
    }
}
