// SPDX-License-Identifier: MIT
#include "tasks.hpp"

#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/with/eigen.hpp>

namespace {

void logits(task_data& my) {
    auto& logits_buffer = my.logits_buffer;
    auto& tokens = my.tokens;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch; // with .predict_next = true
    // --8<-- [start:logits]
    const rlhf::logits_view logits(logits_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    numbers log_probs(N), entropy(N), d_entropy(N);
    rlhf::token_log_probs(batch, logits, tokens, {.log_probs = log_probs, .entropy = entropy});
    // … a loss writes d_log_probs; an entropy bonus of 0.01 writes d_entropy:
    const auto bonus = rlhf::masked_mean(batch, {.values = entropy, .d_values = rlhf::write_to(d_entropy, -0.01)});
    rlhf::token_log_probs_backward(batch, logits, tokens, {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                   logits); // the gradient takes the logits' place
    // --8<-- [end:logits]
    std::printf("mean entropy %.3f\n", bonus.loss());
}

void sixteen_bits(task_data& my) {
    auto& tokens = my.tokens;
    const auto& batch = my.batch;
    // --8<-- [start:bfloat16]
    std::vector<rlhf::bfloat16> buffer(N * 24); // rows of 24 entries, of which the first 16 are the vocabulary
    const rlhf::logits_view logits(buffer.data(), {.sequences = B, .steps = T, .vocab = V, .padded_vocab = 24});
    const auto r = rlhf::cross_entropy_loss(batch, logits, tokens, logits); // the gradient in bfloat16, in place
    // --8<-- [end:bfloat16]
    std::printf("loss of uniform logits %.4f = log 16\n", r.loss());
}

void ignored_labels(task_data& my) {
    const auto& logits_buffer = my.logits_buffer;
    // --8<-- [start:labels]
    std::vector<std::int64_t> labels(N, 3);
    labels[0] = labels[1] = -100; // ignored
    std::vector<std::uint8_t> mask(N);
    rlhf::mask_targets(labels, mask);
    const rlhf::batch batch{.sequences = B,
                            .steps = T,
                            .predict_next = false, // labels[t] is already what step t predicts
                            .mask = mask,
                            .denominator = rlhf::counted_here};
    const rlhf::logits_view logits(logits_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    const auto r = rlhf::cross_entropy_loss(batch, logits, labels);
    // --8<-- [end:labels]
    std::printf("%.0f labels count, loss %.3f\n", r.own.tokens, r.loss());
}

void kept_sets(task_data& my) {
    auto& logits_buffer = my.logits_buffer;
    auto& tokens = my.tokens;
    auto& log_probs = my.log_probs;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    const rlhf::logits_view logits(logits_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    std::vector<int> ids(4 * N), offsets(N + 1);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = (tokens[i / 4] + static_cast<int>(i % 4)) % int(V);
    for (std::size_t i = 0; i <= N; ++i) offsets[i] = static_cast<int>(4 * i);
    // --8<-- [start:kept]
    // The sampler drew token i from ids[offsets[i]] … ids[offsets[i + 1] - 1].
    const rlhf::kept_set kept{.ids = ids, .offsets = offsets};
    const auto r = rlhf::kept_log_probs(batch, logits, tokens, kept, {.log_probs = log_probs});
    // … a loss writes d_log_probs:
    rlhf::kept_log_probs_backward(batch, logits, tokens, kept, {.d_log_probs = d_log_probs}, logits);
    // --8<-- [end:kept]
    std::printf("%.0f tokens of %zu kept ids each\n", r.tokens, ids.size() / N);
}

void no_logits(task_data& my) {
    auto& tokens = my.tokens;
    const auto& batch = my.batch;
    // --8<-- [start:head]
    const numbers hidden = made_up(N * H, -1, 1, 10), weights = made_up(V * H, -1, 1, 11);
    numbers d_hidden(N * H), d_weights(V * H), workspace(rlhf::linear_head_workspace(8, V, H)); // 8 rows at a time
    const rlhf::linear_head<float> head{.hidden = hidden,
                                        .weights = weights,
                                        .vocab = V,
                                        .hidden_size = H,
                                        .workspace = workspace,
                                        .product = rlhf::eigen_product}; // or your BLAS
    const auto r = rlhf::cross_entropy_loss(batch, head, tokens, {.hidden = d_hidden, .weights = d_weights});
    // --8<-- [end:head]
    std::printf("from hidden states: loss %.3f\n", r.loss());
}

void critic(task_data& my) {
    auto& old_log_probs = my.old_log_probs;
    auto& ref_log_probs = my.ref_log_probs;
    auto& values = my.values;
    auto& scores = my.scores;
    const auto& batch = my.batch;
    // --8<-- [start:gae]
    numbers advantages(N), returns(N);
    rlhf::adaptive_kl_controller beta{.kl_coef = 0.2, .target = 6};
    const auto r = rlhf::ppo_advantages(batch,
                                        {.log_probs = old_log_probs,
                                         .ref_log_probs = ref_log_probs,
                                         .values = values,
                                         .scores = scores,
                                         .advantages = advantages,
                                         .returns = returns},
                                        {.rewards = {.kl_coef = beta.kl_coef}, .gae = {.gamma = 1, .lambda = 0.95}});
    beta = rlhf::updated(beta, r.rewards.kl_per_sequence(), r.rewards.own.sequences);
    std::printf("KL %.2f per answer, next coefficient %.5f\n", r.rewards.kl_per_sequence(), beta.kl_coef);
    // --8<-- [end:gae]
}

void ranks(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& old_log_probs = my.old_log_probs;
    auto& ref_log_probs = my.ref_log_probs;
    auto& values = my.values;
    auto& scores = my.scores;
    auto& d_log_probs = my.d_log_probs;
    const auto all_reduce = [](auto&) {};
    rlhf::batch batch = my.batch;
    // --8<-- [start:ranks]
    rlhf::counts step = rlhf::count(batch);
    all_reduce(step); // two doubles, added up; with MPI: rlhf::all_reduce of with/mpi.hpp
    batch.denominator = step;
    numbers advantages(N);
    auto a = rlhf::ppo_advantages(batch,
                                  {.log_probs = old_log_probs,
                                   .ref_log_probs = ref_log_probs,
                                   .values = values,
                                   .scores = scores,
                                   .advantages = advantages},
                                  {.whiten = rlhf::no_whitening});
    all_reduce(a.advantages); // moments join by +=, exactly
    rlhf::whiten(batch, advantages, a.advantages);
    auto r = rlhf::ppo_policy_loss(
        batch,
        {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .d_log_probs = d_log_probs});
    all_reduce(r); // so do results; gradients of the model are added up as in any trainer
    // --8<-- [end:ranks]
    std::printf("all ranks: loss %.4f\n", r.loss());
}

void groups(task_data& my) {
    auto& scores = my.scores;
    auto& mask = my.mask;
    // --8<-- [start:grpo]
    numbers advantages(B);
    std::vector<std::uint8_t> keep(B);
    rlhf::group_advantages({.size = 2}, // so many answers in a row share a prompt
                           {.rewards = scores, .advantages = advantages, .keep = keep});
    // RLOO: {.baseline = rlhf::group_baseline::others_mean, .scale = rlhf::group_scale::none}
    // Dr. GRPO: {.scale = rlhf::group_scale::none}
    for (std::size_t i = 0; i < N; ++i) mask[i] &= keep[i / T]; // drops prompts whose answers are all as good
    // --8<-- [end:grpo]
    std::printf("group advantages %.3f %.3f %.3f %.3f\n", static_cast<double>(advantages[0]),
                static_cast<double>(advantages[1]), static_cast<double>(advantages[2]),
                static_cast<double>(advantages[3]));
}

void rewards(task_data&) {
    const numbers correct{1, 0, 0, 1}, format{0.2f, 0.8f, 0.5f, 0.1f};
    // --8<-- [start:gdpo]
    numbers rewards(correct); // [R, N]: one row per reward, one column per answer
    rewards.insert(rewards.end(), format.begin(), format.end());
    const numbers weights{1, 0.5f};
    numbers workspace(B), advantages(B);
    rlhf::gdpo_advantages({.size = 2}, // each reward is compared in its group, then they are added up
                          {.rewards = rlhf::view<const float>(rewards.data(), {.sequences = 2, .steps = B}),
                           .weights = weights,
                           .workspace = workspace,
                           .advantages = advantages});
    // --8<-- [end:gdpo]
    std::printf("advantages of two rewards %.3f %.3f %.3f %.3f\n", static_cast<double>(advantages[0]),
                static_cast<double>(advantages[1]), static_cast<double>(advantages[2]),
                static_cast<double>(advantages[3]));
}

void dpo(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& ref_log_probs = my.ref_log_probs;
    auto& d_log_probs = my.d_log_probs;
    const auto& batch = my.batch;
    // --8<-- [start:dpo]
    const std::vector<int> chosen{0, 2}, rejected{1, 3}; // answer 0 is preferred to 1, answer 2 to 3
    const rlhf::batch pairs{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    numbers sums(B), d_sums(B);
    rlhf::sequence_log_probs(batch, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums});
    const auto r = rlhf::preference_pairs(
        pairs, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{.beta = 0.1});
    rlhf::sequence_log_probs_backward(batch, {.d_sums = d_sums, .d_log_probs = d_log_probs});
    // --8<-- [end:dpo]
    std::printf("DPO: loss %.4f, margin %.4f\n", r.loss(), r.mean_margin());
}

void dpo_from_logits(task_data& my) {
    auto& tokens = my.tokens;
    auto& log_probs = my.log_probs;
    auto& ref_log_probs = my.ref_log_probs;
    auto& d_log_probs = my.d_log_probs;
    const numbers reference_buffer = made_up(N * V, -3, 3, 15);
    const rlhf::logits_view policy(my.logits_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    const rlhf::logits_view reference(reference_buffer.data(), {.sequences = B, .steps = T, .vocab = V});
    const std::vector<int> chosen{0, 2}, rejected{1, 3};
    numbers sums(B), d_sums(B);
    // --8<-- [start:dpo_from_logits]
    const rlhf::batch& answers = my.batch; // [B, T]: policy and reference see the same tokens under the same mask
    const rlhf::batch pairs{.steps = chosen.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::token_log_probs(answers, reference, tokens, {.log_probs = ref_log_probs}); // once, before the training
    rlhf::token_log_probs(answers, policy, tokens, {.log_probs = log_probs});
    rlhf::sequence_log_probs(answers, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums});
    const auto r = rlhf::preference_pairs(
        pairs, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{.beta = 0.1});
    rlhf::sequence_log_probs_backward(answers, {.d_sums = d_sums, .d_log_probs = d_log_probs});
    rlhf::token_log_probs_backward(answers, policy, tokens, {.d_log_probs = d_log_probs}, policy); // in place
    // --8<-- [end:dpo_from_logits]
    std::printf("DPO from logits: loss %.4f, accuracy %.2f\n", r.loss(), r.accuracy());
}

void judged(task_data& my) {
    auto& log_probs = my.log_probs;
    auto& ref_log_probs = my.ref_log_probs;
    const auto& batch = my.batch;
    // --8<-- [start:kto]
    const std::vector<std::uint8_t> good{1, 0, 1, 0};
    const rlhf::batch answers{.steps = B, .mask = rlhf::all, .denominator = rlhf::counted_here};
    numbers sums(B), d_sums(B);
    rlhf::sequence_log_probs(batch, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = sums});
    const auto r = rlhf::unpaired_loss(answers, {.log_ratios = sums, .desirable = good, .d_log_ratios = d_sums},
                                       rlhf::kto{.beta = 0.1, .reference_point = 0});
    // --8<-- [end:kto]
    std::printf("KTO: loss %.4f\n", r.loss());
}

void reward_model(task_data&) {
    const numbers chosen = made_up(3, 0, 2, 12), rejected = made_up(3, -1, 1, 13);
    // --8<-- [start:pairs]
    numbers d_chosen(3), d_rejected(3);
    const rlhf::batch pairs{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::bradley_terry_loss(pairs,
                                            {.chosen_rewards = chosen,
                                             .rejected_rewards = rejected,
                                             .d_chosen_rewards = d_chosen,
                                             .d_rejected_rewards = d_rejected},
                                            {.center_coef = 0.01});
    std::printf("loss %.4f  accuracy %.2f  margin %.2f\n", r.loss(), r.accuracy(), r.mean_margin());
    // --8<-- [end:pairs]
}

void distill(task_data& my) {
    auto& logits_buffer = my.logits_buffer;
    const numbers teacher_buffer = made_up(N * V, -3, 3, 14);
    const auto& batch = my.batch;
    // --8<-- [start:distill]
    const rlhf::logits_shape shape{.sequences = B, .steps = T, .vocab = V};
    const rlhf::logits_view student(logits_buffer.data(), shape);
    const rlhf::logits_view teacher(teacher_buffer.data(), shape);
    const auto r = rlhf::logits_divergence(batch, student, teacher, student, // the gradient takes the student's place
                                           {.divergence = rlhf::divergence::reverse_kl, .temperature = 2});
    // --8<-- [end:distill]
    std::printf("divergence %.4f\n", r.divergence());
}

} // namespace

void tasks_of_rewards() {
    for (const auto task : {logits, sixteen_bits, ignored_labels, kept_sets, no_logits, critic, ranks, groups, rewards,
                            dpo, dpo_from_logits, judged, reward_model, distill}) {
        task_data my;
        task(my);
    }
}
