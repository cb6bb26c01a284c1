/* SPDX-License-Identifier: MIT */
#include "transformer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float* take(float** memory, size_t n) {
    float* const from = *memory;
    if (from != NULL) *memory += n;
    return from;
}

/* Lays the weights out in memory, and returns their number. Without memory it only counts. */
static size_t lay_weights(model_weights* w, const transformer_shape* s, float* memory) {
    const size_t c = (size_t)s->width;
    float* next = memory;
    size_t size = 0;
#define TAKE(where, n) (where = take(&next, n), size += (n))
    TAKE(w->tokens, (size_t)s->vocab * c);
    TAKE(w->places, (size_t)s->steps * c);
    for (int l = 0; l < s->layers; ++l) {
        layer_weights* const layer = &w->layers[l];
        TAKE(layer->norm_1, c);
        TAKE(layer->attention_in, 3 * c * c);
        TAKE(layer->attention_out, c * c);
        TAKE(layer->norm_2, c);
        TAKE(layer->up, 4 * c * c);
        TAKE(layer->down, 4 * c * c);
    }
    TAKE(w->norm, c);
    return size;
}

static size_t lay_activations(transformer* t, float* memory) {
    const transformer_shape* const s = &t->shape;
    const size_t rows = (size_t)s->sequences * (size_t)s->steps, c = (size_t)s->width;
    float* next = memory;
    size_t size = 0;
    for (int l = 0; l < s->layers; ++l) {
        layer_activations* const a = &t->layers[l];
        TAKE(a->in, rows * c);
        TAKE(a->normed_1, rows * c);
        TAKE(a->qkv, rows * 3 * c);
        TAKE(a->softmax, rows * (size_t)s->heads * (size_t)s->steps);
        TAKE(a->mixed, rows * c);
        TAKE(a->between, rows * c);
        TAKE(a->normed_2, rows * c);
        TAKE(a->raised, rows * 4 * c);
        TAKE(a->active, rows * 4 * c);
    }
    TAKE(t->out, rows * c);
    TAKE(t->normed, rows * c);
    TAKE(t->logits, rows * (size_t)s->vocab);
    return size;
#undef TAKE
}

/* An approximately standard normal number: the sum of twelve uniform numbers. */
static float normal(uint64_t* state) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform(state);
    return (float)sum;
}

static void fill(float* weights, size_t n, float deviation, uint64_t* random) {
    for (size_t i = 0; i < n; ++i) weights[i] = deviation * normal(random);
}

int transformer_create(transformer* t, transformer_shape shape, unsigned seed) {
    memset(t, 0, sizeof *t);
    t->shape = shape;
    t->w.layers = calloc((size_t)shape.layers, sizeof *t->w.layers);
    t->d.layers = calloc((size_t)shape.layers, sizeof *t->d.layers);
    t->layers = calloc((size_t)shape.layers, sizeof *t->layers);
    if (t->w.layers == NULL || t->d.layers == NULL || t->layers == NULL) return 0;
    t->size = lay_weights(&t->w, &shape, NULL);
    t->memory = calloc(4 * t->size + lay_activations(t, NULL), sizeof *t->memory);
    if (t->memory == NULL) return 0;
    t->weights = t->memory, t->gradient = t->weights + t->size;
    t->first_moments = t->gradient + t->size, t->second_moments = t->first_moments + t->size;
    lay_weights(&t->w, &shape, t->weights);
    lay_weights(&t->d, &shape, t->gradient);
    lay_activations(t, t->second_moments + t->size);

    uint64_t random = seed;
    const size_t c = (size_t)shape.width;
    const float deviation = 1 / sqrtf((float)c);
    fill(t->w.tokens, (size_t)shape.vocab * c, deviation, &random);
    fill(t->w.places, (size_t)shape.steps * c, deviation, &random);
    for (int l = 0; l < shape.layers; ++l) {
        layer_weights* const w = &t->w.layers[l];
        fill(w->attention_in, 3 * c * c, deviation, &random);
        fill(w->attention_out, c * c, deviation, &random);
        fill(w->up, 4 * c * c, deviation, &random);
        fill(w->down, 4 * c * c, deviation / 2, &random);
        for (size_t i = 0; i < c; ++i) w->norm_1[i] = w->norm_2[i] = 1;
    }
    for (size_t i = 0; i < c; ++i) t->w.norm[i] = 1;
    return 1;
}

void transformer_destroy(transformer* t) { free(t->w.layers), free(t->d.layers), free(t->layers), free(t->memory); }

void transformer_update(transformer* t, float rate, float weight_decay) {
    const float beta_1 = 0.9f, beta_2 = 0.99f;
    const int step = ++t->updates;
    const float correct_1 = 1 - powf(beta_1, (float)step), correct_2 = 1 - powf(beta_2, (float)step);
    for (size_t i = 0; i < t->size; ++i) {
        const float g = t->gradient[i];
        float *const m = &t->first_moments[i], *const v = &t->second_moments[i];
        *m = beta_1 * *m + (1 - beta_1) * g;
        *v = beta_2 * *v + (1 - beta_2) * g * g;
        t->weights[i] -= rate * (*m / correct_1 / (sqrtf(*v / correct_2) + 1e-8f) + weight_decay * t->weights[i]);
    }
}
