/* SPDX-License-Identifier: MIT */
#ifndef RLHF_C_TYPES_H
#define RLHF_C_TYPES_H

/* The types that every call of the C interface takes: arrays, batches, errors, executors. C99, and C++98 or newer.
 *
 * Structs that may grow begin with their size, which their initialiser sets: `rlhf_gae_options o = RLHF_GAE_OPTIONS;`.
 * A library that is older than its caller rejects a size that it does not know. A library that is newer uses the
 * defaults for members that the caller's struct does not have. A pointer inside options is NULL for the default. */

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(RLHF_C_IMPLEMENTATION) && defined(__GNUC__)
#define RLHF_C_API __attribute__((visibility("default")))
#else
#define RLHF_C_API
#endif

#define RLHF_UNLIMITED HUGE_VAL /* a bound that is off: infinity */

/* The status that a call returns. */
typedef int rlhf_status;
enum {
    RLHF_OK = 0,
    RLHF_BAD_ARGUMENT = 1,  /* nothing was written */
    RLHF_NO_SUCH_ISA = 2,   /* this library or this machine does not have the instruction set */
    RLHF_INTERNAL_ERROR = 3 /* something else failed, such as memory for an exception */
};

/* The sentence of a call that failed, in the caller's memory. Every call takes a pointer to one, or NULL. */
typedef struct rlhf_error {
    char text[400];
} rlhf_error;

/* The type of an array's elements. Masks and flags are RLHF_UINT8, for every one-byte type. */
typedef int64_t rlhf_dtype;
enum {
    RLHF_FLOAT32 = 1,
    RLHF_FLOAT64 = 2,
    RLHF_BFLOAT16 = 3, /* only for logits and their gradients */
    RLHF_FLOAT16 = 4,  /* only for logits and their gradients */
    RLHF_INT32 = 5,
    RLHF_INT64 = 6,
    RLHF_UINT8 = 7,
    RLHF_VOCAB_SHARD = 8 /* struct rlhf_vocab_shard */
};

/* Arrays of the caller. A struct of zeros is an absent array. Strides are in elements (numpy has bytes): [n] has the
 * stride 1, [rows, columns] has {columns, 1} or longer rows. The stride of the last dimension is 1, or 0 if a [B, T]
 * array has one element per sequence. rlhf_read, rlhf_write and the functions after them fill them in. */
typedef struct rlhf_in {
    const void* data;
    rlhf_dtype dtype;
    int64_t dims; /* 1: contiguous elements, read in the shape of the batch; 2: rows */
    int64_t shape[2];
    int64_t strides[2];
} rlhf_in;

typedef struct rlhf_out {
    void* data;
    rlhf_dtype dtype;
    int64_t dims;
    int64_t shape[2];
    int64_t strides[2];
} rlhf_out;
#define RLHF_ABSENT                                                                                                    \
    {                                                                                                                  \
        NULL, 0, 0, {0, 0}, { 0, 0 }                                                                                   \
    }

/* How a gradient is written. */
typedef int64_t rlhf_write_mode;
enum {
    RLHF_OVERWRITE = 0, /* buffer = gradient; the scale is not read */
    RLHF_WRITE_TO = 1,  /* buffer = scale * gradient; masked elements become 0 */
    RLHF_ADD_TO = 2     /* buffer += scale * gradient; masked elements stay */
};

/* Where a gradient goes: `arrays.d_log_probs.to = rlhf_write(d, RLHF_FLOAT32, tokens);` overwrites d. */
typedef struct rlhf_gradient {
    rlhf_out to;
    rlhf_write_mode mode;
    double scale; /* 1 in initialised arrays */
} rlhf_gradient;
#define RLHF_NO_GRADIENT                                                                                               \
    { RLHF_ABSENT, RLHF_OVERWRITE, 1 }

/* Logits [sequences, steps, vocab], or [1, tokens, vocab] for a packed batch. Entries of a row lie side by side. The
 * columns vocab ... padded_vocab - 1 are never read, and their gradient is 0. */
