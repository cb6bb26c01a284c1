/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_PRESETS_H
#define RLHF_C_PRESETS_H

#include <rlhf/c/rlhf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The options of trainers and papers. What is not said here is the library's default.
 *
 * More: <rlhf/recipe/preset/> */

/* What AReaL computes by its defaults. Read in AReaL 1.0.4, areal/api/cli_args.py, trainer/ppo/actor.py and
 * utils/functional/functional.py; names in brackets are its options.
 *
 * Sums are divided by the number of tokens that count before a correction drops some. */
/* ppo_actor_loss_fn [eps_clip, eps_clip_higher]: as the library, without dual clip [c_clip]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_areal_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [importance_sampling_level] sequence: PPO's range, and the mean over tokens. AReaL averages the advantages of a
 * sequence. */
static const rlhf_gspo rlhf_preset_areal_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
/* [use_sapo_loss, sapo_tau_pos, sapo_tau_neg]: a mean over tokens, where the paper has a mean over sequences. */
static const rlhf_sapo rlhf_preset_areal_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
/* The options for gspo and sapo. */
static const rlhf_policy_loss_options rlhf_preset_areal_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* PPOCriticConfig [eps_clip]. */
static const rlhf_ppo_value_loss_options rlhf_preset_areal_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.5, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
/* [discount, gae_lambda] 1, KL in the reward by k1 clamped to ±10 [kl_ctl, kl_estimator], and no whitening
 * [adv_norm]. */
static const rlhf_shape_rewards_options rlhf_preset_areal_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0.1, RLHF_KL_ESTIMATOR_K1, 10, RLHF_SCORE_POSITION_LAST_COUNTED,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_gae_options rlhf_preset_areal_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 1, RLHF_GAPS_SKIP};
static const rlhf_whiten_options rlhf_preset_areal_ppo_advantages_whiten = {
    sizeof(rlhf_whiten_options), 0, 0, RLHF_SCALE_ABOUT_MEAN, 1, 1e-8, RLHF_STD_FLOOR_INSIDE_ROOT};
static const rlhf_ppo_advantages_options rlhf_preset_areal_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_areal_ppo_advantages_rewards,
    &rlhf_preset_areal_ppo_advantages_gae, &rlhf_preset_areal_ppo_advantages_whiten};
/* [rejection_sampling]: metric ratio, level token, upper 5, with action mask, the default, or clamp; π_old as
 * log_probs. With level sequence all tokens have the weight of the sequence, e^(mean ρ). */
static const rlhf_importance_weights_options rlhf_preset_areal_token_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 5}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_areal_token_clamp = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 5}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_areal_sequence_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_MEAN, {0, 5}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* KPop [rejection_sampling.metric binary_kl] as in the code of git cbff54d64, whose configuration rejects that name.
 * The upper bound is 5, as for ratios, and a token that is kept has the weight e^ρ. With level sequence, a sequence
 * is dropped if the sum, mean or maximum [agg] of its tokens' divergences, formula::larger_binary_kl, is above the
 * bound. sequence_log_probs over the divergences has the sum and the mean. */
static const rlhf_importance_weights_options rlhf_preset_areal_kpop = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, RLHF_UNLIMITED},
    RLHF_IMPORTANCE_TRUNCATE, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED},
    RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED, RLHF_UNLIMITED, 5, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* M2PO [m2_threshold], off by default; the paper, arXiv:2510.01161, has 0.04. AReaL removes the tokens from the
 * mask: use `keep`. */
static const rlhf_importance_weights_options rlhf_preset_areal_m2po = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, 0.04, RLHF_UNLIMITED};

/* What CleanRL's PPO computes by its defaults. Read in git fe8d8a03, cleanrl/ppo.py; names in brackets are its
 * options. Environments are the sequences; there is no mask, no reference and no KL. */
/* [clip_coef]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_cleanrl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [clip_vloss], with the bound of the policy's clip. The loss is multiplied by value_coef [vf_coef]. The bonus is
 * entropy_coef [ent_coef] times the mean entropy. */
static const rlhf_ppo_value_loss_options rlhf_preset_cleanrl_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.2, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
static const double rlhf_preset_cleanrl_value_coef = 0.5;
static const double rlhf_preset_cleanrl_entropy_coef = 0.01;
/* [gamma, gae_lambda]; an episode's end is `terminated`, also if the episode was cut. [norm_adv] whitens each
 * mini-batch anew in each epoch, with ddof 1: whiten the mini-batch's part. */
static const rlhf_gae_options rlhf_preset_cleanrl_gae = {
    sizeof(rlhf_gae_options), 0.99, 0.95, RLHF_GAPS_SKIP};
static const rlhf_whiten_options rlhf_preset_cleanrl_whiten = {
    sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 1, 1e-8, RLHF_STD_FLOOR_AFTER_ROOT};

/* What Liger-Kernel's fused GRPO loss computes by its defaults. Read in liger-kernel 0.8.5,
 * chunked_loss/grpo_loss.py; names in brackets are its options. It is TRL's loss, except for KL.
 *
 * Log ratios are not clamped. A sequence without tokens counts in a mean over sequences. */
/* [loss_type] dapo, the default, and bnpo: without ref_log_probs the library's defaults. [delta] is dual_clip. */
static const rlhf_ppo_policy_loss_options rlhf_preset_liger_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* The same with ref_log_probs: KL is on by default [beta], k3 without a clamp. */
static const rlhf_ppo_policy_loss_options rlhf_preset_liger_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0.04, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [loss_type] grpo. */
static const rlhf_ppo_policy_loss_options rlhf_preset_liger_grpo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [loss_type] luspo with [importance_sampling_level] sequence. With ratios per token Liger does not mask the loss,
 * so that padding counts: no preset has that. */
static const rlhf_policy_loss_options rlhf_preset_liger_luspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_SUM};
/* [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with the default all weights
 * are at most 0.2. ScaleRL's upper bound is 5. */
static const rlhf_cispo rlhf_preset_liger_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 0.2, RLHF_IMPORTANCE_TRUNCATE};
/* The options for cispo. */
static const rlhf_policy_loss_options rlhf_preset_liger_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [loss_type] sapo and [importance_sampling_level] sequence with grpo: averaged over sequences. */
static const rlhf_sapo rlhf_preset_liger_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
static const rlhf_gspo rlhf_preset_liger_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_liger_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_policy_loss_options rlhf_preset_liger_sapo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};

/* What OpenAI's lm-human-preferences (Ziegler et al. 2019, arXiv:1909.08593) computes by its defaults. Read in git
 * cbfd210, lm_human_preferences/train_policy.py and launch.py; names in brackets are its options.
 *
 * Answers have one length and there is no mask. Rewards, which keep their mean, and then advantages are whitened
 * anew for each mini-batch in each epoch, with ddof 0. */
/* [ppo.cliprange]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_lm_human_preferences_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [ppo.cliprange_value]. The loss is multiplied by value_coef [ppo.vf_coef]. */
static const rlhf_ppo_value_loss_options rlhf_preset_lm_human_preferences_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.2, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
static const double rlhf_preset_lm_human_preferences_value_coef = 0.1;
/* [rewards.kl_coef], which launch.py sets to 0.15 with a controller whose target is 6 nats per sequence
 * [rewards.adaptive_kl]; the score is on the last step. */
