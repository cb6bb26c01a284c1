/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_ENUMS_H
#define RLHF_C_ENUMS_H

#include <rlhf/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How per-token losses become one number, and which count of the denominator divides it. */
typedef int64_t rlhf_aggregation;
enum {
    RLHF_AGGREGATION_TOKEN_MEAN = 0,              /* Σₛ Σₜ lₛₜ / tokens */
    /* Σₛ (Σₜ lₛₜ / |s|) / sequences. |s| is the number of tokens of s that count in this batch. If a sequence is cut
     * over micro-batches or ranks, each piece would count as a sequence of its own. Then use sequence_mean_token_sum
     * with weights 1 / |s| of the whole sequence, as rlhf_read_per_sequence. */
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN = 1,
    RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_SUM = 2  /* Σₛ Σₜ lₛₜ / sequences */
};

/* What happens to an importance weight or a ratio beyond its bounds. */
typedef int64_t rlhf_importance;
enum {
    RLHF_IMPORTANCE_TRUNCATE = 0,  /* it becomes the bound */
    RLHF_IMPORTANCE_MASK = 1       /* it becomes 0: the token has no policy loss */
};

/* The value that a DPPO loss reports. The slope is the derivative of that value. */
typedef int64_t rlhf_dppo_value;
enum {
    RLHF_DPPO_VALUE_LOG_PROB = 0,  /* −φ Â log π with φ = min(ρ, cap), a constant: verl */
    RLHF_DPPO_VALUE_RATIO = 1      /* −min(ρ, cap) Â, which has no slope where ρ is above the cap: SkyRL, prime-rl */
};

/* How the log ratios of a sequence's tokens become the log ratio of the sequence. */
typedef int64_t rlhf_sequence_ratio;
enum {
    RLHF_SEQUENCE_RATIO_MEAN = 0,    /* their mean: the ratio is the geometric mean of the tokens' ratios */
    RLHF_SEQUENCE_RATIO_PRODUCT = 1  /* their sum: the ratio is π / π_old of the whole answer */
};

/* Estimators of KL(π ‖ π_ref) from one sampled token, with d = log π − log π_ref. */
typedef int64_t rlhf_kl_estimator;
enum {
    RLHF_KL_ESTIMATOR_K1 = 0,  /* d: unbiased; its gradient has mean 0, so do not use it in a loss */
    RLHF_KL_ESTIMATOR_K2 = 1,  /* d² / 2: biased; its mean gradient is the gradient of KL(π ‖ π_ref) */
    /* e⁻ᵈ − 1 + d: unbiased and never negative; its mean gradient is the gradient of KL(π_ref ‖ π) */
    RLHF_KL_ESTIMATOR_K3 = 2,
    RLHF_KL_ESTIMATOR_ABS = 3  /* |d|: biased; its mean gradient is the gradient of Σ |π − π_ref| */
};

/* The factor of the estimate in a loss. ρ = π / π_old, and π_old sampled the tokens. */
typedef int64_t rlhf_kl_weight;
enum {
    RLHF_KL_WEIGHT_ONE = 0,             /* 1 */
    RLHF_KL_WEIGHT_RATIO = 1,           /* ρ, with a gradient: TRL, Liger's chunks, slime */
    RLHF_KL_WEIGHT_CONSTANT_RATIO = 2,  /* ρ as a constant: Liger's kernels */
    RLHF_KL_WEIGHT_OWN_RATIO = 3        /* π / (π as a constant): it is 1 and has a gradient: NeMo-RL */
};

/* What masked steps inside a sequence mean to a recurrence over its steps. */
typedef int64_t rlhf_gaps;
enum {
    RLHF_GAPS_SKIP = 0, /* masked steps do not advance time: the step after a gap directly follows the one before it */
    RLHF_GAPS_ZERO = 1,   /* time passes at masked steps, with reward 0 and value 0 */
    RLHF_GAPS_IGNORE = 2  /* the recurrence does not look at the mask: masked data is read, only outputs are masked */
};

/* How ε keeps the standard deviation from 0. */
typedef int64_t rlhf_std_floor;
enum {
    RLHF_STD_FLOOR_INSIDE_ROOT = 0,        /* √(var + ε) */
    RLHF_STD_FLOOR_AFTER_ROOT = 1,         /* √var + ε */
    RLHF_STD_FLOOR_VARIANCE_AT_LEAST = 2,  /* √max(var, ε) */
    RLHF_STD_FLOOR_STD_AT_LEAST = 3        /* max(√var, ε) */
};

/* What is subtracted from a reward. A group is the rewards of one prompt's responses. */
typedef int64_t rlhf_group_baseline;
enum {
    RLHF_GROUP_BASELINE_NONE = 0,                  /* 0 */
    RLHF_GROUP_BASELINE_GROUP_MEAN = 1,            /* the mean of the group: GRPO */
    RLHF_GROUP_BASELINE_OTHERS_MEAN = 2,           /* the mean of the other rewards of the group: RLOO */
    RLHF_GROUP_BASELINE_LENGTH_WEIGHTED_MEAN = 3,  /* Σ length · r / Σ length over the group: OPO */
    RLHF_GROUP_BASELINE_BATCH_MEAN = 4,            /* the mean of all rewards */
    RLHF_GROUP_BASELINE_GIVEN = 5, /* a number per sequence that the caller gives: ReMax, a running mean */
    /* the second best reward of the group; only the best gets an advantage: pass@k */
    RLHF_GROUP_BASELINE_SECOND_BEST = 6
};