typedef struct rlhf_logits {
    const void* data;
    rlhf_dtype dtype;
    int64_t sequences, steps, vocab;
    int64_t padded_vocab;                 /* 0: vocab */
    int64_t step_stride, sequence_stride; /* in elements; 0: rows and sequences lie side by side */
} rlhf_logits;

/* Where the gradient into the logits goes, which may be the logits themselves. It has their element type. */
typedef struct rlhf_logits_gradient {
    void* data;
    rlhf_dtype dtype;
    int64_t sequences, steps, vocab;
    int64_t padded_vocab;
    int64_t step_stride, sequence_stride;
    rlhf_write_mode mode;
    double scale; /* not read with RLHF_OVERWRITE; with the other modes you set it, often to 1 */
} rlhf_logits_gradient;

/* What sums over tokens are divided by. There is no default. */
typedef int64_t rlhf_denominator;
enum {
    RLHF_COUNTED_HERE = 1, /* this batch's own counts: the batch is the whole step */
    RLHF_WHOLE_STEP = 2    /* batch.whole: this batch is a part of a step */
};

typedef int64_t rlhf_layout;
enum {
    RLHF_BATCH_FIRST = 0, /* [B, T]: the steps of a sequence lie side by side */
    RLHF_TIME_FIRST = 1   /* [T, B]: the sequences lie side by side */
};

/* Which token a step of the batch predicts. */
typedef int64_t rlhf_predict_next;
enum {
    RLHF_PREDICT_UNSAID = 0, /* functions over logits or targets fail */
    RLHF_PREDICT_NEXT = 1,   /* step t predicts token t + 1: mask and targets are given per token and shifted here */
    RLHF_PREDICT_THIS = 2    /* mask and targets are aligned with the steps already */
};

/* Tokens, and sequences with at least one counted token. They add up over the parts of a step. */
typedef struct rlhf_counts {
    double tokens, sequences;
} rlhf_counts;

/* Describes the tokens of a call: where their sequences lie, which tokens count, and what their sum is divided by. */
typedef struct rlhf_batch {
    size_t size;
    int64_t sequences, steps; /* B and T */
    rlhf_in offsets;          /* packed: B + 1 offsets that do not fall, int32 or int64 */
    rlhf_layout layout;
    rlhf_predict_next predict_next;
    rlhf_in mask;        /* one byte per token, not 0: it counts */
    int64_t every_token; /* 1 instead of a mask: every token counts */
    rlhf_denominator denominator;
    rlhf_counts whole; /* the counts of the step, with RLHF_WHOLE_STEP */
} rlhf_batch;
#define RLHF_BATCH                                                                                                     \
    {                                                                                                                  \
        sizeof(rlhf_batch), 1, 0, RLHF_ABSENT, 0, 0, RLHF_ABSENT, 0, 0, { 0, 0 }                                       \
    }

/* Which of N sequences answer the same prompt: they are a group. */
typedef struct rlhf_groups {
    size_t size;
    int64_t group_size; /* sequences per group, which lie side by side; N is a multiple of it */
    rlhf_in ids;        /* or [N], int32 or int64, any numbers in any order: equal ids are a group */
    rlhf_out workspace; /* with ids: int64, at least 2 N elements */
} rlhf_groups;
#define RLHF_GROUPS                                                                                                    \
    { sizeof(rlhf_groups), 0, RLHF_ABSENT, RLHF_ABSENT }

/* Runs the pieces of a call: calls body(of_body, i) once for every i < pieces, in any order, on any threads, and
 * returns when all are done. Every output bit is the same under every executor. A NULL pointer is this thread. */
typedef struct rlhf_executor {
    void (*run)(void* self, size_t pieces, void (*body)(void* of_body, size_t i), void* of_body);
    void* self;
} rlhf_executor;

/* c = factor * a b, or c += factor * a b. Elements of a row lie side by side; strides are from row to row. A transposed
 * factor is stored with its rows and columns exchanged. */
typedef struct rlhf_product {
    rlhf_dtype dtype;          /* RLHF_FLOAT32 or RLHF_FLOAT64 */
    int64_t rows, cols, inner; /* a is [rows, inner], b is [inner, cols] */
    const void *a, *b;
    int64_t a_stride, b_stride;
    int64_t a_transposed, b_transposed;
    void* c;
    int64_t c_stride;
    double factor;
    int64_t add;
} rlhf_product;