static const rlhf_shape_rewards_options rlhf_preset_lm_human_preferences_shape_rewards = {
    sizeof(rlhf_shape_rewards_options), 0.2, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, RLHF_SCORE_POSITION_LAST_STEP,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_adaptive_kl_controller rlhf_preset_lm_human_preferences_kl_controller = {
    sizeof(rlhf_adaptive_kl_controller), 0.15, 6, 10000, 0.2};
/* [ppo.whiten_rewards], before GAE. */
static const rlhf_whiten_options rlhf_preset_lm_human_preferences_whiten_rewards = {
    sizeof(rlhf_whiten_options), 0, 1, RLHF_SCALE_ABOUT_MEAN, 0, 1e-8, RLHF_STD_FLOOR_INSIDE_ROOT};
/* [ppo.gamma, ppo.lam] */
static const rlhf_gae_options rlhf_preset_lm_human_preferences_gae = {
    sizeof(rlhf_gae_options), 1, 0.95, RLHF_GAPS_IGNORE};
static const rlhf_whiten_options rlhf_preset_lm_human_preferences_whiten = {
    sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 0, 1e-8, RLHF_STD_FLOOR_INSIDE_ROOT};

/* What miles computes by its defaults. Read in git 31f1ca961, miles/utils/arguments.py and
 * miles/backends/training_utils/loss_hub; names in brackets are its options.
 *
 * miles began as slime. Unlike slime, it clamps log ratios to ±20 and takes a NaN log ratio as 0. It averages over
 * samples, except with [calculate-per-token-loss]. */
/* [eps-clip]. There is no dual clip [eps-clip-c]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_miles_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, 20, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [advantage-estimator] gspo takes the same range, and the same clamp of the log ratio of a sequence. */
static const rlhf_gspo rlhf_preset_miles_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_miles_policy_loss = {
    sizeof(rlhf_policy_loss_options), 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* With KL in the loss [use-kl-loss, kl-loss-type k1]; low_var_kl is k3, clamped to 10. With [use-unbiased-kl] KL is
 * multiplied by ρ, which is not clamped there. Its coefficient [kl-loss-coef] is 0 by default. */
static const rlhf_ppo_policy_loss_options rlhf_preset_miles_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, 20, 0, RLHF_KL_ESTIMATOR_K1, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [value-clip]. miles does not halve the squares: weights of 2 do the same. */
static const rlhf_ppo_value_loss_options rlhf_preset_miles_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.2, RLHF_UNLIMITED, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [gamma, lambd], over counted tokens only. */
static const rlhf_gae_options rlhf_preset_miles_gae = {
    sizeof(rlhf_gae_options), 1, 1, RLHF_GAPS_SKIP};
/* [advantage-estimator] grpo and gspo; without the standard deviation with [disable-grpo-std-normalization]. */
static const rlhf_group_advantages_options rlhf_preset_miles_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_miles_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* [use-tis, tis-clip, tis-clip-low], off by default; icepop_function as [custom-tis-function-path]. */
static const rlhf_importance_weights_options rlhf_preset_miles_tis = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_miles_icepop = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs
 * and π_old as behavior_log_probs. */
static const rlhf_importance_weights_options rlhf_preset_miles_opsm = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, 0.0001,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What ms-swift's GRPOTrainer computes by its defaults. Read in ms-swift 4.6.0, rlhf_trainers/grpo_trainer.py,
 * args_mixin.py, rl_core/advantage.py and arguments/rlhf_args.py; names in brackets are its options.
 *
 * Log ratios are not clamped. A sequence without tokens counts in a mean over sequences. */
/* [loss_type] grpo, the default. [delta] is dual_clip. KL is on by default [beta], k3 clamped to 10: with
 * ref_log_probs use kl_policy_loss. */
static const rlhf_ppo_policy_loss_options rlhf_preset_ms_swift_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_ppo_policy_loss_options rlhf_preset_ms_swift_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0.04, RLHF_KL_ESTIMATOR_K3, NULL,
    10, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [loss_type] dapo and bnpo. dapo's denominator is the whole step's, bnpo's is a micro-batch's. */
static const rlhf_ppo_policy_loss_options rlhf_preset_ms_swift_dapo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [loss_type] cispo, a mean over tokens, has no lower bound, and [epsilon_high] itself is the upper bound: with its
 * default, which is [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5. */
static const rlhf_cispo rlhf_preset_ms_swift_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 0.2, RLHF_IMPORTANCE_TRUNCATE};
/* The options for cispo. */
static const rlhf_policy_loss_options rlhf_preset_ms_swift_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [loss_type] sapo [tau_pos, tau_neg], averaged over sequences. */
static const rlhf_sapo rlhf_preset_ms_swift_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
static const rlhf_policy_loss_options rlhf_preset_ms_swift_sapo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [importance_sampling_level] sequence, or sequence_token, which has the same gradient. The range is PPO's
 * [epsilon]. */
static const rlhf_gspo rlhf_preset_ms_swift_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_ms_swift_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [loss_type] fipo: dapo_policy_loss with the advantages Â u; policy_loss says what u and F are. These options
 * compute F: γ is 2^(−1/32) [fipo_decay_rate 32]. u is clipped to [1, 1.2] [fipo_clip_range, fipo_clip_high_only],
 * and then to [0.8, 1] where Â < 0 and ρ > 4 [fipo_safety_threshold]. Tokens whose ρ is above [delta] add nothing to
 * F. */
static const rlhf_discounted_returns_options rlhf_preset_ms_swift_fipo_future = {
    sizeof(rlhf_discounted_returns_options), 0.9785720620877001, RLHF_GAPS_ZERO};
/* [loss_type] real [real_tau]: see policy_loss. */
static const double rlhf_preset_ms_swift_real_temperature = 0.5;
/* [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of one rank. */
static const rlhf_top_entropy_options rlhf_preset_ms_swift_top_entropy = {
    sizeof(rlhf_top_entropy_options), 1, NULL};
/* [advantage_estimator] grpo with [scale_rewards] group, batch and none; rloo, whose [scale_rewards] is none. ε is
 * 10⁻⁴. A missing reward is 0. */
static const rlhf_group_advantages_options rlhf_preset_ms_swift_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 0.0001,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_ms_swift_grpo_batch_std = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_BATCH_STD, 1, 0.0001,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_ms_swift_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_ms_swift_rloo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* rewards/orm.py, SoftOverlong [soft_max_length, soft_cache_length]: the penalty of an answer longer than max_length
 * is more than 1. */
static const rlhf_shape_scores_options rlhf_preset_ms_swift_shape_scores = {
    sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_GROWING, 1, 0, NULL};
/* [rollout_importance_sampling_mode] token_truncate, token_mask, sequence_truncate and sequence_mask, off by
 * default, with [rollout_importance_sampling_threshold] 2 and π_old as log_probs. A sequence's ratio is the
 * geometric mean of its tokens' ratios. In sequences that sequence_mask keeps, each token has its own weight. */
static const rlhf_importance_weights_options rlhf_preset_ms_swift_token_truncate = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_ms_swift_token_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_ms_swift_sequence_truncate = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_MEAN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_ms_swift_sequence_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, RLHF_UNLIMITED},
    RLHF_IMPORTANCE_TRUNCATE, {0, 2}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What NeMo-RL computes by the defaults of its GRPO example. Read in git 7ea279abf,
 * examples/configs/grpo_math_1B.yaml and nemo_rl/algorithms/loss/loss_functions.py; names in brackets are its
 * options. */
/* [ratio_clip_min, ratio_clip_max, token_level_loss], without dual clip [ratio_clip_c]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_nemo_rl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* The same with ref_log_probs [reference_policy_kl_penalty]: KL in the loss also has the gradient of the sampling,
 * and is clamped to 10 [kl_output_clamp_value]. Where it is clamped, NeMo-RL's KL has no gradient at all; the
 * library keeps the gradient of the sampling. */
static const rlhf_ppo_policy_loss_options rlhf_preset_nemo_rl_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0.01, RLHF_KL_ESTIMATOR_K3, NULL,
    10, RLHF_KL_WEIGHT_OWN_RATIO, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [use_cispo]: the same range. */
static const rlhf_cispo rlhf_preset_nemo_rl_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0.8, 1.2, RLHF_IMPORTANCE_TRUNCATE};
/* [sequence_level_importance_ratios], with [token_level_loss] off, as NeMo-RL's documentation advises. */
static const rlhf_gspo rlhf_preset_nemo_rl_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_nemo_rl_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* The options for cispo. */
static const rlhf_policy_loss_options rlhf_preset_nemo_rl_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* algorithms/advantage_estimator.py, GRPOAdvantageEstimator [use_leave_one_out_baseline, normalize_rewards]: a
 * reward is compared with the mean and the standard deviation of the others. NeMo-RL computes the deviation by E[x²]
 * − E[x]². */