/* What the reward minus its baseline is divided by. */
typedef int64_t rlhf_group_scale;
enum {
    RLHF_GROUP_SCALE_NONE = 0,        /* 1 */
    RLHF_GROUP_SCALE_GROUP_STD = 1,   /* the standard deviation of the group: GRPO */
    RLHF_GROUP_SCALE_BATCH_STD = 2,   /* the standard deviation of all rewards */
    RLHF_GROUP_SCALE_GROUP_MEAN = 3,  /* the absolute mean of the group: MaxRL */
    /* the standard deviation of the group's other rewards, or 1 if these are equal: NeMo-RL */
    RLHF_GROUP_SCALE_OTHERS_STD = 4
};

/* The advantage in a group of one, if its baseline or scale is taken from the group. */
typedef int64_t rlhf_lone_reward;
enum {
    RLHF_LONE_REWARD_ZERO = 0,  /* 0 */
    RLHF_LONE_REWARD_KEPT = 1,  /* the reward as it is */
    /* the call throws if a group has one sequence; 0 if only one reward of a larger group counts */
    RLHF_LONE_REWARD_REFUSED = 2
};

/* What happens to a reward that is NaN or infinite, for example because no judge could score the response. */
typedef int64_t rlhf_unscorable;
enum {
    RLHF_UNSCORABLE_SPREAD = 0,   /* it makes its whole group NaN, or the whole batch if the options name the batch */
    RLHF_UNSCORABLE_LEFT_OUT = 1  /* the reward does not count, and its advantage is 0 */
};

/* The step of a sequence that gets its score. */
typedef int64_t rlhf_score_position;
enum {
    RLHF_SCORE_POSITION_LAST_COUNTED = 0,        /* the last step that counts */
    RLHF_SCORE_POSITION_AFTER_LAST_COUNTED = 1,  /* the step after the last one that counts, if the sequence has one */
    RLHF_SCORE_POSITION_LAST_STEP = 2            /* the sequence's last step, whether it counts or not */
};

/* The penalty of a response that is longer than max_length. */
typedef int64_t rlhf_overlong;
enum {
    RLHF_OVERLONG_CAPPED = 0,  /* it stays overlong_penalty: DAPO's paper, TRL, OpenRLHF */
    RLHF_OVERLONG_GROWING = 1  /* it grows with the length as in the buffer: verl, NeMo-RL */
};

/* The point that scaling leaves in place if the mean is kept. */
typedef int64_t rlhf_scale_about;
enum {
    RLHF_SCALE_ABOUT_MEAN = 0,  /* (x − mean) / std + mean */
    RLHF_SCALE_ABOUT_ZERO = 1   /* x / std */
};

/* How the distance of the policy's distribution p from the reference's distribution q is measured. */
typedef int64_t rlhf_divergence;
enum {
    RLHF_DIVERGENCE_REVERSE_KL = 0,  /* KL(p ‖ q) = Σ p (log p − log q): p avoids entries that q makes unlikely */
    RLHF_DIVERGENCE_FORWARD_KL = 1,  /* KL(q ‖ p) = Σ q (log q − log p): p covers all entries that q makes likely */
    RLHF_DIVERGENCE_JSD = 2          /* β KL(q ‖ m) + (1 − β) KL(p ‖ m) with m = β q + (1 − β) p; always finite */
};

/* What becomes of the entries that a reference of k entries does not list. */
typedef int64_t rlhf_top_k_support;
enum {
    RLHF_TOP_K_SUPPORT_TAIL = 0,         /* they are one class more, the tail */
    RLHF_TOP_K_SUPPORT_TRUNCATED = 1,    /* they are left out, so that neither side sums to 1 */
    RLHF_TOP_K_SUPPORT_RENORMALIZED = 2  /* they are left out, and each side is divided by the sum of what is listed */
};

/* Which tokens share one ratio π / μ. π is the policy that learns, μ the policy that sampled. */
typedef int64_t rlhf_importance_level;
enum {
    RLHF_IMPORTANCE_LEVEL_TOKEN = 0,  /* each token has its own ratio: e^ρ, with ρ = log π − log μ */
    /* the tokens of a sequence share the geometric mean of their ratios: e^(mean ρ) */
    RLHF_IMPORTANCE_LEVEL_SEQUENCE_MEAN = 1,
    /* the tokens of a sequence share the product of their ratios: e^(Σ ρ) */
    RLHF_IMPORTANCE_LEVEL_SEQUENCE_PRODUCT = 2,
    RLHF_IMPORTANCE_LEVEL_NONE = 3    /* all weights are 1 */
};

/* What one sequence is, in the options of importance weights that act on sequences. */
typedef int64_t rlhf_importance_unit;
enum {
    RLHF_IMPORTANCE_UNIT_SEQUENCE = 0,  /* all counted tokens of a sequence of the batch */
    RLHF_IMPORTANCE_UNIT_RUN = 1        /* each run of counted tokens without a gap: a turn */
};

/* What the sum over the pairs of a prompt is divided by if some pairs are tied, because these are dropped. */
typedef int64_t rlhf_tie_divisor;
enum {
    RLHF_TIE_DIVISOR_KEPT_PAIRS = 0,  /* the number of pairs that are not tied */
    RLHF_TIE_DIVISOR_ALL_PAIRS = 1    /* C(K, 2), the number of all pairs */
};

#ifdef __cplusplus
}
#endif

#endif