/* The last layer of a language model, instead of its logits; all arrays have one type, float or double. */
typedef struct rlhf_linear_head {
    size_t size;
    rlhf_in hidden;  /* [tokens, H], tokens in the batch's order */
    rlhf_in weights; /* [V, H] */
    int64_t vocab, hidden_size;
    rlhf_out workspace;                                        /* at least rows * (V + H) elements, from 1 row on */
    void (*multiply)(void* self, const rlhf_product* product); /* for example around a BLAS */
    void* self;
} rlhf_linear_head;
#define RLHF_LINEAR_HEAD                                                                                               \
    { sizeof(rlhf_linear_head), RLHF_ABSENT, RLHF_ABSENT, 0, 0, RLHF_ABSENT, NULL, NULL }

/* Where the gradients into hidden states and weights go; absent: not computed. */
typedef struct rlhf_linear_head_gradient {
    size_t size;
    rlhf_gradient hidden;  /* [tokens, H] */
    rlhf_gradient weights; /* [V, H] */
} rlhf_linear_head_gradient;
#define RLHF_LINEAR_HEAD_GRADIENT                                                                                      \
    { sizeof(rlhf_linear_head_gradient), RLHF_NO_GRADIENT, RLHF_NO_GRADIENT }

/* The sums over one rank's logits of one token. Ranks exchange these six doubles as bytes. */
typedef struct rlhf_vocab_shard {
    double shift;           /* the largest logit; 0 if all are -inf */
    double max_weight;      /* sum of exp(x) over the largest logits, x = (logit - shift) / temperature */
    double other_weight;    /* sum of exp(x) over the other logits */
    double weighted_logits; /* sum of x exp(x) */
    double target_logit;    /* the target's logit on the rank that holds the target, else 0 */
    double holds_target;    /* 1 on the rank that holds the target, else 0; 1 for all ranks combined */
} rlhf_vocab_shard;

/* The first member of every objective: the size of the whole objective, and its name. Functions take its address:
 * `rlhf_dpo dpo = RLHF_DPO; rlhf_preference_loss(&batch, &arrays, &dpo.objective, ...);`. */
typedef struct rlhf_objective {
    size_t size;
    const char* name;
} rlhf_objective;

/* Arrays of a given shape. */
static inline rlhf_in rlhf_read(const void* data, rlhf_dtype dtype, int64_t elements) {
    rlhf_in a = {data, dtype, 1, {elements, 0}, {1, 0}};
    return a;
}
static inline rlhf_in rlhf_read_rows(const void* data, rlhf_dtype dtype, int64_t rows, int64_t cols, int64_t stride) {
    rlhf_in a = {data, dtype, 2, {rows, cols}, {stride, 1}};
    return a;
}
/* One element per sequence, where an array usually has one per token. */
static inline rlhf_in rlhf_read_per_sequence(const void* data, rlhf_dtype dtype, int64_t sequences) {
    rlhf_in a = {data, dtype, 2, {sequences, 1}, {1, 0}};
    return a;
}
static inline rlhf_out rlhf_write(void* data, rlhf_dtype dtype, int64_t elements) {
    rlhf_out a = {data, dtype, 1, {elements, 0}, {1, 0}};
    return a;
}
static inline rlhf_out rlhf_write_rows(void* data, rlhf_dtype dtype, int64_t rows, int64_t cols, int64_t stride) {
    rlhf_out a = {data, dtype, 2, {rows, cols}, {stride, 1}};
    return a;
}
/* buffer = scale * gradient, and buffer += scale * gradient. */
static inline rlhf_gradient rlhf_write_to(rlhf_out buffer, double scale) {
    rlhf_gradient g = {buffer, RLHF_WRITE_TO, scale};
    return g;
}
static inline rlhf_gradient rlhf_add_to(rlhf_out buffer, double scale) {
    rlhf_gradient g = {buffer, RLHF_ADD_TO, scale};
    return g;
}

#ifdef __cplusplus
}
#endif

#endif