static const rlhf_group_advantages_options rlhf_preset_nemo_rl_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_OTHERS_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* [truncated_importance_sampling_type] icepop and seq-mask-tis with the bounds that its source names; off by
 * default. */
static const rlhf_importance_weights_options rlhf_preset_nemo_rl_icepop = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0.5, 5}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_nemo_rl_sequence_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, RLHF_UNLIMITED},
    RLHF_IMPORTANCE_TRUNCATE, {0.999, 1.002}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* algorithms/reward_functions.py [overlong_buffer_length, overlong_buffer_penalty, max_response_length]: an answer
 * longer than max_length costs more than overlong_penalty. */
static const rlhf_shape_scores_options rlhf_preset_nemo_rl_shape_scores = {
    sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_GROWING, 1, 0, NULL};
/* examples/configs/distillation_math.yaml, DistillationLossFn [kl_type mixed, mixed_kl_weight 0.5,
 * zero_outside_topk]: half of each, one written and one added to it. */
static const rlhf_top_k_divergence_options rlhf_preset_nemo_rl_forward_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_FORWARD_KL, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_RENORMALIZED, -RLHF_UNLIMITED, -RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_top_k_divergence_options rlhf_preset_nemo_rl_reverse_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_REVERSE_KL, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_RENORMALIZED, -RLHF_UNLIMITED, -RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What OpenRLHF computes by its defaults. Read in OpenRLHF 0.11.2; names in brackets are options of
 * cli/train_ppo_ray.py.
 *
 * OpenRLHF divides the sum of a sequence with n tokens by n + 10⁻⁸. */
/* models/loss.py, PolicyLoss [actor.eps_clip, actor.policy_loss_type ppo]. Unlike the library: log ratios are
 * clamped to ±20. There is no dual clip [actor.dual_clip]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_openrlhf_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, 20, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [actor.policy_loss_type] gspo: PPO's range, no clamp, a mean over sequences. */
static const rlhf_gspo rlhf_preset_openrlhf_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_openrlhf_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [critic.value_clip]. */
static const rlhf_ppo_value_loss_options rlhf_preset_openrlhf_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.5, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
/* trainer/ppo_utils/experience_maker.py: KL in the reward, k1 clamped to ±10 [algo.kl.init_coef, algo.kl.estimator],
 * scores clamped to ±10 [reward.clip_range], time passes at masked tokens, λ is 1 [algo.advantage.lambd]. Advantages
 * are whitened over the whole rollout, with ddof 0 and a variance of at least 10⁻⁸. */
static const rlhf_shape_rewards_options rlhf_preset_openrlhf_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0.01, RLHF_KL_ESTIMATOR_K1, 10, RLHF_SCORE_POSITION_LAST_COUNTED, 10, 0, NULL};
static const rlhf_gae_options rlhf_preset_openrlhf_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 1, RLHF_GAPS_ZERO};
static const rlhf_whiten_options rlhf_preset_openrlhf_ppo_advantages_whiten = {
    sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 0, 1e-8, RLHF_STD_FLOOR_VARIANCE_AT_LEAST};
static const rlhf_ppo_advantages_options rlhf_preset_openrlhf_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_openrlhf_ppo_advantages_rewards,
    &rlhf_preset_openrlhf_ppo_advantages_gae, &rlhf_preset_openrlhf_ppo_advantages_whiten};
/* [algo.advantage.estimator] group_norm, with ε = 10⁻⁹, dr_grpo and rloo. OpenRLHF rejects groups of one. */
static const rlhf_group_advantages_options rlhf_preset_openrlhf_group_norm = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-09,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_REFUSED, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_openrlhf_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_REFUSED, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_openrlhf_rloo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_REFUSED, RLHF_UNSCORABLE_SPREAD};
/* trainer/ppo_utils/length_penalty.py [reward.overlong_buffer_len, overlong_penalty_factor]: the library's defaults. */
static const rlhf_shape_scores_options rlhf_preset_openrlhf_shape_scores = {
    sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_CAPPED, 1, 0, NULL};
/* [algo.advantage.is_correction_level, is_correction_mode, is_correction_threshold 0.5 5], with π_old as log_probs:
 * token and clip (TIS), token and mask (IcePop), seq and mask. Off by default. The tokens of a kept sequence have
 * their own weights, which are not truncated. */
static const rlhf_importance_weights_options rlhf_preset_openrlhf_tis = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0.5, 5}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_openrlhf_icepop = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0.5, 5}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_openrlhf_sequence_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, RLHF_UNLIMITED},
    RLHF_IMPORTANCE_TRUNCATE, {0.5, 5}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* Ouyang et al. 2022, arXiv:2203.02155, section 3.5 and appendix C.4: KL in the reward with β = 0.02, no discount,
 * clip range 0.2. λ is from Stiennon et al. 2020; the clip of values and whitening are not reported. */
static const rlhf_ppo_policy_loss_options rlhf_preset_instructgpt_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_shape_rewards_options rlhf_preset_instructgpt_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0.02, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, RLHF_SCORE_POSITION_LAST_COUNTED,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_gae_options rlhf_preset_instructgpt_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 0.95, RLHF_GAPS_SKIP};
static const rlhf_ppo_advantages_options rlhf_preset_instructgpt_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_instructgpt_ppo_advantages_rewards,
    &rlhf_preset_instructgpt_ppo_advantages_gae, NULL};
/* γ, the factor of ptx_loss */
static const double rlhf_preset_instructgpt_ptx_coef = 27.8;

/* Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3 and section 4.2: means over sequences, and k3 in the loss
 * with the coefficient 0.04. ε and the clip range are not reported. */
static const rlhf_ppo_policy_loss_options rlhf_preset_grpo_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0.04, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_group_advantages_options rlhf_preset_grpo_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};

