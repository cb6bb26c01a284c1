// SPDX-License-Identifier: MIT
// The names under which arrays are looked for.
#include "data.hpp"

namespace diff {

const std::vector<role>& roles() {
    static const std::vector<role> all{
        {"log_probs",
         {"log_probs", "logprobs", "logps", "per_token_logps", "log_prob", "action_log_probs", "new_logprobs"},
         "[B, T] of the policy that learns"},
        {"old_log_probs",
         {"old_log_probs", "old_logprobs", "old_per_token_logps", "old_log_prob", "old_logps", "prev_logprobs"},
         "[B, T] of the policy before the step"},
        {"ref_log_probs",
         {"ref_log_probs", "ref_logprobs", "ref_per_token_logps", "ref_log_prob", "ref_logps", "reference_log_probs"},
         "[B, T] of the reference"},
        {"behavior_log_probs",
         {"behavior_log_probs", "rollout_log_probs", "rollout_logprobs", "sampling_per_token_logps",
          "generation_logprobs", "inference_logprobs"},
         "[B, T] of the sampler"},
        {"advantages", {"advantages", "advantage"}, "[B, T] or [B]"},
        {"rewards",
         {"rewards", "scores", "reward", "token_level_rewards", "token_level_scores"},
         "[B] one per sequence, or [B, T]"},
        {"baselines", {"baselines", "reward_baselines"}, "[B] subtracted from rewards"},
        {"values", {"values", "old_values"}, "[B, T] of the critic at the rollout"},
        {"new_values", {"new_values", "vpreds", "value_preds"}, "[B, T] of the critic that learns"},
        {"returns", {"returns", "value_targets"}, "[B, T] targets of the values"},
        {"entropy", {"entropy", "entropies", "token_entropy"}, "[B, T] nats, of a bonus in the loss"},
        {"mask",
         {"mask", "response_mask", "completion_mask", "action_mask", "loss_mask", "attention_mask"},
         "[B, T] tokens that count; absent: all"},
        {"offsets",
         {"offsets", "cu_seqlens", "cu_seq_lens"},
         "[B + 1] where sequences begin, if arrays are packed: [tokens]"},
        {"lengths",
         {"lengths", "seq_lens", "sequence_lengths", "response_lengths"},
         "[B] lengths of the sequences, instead of offsets"},
        {"group_ids",
         {"group_ids", "groups", "group", "uid", "uids", "index", "prompt_index"},
         "[B] the prompt of each sequence"},
        {"gradient",
         {"gradient", "d_log_probs", "grad", "log_probs_grad", "log_probs.grad", "grad_log_probs"},
         "[B, T] of the loss with respect to log_probs"},
        {"loss", {"loss", "pg_loss", "policy_loss"}, "one number"},
        {"value_gradient", {"value_gradient", "d_values", "value_grad"}, "[B, T] of the value loss by new_values"},
        {"value_loss", {"value_loss", "vf_loss", "critic_loss"}, "one number"}};
    return all;
}

} // namespace diff
