/* SPDX-License-Identifier: MIT */
/* The forward and the backward pass of each part, and of the whole. Backward passes add to their gradients. */
#include "transformer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* out [rows, n] = in [rows, k] w^T, w [n, k] */
static void matmul(float* out, const float* in, const float* w, int rows, int k, int n) {
    for (int r = 0; r < rows; ++r)
        for (int i = 0; i < n; ++i) {
            float sum = 0;
            for (int j = 0; j < k; ++j) sum += in[r * k + j] * w[i * k + j];
            out[r * n + i] = sum;
        }
}
static void matmul_backward(float* d_in, float* d_w, const float* d_out, const float* in, const float* w, int rows,
                            int k, int n) {
    for (int r = 0; r < rows; ++r)
        for (int i = 0; i < n; ++i) {
            const float d = d_out[r * n + i];
            for (int j = 0; j < k; ++j) {
                d_in[r * k + j] += d * w[i * k + j];
                d_w[i * k + j] += d * in[r * k + j];
            }
        }
}

/* out = gain x / sqrt(mean x^2 + 1e-5), row by row */
static float inverse_norm(const float* x, int width) {
    float sum = 0;
    for (int i = 0; i < width; ++i) sum += x[i] * x[i];
    return 1 / sqrtf(sum / (float)width + 1e-5f);
}
static void norm(float* out, const float* in, const float* gain, int rows, int width) {
    for (int r = 0; r < rows; ++r, in += width, out += width) {
        const float scale = inverse_norm(in, width);
        for (int i = 0; i < width; ++i) out[i] = gain[i] * in[i] * scale;
    }
}
static void norm_backward(float* d_in, float* d_gain, const float* d_out, const float* in, const float* gain, int rows,
                          int width) {
    for (int r = 0; r < rows; ++r, in += width, d_out += width, d_in += width) {
        const float scale = inverse_norm(in, width);
        float dot = 0;
        for (int i = 0; i < width; ++i) dot += d_out[i] * gain[i] * in[i];
        for (int i = 0; i < width; ++i) {
            d_gain[i] += d_out[i] * in[i] * scale;
            d_in[i] += scale * (d_out[i] * gain[i] - in[i] * scale * scale * dot / (float)width);
        }
    }
}

/* The row of a head's softmax for a step; where the head's queries (part 0), keys (1) and values (2) begin. */
static float* softmax_row(const transformer_shape* s, float* softmax, int sequence, int head, int step) {
    return softmax + (size_t)((sequence * s->heads + head) * s->steps + step) * (size_t)s->steps;
}
static size_t head_begin(const transformer_shape* s, int sequence, int head, int part) {
    return (size_t)((3 * sequence * s->steps + part) * s->width + head * (s->width / s->heads));
}
static void attention(const transformer_shape* s, float* out, float* softmax, const float* qkv) {
    const int n = s->width / s->heads, row = 3 * s->width;
    for (int b = 0; b < s->sequences; ++b)
        for (int h = 0; h < s->heads; ++h)
            for (int t = 0; t < s->steps; ++t) {
                const float* const q = qkv + head_begin(s, b, h, 0) + t * row;
                const float *const k = qkv + head_begin(s, b, h, 1), *const v = qkv + head_begin(s, b, h, 2);
                float *const p = softmax_row(s, softmax, b, h, t), *const to =
                                                                       out + (b * s->steps + t) * s->width + h * n;
                float largest = -INFINITY, sum = 0;
                for (int u = 0; u <= t; ++u) {
                    float dot = 0;
                    for (int i = 0; i < n; ++i) dot += q[i] * k[u * row + i];
                    p[u] = dot / sqrtf((float)n);
                    largest = fmaxf(largest, p[u]);
                }
                for (int u = 0; u <= t; ++u) sum += p[u] = expf(p[u] - largest);
                memset(to, 0, (size_t)n * sizeof *to);
                for (int u = 0; u <= t; ++u) {
                    p[u] /= sum;
                    for (int i = 0; i < n; ++i) to[i] += p[u] * v[u * row + i];
                }
            }
}
/* d_p [steps] is scratch memory. */
static void attention_backward(const transformer_shape* s, float* d_qkv, const float* d_out, float* softmax,
                               const float* qkv, float* d_p) {
    const int n = s->width / s->heads, row = 3 * s->width;
    for (int b = 0; b < s->sequences; ++b)
        for (int h = 0; h < s->heads; ++h)
            for (int t = 0; t < s->steps; ++t) {
                const size_t at_q = head_begin(s, b, h, 0) + (size_t)(t * row), at_k = head_begin(s, b, h, 1);
                const size_t at_v = head_begin(s, b, h, 2);
                const float *const q = qkv + at_q, *const k = qkv + at_k, *const v = qkv + at_v;
                float *const d_q = d_qkv + at_q, *const d_k = d_qkv + at_k, *const d_v = d_qkv + at_v;
                const float* const p = softmax_row(s, softmax, b, h, t);
                const float* const d = d_out + (b * s->steps + t) * s->width + h * n;
                float mean = 0;
                for (int u = 0; u <= t; ++u) {
                    d_p[u] = 0;
                    for (int i = 0; i < n; ++i) {
                        d_p[u] += d[i] * v[u * row + i];
                        d_v[u * row + i] += p[u] * d[i];
                    }
                    mean += p[u] * d_p[u];
                }
                for (int u = 0; u <= t; ++u) {
                    const float d_score = p[u] * (d_p[u] - mean) / sqrtf((float)n);
                    for (int i = 0; i < n; ++i) {
                        d_q[i] += d_score * k[u * row + i];
                        d_k[u * row + i] += d_score * q[i];
                    }
                }
            }
}

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