/* Yu et al. 2025, arXiv:2503.14476: a higher upper bound, a mean over all tokens, no KL. Groups without variance are
 * sampled anew: `keep` says which. */
static const rlhf_ppo_policy_loss_options rlhf_preset_dapo_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.28}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_group_advantages_options rlhf_preset_dapo_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* Sections 3.4 and 4.1: 16384 tokens without a penalty, and 4096 more in which it grows to 1. */
static const rlhf_shape_scores_options rlhf_preset_dapo_shape_scores = {
    sizeof(rlhf_shape_scores_options), 20480, 4096, 1, RLHF_OVERLONG_CAPPED, 1, 0, NULL};

/* Liu et al. 2025, arXiv:2503.20783: no standard deviation, and the sum over all tokens is divided by sequences ·
 * (the longest answer allowed): pass this product as the batch's denominator, counts.tokens. */
static const rlhf_ppo_policy_loss_options rlhf_preset_dr_grpo_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_group_advantages_options rlhf_preset_dr_grpo_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};

/* Zheng et al. 2025, arXiv:2507.18071. */
static const rlhf_gspo rlhf_preset_gspo_objective = {
    {sizeof(rlhf_gspo), "gspo"}, {0.0003, 0.0004}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};

/* CISPO with the bounds of ScaleRL, arXiv:2510.13786. MiniMax-M1, arXiv:2506.13585, has no lower bound either; it
 * tunes the upper bound and does not report it. */
static const rlhf_cispo rlhf_preset_scalerl_objective = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 5, RLHF_IMPORTANCE_TRUNCATE};

/* DPPO with the binary KL divergence, arXiv:2602.04879, eq. 14. */
static const rlhf_dppo_kl rlhf_preset_dppo_objective = {
    {sizeof(rlhf_dppo_kl), "dppo_kl"}, {0.05, 0.05}, RLHF_UNLIMITED, RLHF_DPPO_VALUE_LOG_PROB};

/* He et al. 2025, arXiv:2505.22312, section 4. Read in their code, git 64e96af, verl/trainer/ppo/core_algos.py:
 * PPO's clip over tokens, and GRPO's advantages, where a group of one keeps its reward. The coefficient of the
 * entropy bonus is from or1_scripts/train. The code's own defaults are a step of 0.001 and at most 0.5. */
static const rlhf_ppo_policy_loss_options rlhf_preset_skywork_or1_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_group_advantages_options rlhf_preset_skywork_or1_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_adaptive_entropy_controller rlhf_preset_skywork_or1_entropy_controller = {
    sizeof(rlhf_adaptive_entropy_controller), 0, 0.2, 0.0001, 0, 0.005, 1};

/* What prime-rl computes by its defaults. Read in git 559b44772, src/prime_rl/trainer/rl/loss.py,
 * src/prime_rl/orchestrator/algo and prime_rl/configs/trainer.py; names in brackets are its options.
 *
 * old_log_probs are always the sampler's, and ref_log_probs are the same array: the loss has τ (log π − log π_old)²,
 * which is RLHF_KL_ESTIMATOR_K2 times 2 τ. Sums are divided by the number of tokens of the whole step. */
/* default_loss_fn [dppo_mask_low, dppo_mask_high, kl_tau]. prime-rl treats Â = 0 like Â < 0, which gives the same
 * loss. */
static const rlhf_dppo_tv rlhf_preset_prime_rl_dppo_tv = {
    {sizeof(rlhf_dppo_tv), "dppo_tv"}, {0.2, 0.2}, RLHF_UNLIMITED, RLHF_DPPO_VALUE_RATIO};
static const rlhf_policy_loss_options rlhf_preset_prime_rl_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0.002, RLHF_KL_ESTIMATOR_K2, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* ipo_loss_fn [ipo_threshold], which is not the preference loss IPO: a token counts only if π is within 0.1 of
 * π_old. Multiply the advantages by these weights, so that all tokens have τ (log π − log π_old)²; the loss is
 * dppo_tv with a range of 1. */
static const rlhf_importance_weights_options rlhf_preset_prime_rl_ipo_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED, 0.1,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* ref_kl_loss_fn, distillation as a loss: policy_loss with the objective ref_kl. Advantages are log π_teacher − log
 * π, or 0 where π is below π_old by more than 0.2, a constant of prime-rl's code. Compute them before each call from
 * its log_probs. */
static const rlhf_ppo_clip rlhf_preset_prime_rl_ref_kl = {
    {sizeof(rlhf_ppo_clip), "ppo_clip"}, {1, RLHF_UNLIMITED}, RLHF_UNLIMITED};
/* GRPOAlgorithm without [length_penalty]; HierarchicalGRPOAlgorithm is the same over groups of one role.
 * MaxRLAlgorithm agrees for rewards that are not negative. RAEAlgorithm takes given baselines: see group_advantages. */
static const rlhf_group_advantages_options rlhf_preset_prime_rl_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_prime_rl_max_rl = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_MEAN, 1, 0,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_prime_rl_rae = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GIVEN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};

/* What ROLL computes by its defaults. Read in git 8eb27cc2, roll/configs/base_config.py, roll/pipeline/rlvr and
 * roll/utils/functionals.py; names in brackets are its options.
 *
 * Losses are averaged over sequences [loss_agg_mode seq-mean-token-mean]. seq-mean-token-sum-norm divides the sum of
 * all tokens by the length of the longest answer, and not by the number of sequences. Log ratios are not clamped. */
/* ActorWorker.loss_func [pg_clip]. With [dual_clip_loss], off by default, the bound is 1 + 2 pg_clip. */
static const rlhf_ppo_policy_loss_options rlhf_preset_roll_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_ppo_policy_loss_options rlhf_preset_roll_dual_clip_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, 1.4, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* With KL in the loss [use_kl_loss]: k3, clamped to 10. Its coefficient [kl_loss_coef] is 0 by default. */
static const rlhf_ppo_policy_loss_options rlhf_preset_roll_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    10, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [importance_sampling] seq. */
static const rlhf_gspo rlhf_preset_roll_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_roll_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* ActorPGWorker [pg_variant]: vanilla, tis, topr and cispo [cispo_epsilon_low, cispo_epsilon_high]. In ROLL's topr
 * the sign of the score decides, in the library the sign of the advantage. With [cispo_use_unified_mask], tokens
 * that PPO would clip have no loss: weights of 0 do the same. */
static const rlhf_cispo rlhf_preset_roll_reinforce = {
    {sizeof(rlhf_cispo), "cispo"}, 1, 1, RLHF_IMPORTANCE_TRUNCATE};
static const rlhf_cispo rlhf_preset_roll_tis = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 1, RLHF_IMPORTANCE_TRUNCATE};
static const rlhf_topr rlhf_preset_roll_topr = {
    {sizeof(rlhf_topr), "topr"}, 1, 1};
static const rlhf_cispo rlhf_preset_roll_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0.9, 1.1, RLHF_IMPORTANCE_TRUNCATE};
/* [pg_variant] kimi15 is reinforce with KL to π_old [kimi15_tau]: pass log π_old as ref_log_probs. */
static const rlhf_policy_loss_options rlhf_preset_roll_kimi_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0.1, RLHF_KL_ESTIMATOR_K2, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* CriticWorker.loss_func: without a clip [value_clip], a mean over sequences. */
static const rlhf_ppo_value_loss_options rlhf_preset_roll_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* compute_advantage [adv_estimator gae, gamma, lambd]. GAE does not look at the mask, and nothing is whitened
 * [whiten_advantages]. KL is in the reward only with [add_token_level_kl]. */
