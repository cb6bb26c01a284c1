/* SPDX-License-Identifier: MIT */
/* A transformer in plain C, like llm.c: hand-written forward and backward passes, and AdamW. It has no loss: between
 * the passes, the caller turns the logits into their gradient, in place. */
#ifndef TRANSFORMER_H
#define TRANSFORMER_H

#include <stddef.h>
#include <stdint.h>

typedef struct transformer_shape {
    int sequences, steps, vocab, layers, heads, width;
} transformer_shape;

/* Arrays of one layer's weights, or of their gradients. */
typedef struct layer_weights {
    float *norm_1, *attention_in, *attention_out, *norm_2, *up, *down;
} layer_weights;

typedef struct model_weights {
    float *tokens, *places; /* embeddings [vocab, width], [steps, width]; tokens are the last layer as well */
    layer_weights* layers;
    float* norm;
} model_weights;

/* The numbers of a layer's forward pass that its backward pass needs; rows are all positions of all sequences. */
typedef struct layer_activations {
    float *in, *normed_1, *qkv, *softmax, *mixed, *between, *normed_2, *raised, *active;
} layer_activations;

typedef struct transformer {
    transformer_shape shape;
    size_t size; /* the number of all weights */
    float *weights, *gradient, *first_moments, *second_moments;
    int updates;   /* the number of updates so far */
    float* logits; /* [sequences, steps, vocab]; the backward pass reads their gradient here */
    model_weights w, d;
    layer_activations* layers;
    float *out, *normed, *memory;
} transformer;

/* A random number in [0, 1). */
static inline double uniform(uint64_t* state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 32) * 0x1p-32;
}

/* Returns 0 if there is no memory. */
int transformer_create(transformer* t, transformer_shape shape, unsigned seed);
void transformer_destroy(transformer* t);

/* tokens [sequences, steps]; the logits of step t predict token t + 1. */
void transformer_forward(transformer* t, const int* tokens);
/* After forward, and after t->logits have become their gradient: overwrites t->gradient. */
void transformer_backward(transformer* t, const int* tokens);
/* A step of AdamW. */
void transformer_update(transformer* t, float rate, float weight_decay);

#endif