void transformer_forward(transformer* t, const int* tokens) {
    const transformer_shape* const s = &t->shape;
    const int rows = s->sequences * s->steps, c = s->width;
    for (int l = 0; l <= s->layers; ++l) {
        float* const x = l < s->layers ? t->layers[l].in : t->out;
        if (l == 0)
            for (int i = 0; i < rows * c; ++i)
                x[i] = t->w.tokens[tokens[i / c] * c + i % c] + t->w.places[i / c % s->steps * c + i % c];
        else
            for (int i = 0; i < rows * c; ++i) x[i] += t->layers[l - 1].between[i]; /* the residual */
        if (l == s->layers) break;
        const layer_weights* const w = &t->w.layers[l];
        layer_activations* const a = &t->layers[l];
        norm(a->normed_1, x, w->norm_1, rows, c);
        matmul(a->qkv, a->normed_1, w->attention_in, rows, c, 3 * c);
        attention(s, a->mixed, a->softmax, a->qkv);
        matmul(a->between, a->mixed, w->attention_out, rows, c, c);
        for (int i = 0; i < rows * c; ++i) a->between[i] += x[i];
        norm(a->normed_2, a->between, w->norm_2, rows, c);
        matmul(a->raised, a->normed_2, w->up, rows, c, 4 * c);
        for (int i = 0; i < rows * 4 * c; ++i) a->active[i] = a->raised[i] * sigmoid(a->raised[i]);
        matmul(l + 1 < s->layers ? t->layers[l + 1].in : t->out, a->active, w->down, rows, 4 * c, c);
    }
    norm(t->normed, t->out, t->w.norm, rows, c);
    matmul(t->logits, t->normed, t->w.tokens, rows, c, s->vocab);
}

void transformer_backward(transformer* t, const int* tokens) {
    const transformer_shape* const s = &t->shape;
    const int rows = s->sequences * s->steps, c = s->width;
    const size_t n = (size_t)rows * (size_t)c;
    float* const d_x =
        calloc(14 * n + (size_t)s->steps, sizeof *d_x); /* the gradient of the residual stream; then scratch memory */
    if (d_x == NULL) abort();
    float *const d_normed = d_x + n, *const d_mixed = d_x + 2 * n, *const d_qkv = d_x + 3 * n;
    float *const d_active = d_x + 6 * n, *const d_raised = d_x + 10 * n, *const d_p = d_x + 14 * n;
    memset(t->gradient, 0, t->size * sizeof *t->gradient);

    matmul_backward(d_normed, t->d.tokens, t->logits, t->normed, t->w.tokens, rows, c, s->vocab);
    norm_backward(d_x, t->d.norm, d_normed, t->out, t->w.norm, rows, c);
    for (int l = s->layers - 1; l >= 0; --l) {
        const layer_weights *const w = &t->w.layers[l], *const d = &t->d.layers[l];
        const layer_activations* const a = &t->layers[l];
        memset(d_normed, 0, 9 * n * sizeof *d_normed); /* up to d_active */
        matmul_backward(d_active, d->down, d_x, a->active, w->down, rows, 4 * c, c);
        for (int i = 0; i < rows * 4 * c; ++i) {
            const float x = a->raised[i], y = sigmoid(x);
            d_raised[i] = d_active[i] * (y + x * y * (1 - y));
        }
        matmul_backward(d_normed, d->up, d_raised, a->normed_2, w->up, rows, c, 4 * c);
        norm_backward(d_x, d->norm_2, d_normed, a->between, w->norm_2, rows, c);
        matmul_backward(d_mixed, d->attention_out, d_x, a->mixed, w->attention_out, rows, c, c);
        attention_backward(s, d_qkv, d_mixed, a->softmax, a->qkv, d_p);
        memset(d_normed, 0, n * sizeof *d_normed);
        matmul_backward(d_normed, d->attention_in, d_qkv, a->normed_1, w->attention_in, rows, c, 3 * c);
        norm_backward(d_x, d->norm_1, d_normed, a->in, w->norm_1, rows, c);
    }
    for (int i = 0; i < rows * c; ++i) {
        t->d.tokens[tokens[i / c] * c + i % c] += d_x[i];
        t->d.places[i / c % s->steps * c + i % c] += d_x[i];
    }
    free(d_x);
}