static const rlhf_shape_rewards_options rlhf_preset_roll_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, RLHF_SCORE_POSITION_LAST_COUNTED,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_gae_options rlhf_preset_roll_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 0.95, RLHF_GAPS_IGNORE};
static const rlhf_whiten_options rlhf_preset_roll_ppo_advantages_whiten = {
    sizeof(rlhf_whiten_options), 0, 0, RLHF_SCALE_ABOUT_MEAN, 1, 1e-8, RLHF_STD_FLOOR_INSIDE_ROOT};
static const rlhf_ppo_advantages_options rlhf_preset_roll_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_roll_ppo_advantages_rewards,
    &rlhf_preset_roll_ppo_advantages_gae, &rlhf_preset_roll_ppo_advantages_whiten};
/* reward_norm [norm_mean_type, norm_std_type]: [adv_estimator] grpo is group, group. The next presets are batch,
 * batch, and group without a deviation. running, running is whiten with these options and the moments of all rewards
 * so far. */
static const rlhf_group_advantages_options rlhf_preset_roll_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_roll_batch_norm = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_BATCH_MEAN, RLHF_GROUP_SCALE_BATCH_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_roll_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_whiten_options rlhf_preset_roll_running_norm = {
    sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 1, 1e-06, RLHF_STD_FLOOR_AFTER_ROOT};
/* [train_infer_correction]: is_weight [upper_bound] per token, and filters [ratio_low, ratio_high, diff_high] with
 * [agg_type] token, geometric, sequence and segment, all off by default. A token that a filter drops leaves the mean
 * of its sequence: use `keep`. In means over tokens [loss_agg_mode token-mean] ROLL ignores the filters. */
static const rlhf_importance_weights_options rlhf_preset_roll_is_weight = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 1.2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_roll_token_filter = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0.8, 1.2}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_roll_geometric_filter = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0.8, 1.2}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_roll_sequence_filter = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0.8, 1.2}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_roll_segment_filter = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0.8, 1.2}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_RUN, RLHF_UNLIMITED, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_roll_difference_filter = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED, 0.2,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What SkyRL computes by its defaults. Read in git a9564572e, skyrl/train/config/config.py and
 * skyrl/backends/skyrl_train/utils/ppo_utils.py; names in brackets are its options.
 *
 * SkyRL averages by scaling the advantages [loss_reduction token_mean]; KL is averaged separately. */
/* [policy_loss_type] regular: unlike the library, log ratios are clamped to ±20. dual_clip adds [clip_ratio_c]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_skyrl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, 20, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_ppo_policy_loss_options rlhf_preset_skyrl_dual_clip_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, 3, 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [policy_loss_type] cispo: [cispo_eps_clip_low, cispo_eps_clip_high] are distances from 1; the bounds are
 * ScaleRL's. */
static const rlhf_policy_loss_options rlhf_preset_skyrl_policy_loss = {
    sizeof(rlhf_policy_loss_options), 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_cispo rlhf_preset_skyrl_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 5, RLHF_IMPORTANCE_TRUNCATE};
/* [policy_loss_type] rollout_is: tokens beyond PPO's range have no loss. old_log_probs are the sampler's. */
static const rlhf_cispo rlhf_preset_skyrl_rollout_is = {
    {sizeof(rlhf_cispo), "cispo"}, 0.8, 1.2, RLHF_IMPORTANCE_MASK};
/* [policy_loss_type] importance_sampling, as in tinker: no clip, and no limit of log ratios. */
static const rlhf_ppo_clip rlhf_preset_skyrl_importance_sampling = {
    {sizeof(rlhf_ppo_clip), "ppo_clip"}, {1, RLHF_UNLIMITED}, RLHF_UNLIMITED};
static const rlhf_policy_loss_options rlhf_preset_skyrl_importance_sampling_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [policy_loss_type] sapo [tau_pos, tau_neg]; [loss_reduction] sequence_mean is advised. */
static const rlhf_sapo rlhf_preset_skyrl_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
/* [policy_loss_type] gspo: PPO's range, the log ratio of a sequence clamped above, at 10. */
static const rlhf_gspo rlhf_preset_skyrl_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_skyrl_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), 10, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [policy_loss_type] dppo [dppo_type binary_tv]: old_log_probs are the sampler's, if there are any. */
static const rlhf_dppo_tv rlhf_preset_skyrl_dppo_tv = {
    {sizeof(rlhf_dppo_tv), "dppo_tv"}, {0.2, 0.2}, RLHF_UNLIMITED, RLHF_DPPO_VALUE_RATIO};
/* [policy_loss_type] clip_cov and kl_cov [clip_cov, kl_cov]. SkyRL first divides the advantages by the number of
 * tokens n, but not KL. For the same numbers, multiply low, high and kl_coef by n. Clip-Cov then picks hardly any
 * token. */
static const rlhf_ratio_range rlhf_preset_skyrl_clip_cov_clip_range = {0.2, 0.2};
static const rlhf_covariance_tokens_options rlhf_preset_skyrl_clip_cov = {
    sizeof(rlhf_covariance_tokens_options), 0.0002, 1, 5, &rlhf_preset_skyrl_clip_cov_clip_range, NULL};
static const rlhf_covariance_tokens_options rlhf_preset_skyrl_kl_cov = {
    sizeof(rlhf_covariance_tokens_options), 0.2, -RLHF_UNLIMITED, RLHF_UNLIMITED, NULL, NULL};
static const rlhf_policy_loss_options rlhf_preset_skyrl_kl_cov_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 1, RLHF_KL_ESTIMATOR_ABS, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* ppo_critic_loss [value_clip]: a mean over sequences for every [loss_reduction], in which sequences without tokens
 * count. */
static const rlhf_ppo_value_loss_options rlhf_preset_skyrl_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.2, RLHF_UNLIMITED, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [advantage_estimator] gae [gamma, lambd] 1: SkyRL does not look at the mask, and whitens with ddof 1. KL in the
 * reward is off [use_kl_in_reward]. reinforce++ starts anew after each gap of the mask: set `terminated` on the step
 * before the gap. */
static const rlhf_shape_rewards_options rlhf_preset_skyrl_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, RLHF_SCORE_POSITION_LAST_COUNTED,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_gae_options rlhf_preset_skyrl_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 1, RLHF_GAPS_IGNORE};
static const rlhf_ppo_advantages_options rlhf_preset_skyrl_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_skyrl_ppo_advantages_rewards,
    &rlhf_preset_skyrl_ppo_advantages_gae, NULL};
/* [advantage_estimator] grpo, with the standard deviation [grpo_norm_by_std], rloo and maxrl. A group of one keeps
 * its reward, except in rloo. maxrl divides by the mean + 10⁻⁶, which may be negative or 0; the library divides by
 * the absolute mean. */
static const rlhf_group_advantages_options rlhf_preset_skyrl_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_skyrl_rloo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_skyrl_maxrl = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_MEAN, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
/* [off_policy_correction], off by default: [tis_ratio_type] token and sequence, [sequence_mask_metric] geometric and
 * product. */
static const rlhf_importance_weights_options rlhf_preset_skyrl_token_tis = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_skyrl_sequence_tis = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_PRODUCT, {0, 5}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_skyrl_geometric_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0.99, 1.01}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_skyrl_product_mask = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0.5, 2}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What slime computes by its defaults. Read in git 624b824a8, slime/utils/arguments.py and ppo_utils.py; names in
 * brackets are its options. */
/* compute_policy_loss [eps-clip]: log ratios are not clamped, and there is no dual clip [eps-clip-c]. Unlike the
 * library's default, slime averages over sequences, except with [calculate-per-token-loss]. */
static const rlhf_ppo_policy_loss_options rlhf_preset_slime_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* compute_cispo_loss and GSPO take the same range. The paper's CISPO has no lower bound: [eps-clip] 1. */
static const rlhf_cispo rlhf_preset_slime_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0.8, 1.2, RLHF_IMPORTANCE_TRUNCATE};
static const rlhf_gspo rlhf_preset_slime_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_slime_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [value-clip]. */
static const rlhf_ppo_value_loss_options rlhf_preset_slime_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.2, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
/* slime/ray/rollout.py [advantage-estimator grpo, gspo, cispo]: the library's defaults. */
static const rlhf_group_advantages_options rlhf_preset_slime_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* [use-tis, tis-clip, tis-clip-low], off by default. */
static const rlhf_importance_weights_options rlhf_preset_slime_tis = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs
 * and π_old as behavior_log_probs. */
static const rlhf_importance_weights_options rlhf_preset_slime_opsm = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, 0.0001,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What tinker and its cookbook compute by their defaults. The cookbook was read in tinker_cookbook 0.6.1. Policy
 * losses run on tinker's server; the cookbook's tutorials/202_loss_functions.py, git 9dfcc3a2, describes them.
 *
 * The server adds losses up without dividing. old_log_probs are the sampler's. */
/* ppo [clip_low_threshold, clip_high_threshold], importance_sampling, and cispo, which has no lower bound. */
static const rlhf_ppo_policy_loss_options rlhf_preset_tinker_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_ppo_clip rlhf_preset_tinker_importance_sampling = {
    {sizeof(rlhf_ppo_clip), "ppo_clip"}, {1, RLHF_UNLIMITED}, RLHF_UNLIMITED};
static const rlhf_cispo rlhf_preset_tinker_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 4, RLHF_IMPORTANCE_TRUNCATE};
/* rl/data_processing.py, compute_advantages. */
static const rlhf_group_advantages_options rlhf_preset_tinker_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* preference/train_dpo.py [dpo_beta]. */
static const rlhf_dpo rlhf_preset_tinker_dpo = {
    {sizeof(rlhf_dpo), "dpo"}, 0.1, 0};

/* What torchrl computes by its defaults. Read in torchrl 0.14.1, objectives/llm/grpo.py, objectives/ppo.py and
 * objectives/value; names in brackets are its options. */
/* GRPOLoss [clip_epsilon, aggregation token_mean]: the library's defaults. DAPO is the same class with two bounds. */
static const rlhf_ppo_policy_loss_options rlhf_preset_torchrl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [aggregation] prompt_mean is a mean over sequences. */
static const rlhf_ppo_policy_loss_options rlhf_preset_torchrl_prompt_mean_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* CISPOLoss differs from CISPO: beyond the bounds it has no gradient. These options have the same gradient;
 * torchrl's loss is −φ Â. */
static const rlhf_cispo rlhf_preset_torchrl_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0.8, 1.2, RLHF_IMPORTANCE_MASK};
/* The options for cispo. */
static const rlhf_policy_loss_options rlhf_preset_torchrl_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* ClipPPOLoss [loss_critic_type smooth_l1], without a clip of values [clip_value] and with the factor 1
 * [critic_coeff]. */
static const rlhf_ppo_value_loss_options rlhf_preset_torchrl_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), RLHF_UNLIMITED, 1, RLHF_AGGREGATION_TOKEN_MEAN};
/* GAE has no defaults for γ and λ and does not whiten [average_gae]. There is no mask: each step follows the one
 * before it in memory. */
static const rlhf_gae_options rlhf_preset_torchrl_gae = {
    sizeof(rlhf_gae_options), 1, 0.95, RLHF_GAPS_IGNORE};
/* MCAdvantage with a return per trajectory [trajectory_return]: the deviation is at least 10⁻⁶. */
static const rlhf_group_advantages_options rlhf_preset_torchrl_group_advantages = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_STD_AT_LEAST, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};

/* What TRL's GRPOTrainer computes by its defaults. Read in TRL 1.16.0, trainer/grpo_trainer.py, _compute_loss, and
 * grpo_config.py; names in brackets are its options.
 *
 * Log ratios are not clamped. KL in the loss is off [beta]. If it is on, it is multiplied by ρ
 * [use_bias_correction_kl]: use kl_policy_loss. A sequence without tokens counts in a mean over sequences. */
/* [loss_type] dapo, the default, and bnpo: the library's defaults. dapo's denominator is the whole step's, bnpo's is
 * a micro-batch's. [delta] is dual_clip if it is at least 1 + ε₊. */
static const rlhf_ppo_policy_loss_options rlhf_preset_trl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* The same with ref_log_probs, where [beta] is kl_coef. */
static const rlhf_ppo_policy_loss_options rlhf_preset_trl_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_RATIO, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [loss_type] grpo. */
static const rlhf_ppo_policy_loss_options rlhf_preset_trl_grpo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [loss_type] luspo: with ρ per token, or per sequence [importance_sampling_level], as TRL advises. */
static const rlhf_ppo_policy_loss_options rlhf_preset_trl_luspo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_SUM};
static const rlhf_policy_loss_options rlhf_preset_trl_gspo_luspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_SUM};
/* [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with its default, which is
 * [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5. */
static const rlhf_cispo rlhf_preset_trl_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0, 0.2, RLHF_IMPORTANCE_TRUNCATE};
/* [loss_type] sapo [sapo_temperature_pos, sapo_temperature_neg], averaged over sequences. */
static const rlhf_sapo rlhf_preset_trl_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
/* [importance_sampling_level] sequence, with [loss_type] grpo. The range is PPO's [epsilon]. */
static const rlhf_gspo rlhf_preset_trl_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
/* experimental/gmpo: GMPOTrainer. */
static const rlhf_gmpo rlhf_preset_trl_gmpo = {
    {sizeof(rlhf_gmpo), "gmpo"}, {0.4, 0.4}};
static const rlhf_policy_loss_options rlhf_preset_trl_gmpo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [loss_type] vespo, a mean over tokens. Importance weights of the tokens, truncated or masked, multiply the ratio
 * of the sequence and not the loss: pass log π_old − log w as old_log_probs. */
static const rlhf_vespo rlhf_preset_trl_vespo = {
    {sizeof(rlhf_vespo), "vespo"}, 2, 3, 3, 2};
static const rlhf_policy_loss_options rlhf_preset_trl_vespo_policy_loss = {
    sizeof(rlhf_policy_loss_options), 18.420680743952367, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* The options for cispo. */
static const rlhf_policy_loss_options rlhf_preset_trl_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_policy_loss_options rlhf_preset_trl_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_policy_loss_options rlhf_preset_trl_sapo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* [scale_rewards] group, batch and none. Unlike in the library's defaults, ε is 10⁻⁴, and an answer that no reward
 * function could judge does not count and has the advantage 0. [scale_rewards] batch still subtracts the mean of the
 * group. */
static const rlhf_group_advantages_options rlhf_preset_trl_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 0.0001,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_LEFT_OUT};
static const rlhf_group_advantages_options rlhf_preset_trl_grpo_batch_std = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_BATCH_STD, 1, 0.0001,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_LEFT_OUT};
static const rlhf_group_advantages_options rlhf_preset_trl_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_LEFT_OUT};
/* rloo_trainer.py. [normalize_advantages], off by default, whitens them with ε = 10⁻⁴ after the root. */
static const rlhf_group_advantages_options rlhf_preset_trl_rloo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_LEFT_OUT};
/* [multi_objective_aggregation] normalize_then_sum. */
static const rlhf_group_advantages_options rlhf_preset_trl_gdpo_advantages_group = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 0.0001,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_LEFT_OUT};
static const rlhf_whiten_options rlhf_preset_trl_gdpo_advantages_whiten = {
    sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 1, 0.0001, RLHF_STD_FLOOR_AFTER_ROOT};
static const rlhf_gdpo_advantages_options rlhf_preset_trl_gdpo_advantages = {
    sizeof(rlhf_gdpo_advantages_options), &rlhf_preset_trl_gdpo_advantages_group,
    &rlhf_preset_trl_gdpo_advantages_whiten};
/* [use_adaptive_entropy]: [entropy_coef, entropy_target, entropy_coef_delta, entropy_coef_min, entropy_coef_max].
 * There is no bonus in the first step. */
static const rlhf_adaptive_entropy_controller rlhf_preset_trl_entropy_controller = {
    sizeof(rlhf_adaptive_entropy_controller), 0, 0.2, 0.005, 0, 1, 0};
/* [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of all ranks. */
static const rlhf_top_entropy_options rlhf_preset_trl_top_entropy = {
    sizeof(rlhf_top_entropy_options), 1, NULL};
/* rewards/other_rewards.py, get_soft_overlong_punishment [max_completion_len, soft_punish_cache]: the library's
 * defaults. */
static const rlhf_shape_scores_options rlhf_preset_trl_shape_scores = {
    sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_CAPPED, 1, 0, NULL};
/* kto_trainer.py [beta, desirable_weight, undesirable_weight]. TRL's z₀ comes from a micro-batch of all ranks. */
static const rlhf_kto rlhf_preset_trl_kto = {
    {sizeof(rlhf_kto), "kto"}, 0.1, 0, 1, 1};
/* bco_trainer.py [beta] of TRL 0.23.0: δ is the mean of all answers so far. */
static const rlhf_bco rlhf_preset_trl_bco = {
    {sizeof(rlhf_bco), "bco"}, 0.1, 0};
/* [vllm_importance_sampling_mode] sequence_mask with [vllm_importance_sampling_clip_max]: the product over the whole
 * sequence, and 0 above 3, with π_old as log_probs. */
static const rlhf_importance_weights_options rlhf_preset_trl_importance_weights = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_PRODUCT, {0, 3}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* experimental/sdpo and sdft [distillation_alpha, distillation_add_tail], over the student's likeliest entries
 * [distillation_topk]; server_distillation by [beta] 0, over the teacher's [loss_top_k, loss_add_tail]. */
static const rlhf_top_k_divergence_options rlhf_preset_trl_sdpo_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_REVERSE_KL, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_RENORMALIZED, -RLHF_UNLIMITED, -RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_top_k_divergence_options rlhf_preset_trl_sdft_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_JSD, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_RENORMALIZED, -RLHF_UNLIMITED, -RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_top_k_divergence_options rlhf_preset_trl_server_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_FORWARD_KL, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_TAIL, -RLHF_UNLIMITED, -RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What Unsloth's GRPO computes by its defaults. Read in unsloth_zoo 2026.10.9, rl_replacements.py,
 * grpo_compute_loss. Options and losses are TRL's, except for KL: see preset::trl. */
/* [beta], with TRL's [use_bias_correction_kl]. Unsloth clamps KL times ρ to 10; the library clamps KL alone. */
static const rlhf_ppo_policy_loss_options rlhf_preset_unsloth_kl_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL,
    10, RLHF_KL_WEIGHT_RATIO, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [vllm_importance_sampling_mode] geometric_truncate, which TRL does not have. */
static const rlhf_importance_weights_options rlhf_preset_unsloth_geometric_truncate = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_MEAN, {0, 3}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};

/* What verl computes by its defaults. Read in verl 0.9.1; names in brackets are its options.
 *
 * verl divides the sum of a sequence with n tokens by n + 10⁻⁸, and the clip fractions by the number of tokens +
 * 10⁻⁸. [clip_ratio_low] and [clip_ratio_high] are 0.2 for every [clip_ratio]. */
/* trainer/ppo/core_algos.py, compute_policy_loss_vanilla. Unlike in the library's defaults, the dual clip is always
 * on [clip_ratio_c], and log ratios are clamped to ±20. */
static const rlhf_ppo_policy_loss_options rlhf_preset_verl_ppo_policy_loss = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, 3, 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* With KL in the loss [use_kl_loss, kl_loss_coef, kl_loss_type low_var_kl], which is clamped to 10. */
static const rlhf_ppo_policy_loss_options rlhf_preset_verl_ppo_policy_loss_with_kl = {
    sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, 3, 20, 0.001, RLHF_KL_ESTIMATOR_K3, NULL, 10, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [policy_loss.loss_mode] sapo, cispo, dppo_tv, dppo_kl and gspo: an objective each, with these options. The ranges
 * are PPO's [clip_ratio_low, clip_ratio_high], also where papers have others. The cap of DPPO is the dual clip's
 * [clip_ratio_c], not the default 20 of verl's function. */
static const rlhf_policy_loss_options rlhf_preset_verl_policy_loss = {
    sizeof(rlhf_policy_loss_options), 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
static const rlhf_cispo rlhf_preset_verl_cispo = {
    {sizeof(rlhf_cispo), "cispo"}, 0.8, 1.2, RLHF_IMPORTANCE_TRUNCATE};
static const rlhf_dppo_tv rlhf_preset_verl_dppo_tv = {
    {sizeof(rlhf_dppo_tv), "dppo_tv"}, {0.2, 0.2}, 3, RLHF_DPPO_VALUE_LOG_PROB};
static const rlhf_dppo_kl rlhf_preset_verl_dppo_kl = {
    {sizeof(rlhf_dppo_kl), "dppo_kl"}, {0.2, 0.2}, 3, RLHF_DPPO_VALUE_LOG_PROB};
/* [tau_pos, tau_neg]; the function averages over sequences for every [loss_agg_mode]. */
static const rlhf_sapo rlhf_preset_verl_sapo = {
    {sizeof(rlhf_sapo), "sapo"}, 1, 1.05};
static const rlhf_policy_loss_options rlhf_preset_verl_sapo_policy_loss = {
    sizeof(rlhf_policy_loss_options), 20, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
/* The log ratio of a sequence is clamped above, at 10. [loss_agg_mode] stays token-mean unless it is set to
 * seq-mean-token-mean, as the function's documentation advises. */
static const rlhf_gspo rlhf_preset_verl_gspo = {
    {sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN};
static const rlhf_policy_loss_options rlhf_preset_verl_gspo_policy_loss = {
    sizeof(rlhf_policy_loss_options), 10, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE,
    {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* [policy_loss.loss_mode] geo_mean is GMPO with one advantage per sequence, averaged over all sequences, also
 * sequences without tokens. gpg is REINFORCE. dro adds KL to π_old: kl_coef is [dro_beta], which has no default, and
 * ref_log_probs are old_log_probs. None of them clamps log ratios. */
static const rlhf_gmpo rlhf_preset_verl_gmpo = {
    {sizeof(rlhf_gmpo), "gmpo"}, {0.2, 0.2}};
static const rlhf_policy_loss_options rlhf_preset_verl_gmpo_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN};
static const rlhf_cispo rlhf_preset_verl_reinforce = {
    {sizeof(rlhf_cispo), "cispo"}, 1, 1, RLHF_IMPORTANCE_TRUNCATE};
static const rlhf_policy_loss_options rlhf_preset_verl_dro_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K2, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* clip_cov and kl_cov [policy_loss.clip_cov_ratio, clip_cov_lb, clip_cov_ub, kl_cov_ratio, ppo_kl_coef]:
 * covariance_tokens picks the tokens. clip_cov has PPO's clip, kl_cov has none. Neither clamps log ratios. */
static const rlhf_ratio_range rlhf_preset_verl_clip_cov_clip_range = {0.2, 0.2};
static const rlhf_covariance_tokens_options rlhf_preset_verl_clip_cov = {
    sizeof(rlhf_covariance_tokens_options), 0.0002, 1, 5, &rlhf_preset_verl_clip_cov_clip_range, NULL};
static const rlhf_covariance_tokens_options rlhf_preset_verl_kl_cov = {
    sizeof(rlhf_covariance_tokens_options), 0.0002, -RLHF_UNLIMITED, RLHF_UNLIMITED, NULL, NULL};
static const rlhf_policy_loss_options rlhf_preset_verl_kl_cov_policy_loss = {
    sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0.1, RLHF_KL_ESTIMATOR_ABS, NULL, RLHF_UNLIMITED,
    RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN};
/* workers/config/critic.py [cliprange_value]. */
static const rlhf_ppo_value_loss_options rlhf_preset_verl_ppo_value_loss = {
    sizeof(rlhf_ppo_value_loss_options), 0.5, RLHF_UNLIMITED, RLHF_AGGREGATION_TOKEN_MEAN};
/* compute_gae_advantage_return: [gamma, lam] 1, whitened with ddof 1. There is no KL in the reward; with
 * [use_kl_in_reward] it is k1 times 0.001 [kl_ctrl.kl_coef]. */
static const rlhf_shape_rewards_options rlhf_preset_verl_ppo_advantages_rewards = {
    sizeof(rlhf_shape_rewards_options), 0, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, RLHF_SCORE_POSITION_LAST_COUNTED,
    RLHF_UNLIMITED, 0, NULL};
static const rlhf_gae_options rlhf_preset_verl_ppo_advantages_gae = {
    sizeof(rlhf_gae_options), 1, 1, RLHF_GAPS_SKIP};
static const rlhf_ppo_advantages_options rlhf_preset_verl_ppo_advantages = {
    sizeof(rlhf_ppo_advantages_options), &rlhf_preset_verl_ppo_advantages_rewards,
    &rlhf_preset_verl_ppo_advantages_gae, NULL};
/* [adv_estimator] grpo, with or without the standard deviation [norm_adv_by_std_in_grpo]; rloo, opo and remax. A
 * group of one keeps its reward; grpo divides it by 1 + 10⁻⁶. */
static const rlhf_group_advantages_options rlhf_preset_verl_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_verl_dr_grpo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_verl_rloo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_OTHERS_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_verl_opo = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_LENGTH_WEIGHTED_MEAN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_verl_remax = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GIVEN, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD};
/* grpo_passk, with or without the standard deviation [norm_adv_by_std_in_grpo]. verl rejects groups of one. */
static const rlhf_group_advantages_options rlhf_preset_verl_pass_at_k = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_SECOND_BEST, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_REFUSED, RLHF_UNSCORABLE_SPREAD};
static const rlhf_group_advantages_options rlhf_preset_verl_pass_at_k_without_std = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_SECOND_BEST, RLHF_GROUP_SCALE_NONE, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_REFUSED, RLHF_UNSCORABLE_SPREAD};
/* [adv_estimator] gdpo. The sums are whitened over the tokens of the answers, which the caller does: see
 * tests/golden/scores_test.cpp. */
static const rlhf_group_advantages_options rlhf_preset_verl_gdpo_advantages_group = {
    sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6,
    RLHF_STD_FLOOR_AFTER_ROOT, RLHF_LONE_REWARD_KEPT, RLHF_UNSCORABLE_SPREAD};
static const rlhf_whiten_options rlhf_preset_verl_gdpo_advantages_whiten = {
    sizeof(rlhf_whiten_options), 0, 0, RLHF_SCALE_ABOUT_MEAN, 1, 1e-8, RLHF_STD_FLOOR_INSIDE_ROOT};
static const rlhf_gdpo_advantages_options rlhf_preset_verl_gdpo_advantages = {
    sizeof(rlhf_gdpo_advantages_options), &rlhf_preset_verl_gdpo_advantages_group,
    &rlhf_preset_verl_gdpo_advantages_whiten};
/* workers/reward_manager/dapo.py [overlong_buffer_cfg: len, penalty_factor]: an answer longer than max_length costs
 * more than the factor. */
static const rlhf_shape_scores_options rlhf_preset_verl_shape_scores = {
    sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_GROWING, 1, 0, NULL};
/* trainer/config/algorithm.py, RolloutCorrectionConfig [rollout_is, rollout_is_threshold], with π_old as log_probs:
 * its defaults, decoupled_token_is and decoupled_token_icepop. Log ratios are clamped to ±20. */
static const rlhf_importance_weights_options rlhf_preset_verl_importance_weights = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_SEQUENCE_PRODUCT, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_verl_token_importance_weights = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0, 2}, RLHF_IMPORTANCE_TRUNCATE,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
static const rlhf_importance_weights_options rlhf_preset_verl_icepop = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, {0.5, 5}, RLHF_IMPORTANCE_MASK,
    {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, RLHF_UNLIMITED,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* decoupled_geo_rs [rollout_rs seq_mean_k1, rollout_rs_threshold 0.999_1.001]. verl's bounds are for π_rollout /
 * π_old, the inverse of e^ρ. verl removes the tokens from the mask: use `keep`. */
static const rlhf_importance_weights_options rlhf_preset_verl_geometric_rejection = {
    sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_NONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE,
    {0.9990009990009991, 1.001001001001001}, {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE,
    RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED};
/* trainer/distillation, [distillation_loss.loss_mode] forward_kl_topk, as a loss [use_policy_gradient off]:
 * [log_prob_min_clamp, loss_max_clamp]. A token's divergence below 0 is 0. */
static const rlhf_top_k_divergence_options rlhf_preset_verl_top_k_divergence = {
    sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_FORWARD_KL, 0.5, 1, RLHF_AGGREGATION_TOKEN_MEAN,
    RLHF_TOP_K_SUPPORT_TRUNCATED, -10, 0, 10};
#ifdef __cplusplus
}
#endif

#endif
