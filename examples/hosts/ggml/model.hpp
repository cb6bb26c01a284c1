// SPDX-License-Identifier: MIT
// A transformer of one block in ggml, with its backward pass.
#pragma once

#include <cmath>
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <random>
#include <stdexcept>
#include <vector>

class transformer {
public:
    static constexpr std::int64_t width = 16, hidden = 32;

    ggml_tensor* tokens; ///< I32, ne = [T, B]
    ggml_tensor* logits; ///< ne = [V, T, B]
    ggml_tensor* d;      ///< ne = [V, T, B], the gradient of the logits: written between forward() and backward()
    std::vector<ggml_tensor*> weights;

    transformer(std::int64_t vocab, std::int64_t steps, std::int64_t sequences, unsigned seed) {
        tokens = ggml_new_tensor_2d(ctx_, GGML_TYPE_I32, steps, sequences);
        ggml_tensor* const places = ggml_new_tensor_2d(ctx_, GGML_TYPE_I32, steps, sequences);

        ggml_tensor* x = ggml_add(ctx_, embedded(vocab, tokens), embedded(steps, places));
        x = ggml_add(ctx_, x, attention(ggml_rms_norm(ctx_, x, 1e-5f), steps, sequences));
        ggml_tensor* const h = ggml_silu(ctx_, linear(ggml_rms_norm(ctx_, x, 1e-5f), width, hidden));
        x = ggml_add(ctx_, x, linear(h, hidden, width));
        logits = linear(ggml_rms_norm(ctx_, x, 1e-5f), width, vocab);
        logits = ggml_reshape_3d(ctx_, logits, vocab, steps, sequences);

        d = ggml_dup_tensor(ctx_, logits);
        ggml_tensor* const loss = ggml_sum(ctx_, ggml_mul(ctx_, logits, d));
        ggml_set_loss(loss);
        ggml_build_forward_expand(forward_, logits);
        ggml_build_forward_expand(whole_, loss);
        const int from = ggml_graph_n_nodes(forward_);
        ggml_build_backward_expand(ctx_, whole_, nullptr);
        for (int i = from; i < ggml_graph_n_nodes(whole_); ++i)
            ggml_graph_add_node(backward_, ggml_graph_node(whole_, i));

        buffer_ = ggml_backend_alloc_ctx_tensors(ctx_, backend_);
        for (int i = 0; i < steps * sequences; ++i) static_cast<int*>(places->data)[i] = i % static_cast<int>(steps);
        std::mt19937 random(seed);
        for (ggml_tensor* w : weights) {
            std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(w->ne[0])));
            for (std::int64_t i = 0; i < ggml_nelements(w); ++i) ggml_get_data_f32(w)[i] = normal(random);
        }
    }
    ~transformer() {
        ggml_backend_buffer_free(buffer_);
        ggml_free(ctx_);
        ggml_backend_free(backend_);
    }
    transformer(const transformer&) = delete;
    transformer& operator=(const transformer&) = delete;

    void forward() { compute(forward_); }
    /// Called after forward(), while its activations are in memory. Writes gradient(w) of all weights.
    void backward() {
        ggml_graph_reset(whole_);
        compute(backward_);
    }
    [[nodiscard]] float* gradient(const ggml_tensor* weight) const {
        return static_cast<float*>(ggml_graph_get_grad(whole_, weight)->data);
    }
    void update(float rate) {
        for (ggml_tensor* w : weights)
            for (std::int64_t i = 0; i < ggml_nelements(w); ++i) ggml_get_data_f32(w)[i] -= rate * gradient(w)[i];
    }

private:
    static constexpr std::size_t nodes = 512;
    ggml_backend_t backend_ = one_thread();
    ggml_backend_buffer_t buffer_;
    ggml_context* ctx_ = ggml_init({.mem_size = 1 << 20, .mem_buffer = nullptr, .no_alloc = true});
    ggml_cgraph* forward_ = ggml_new_graph_custom(ctx_, nodes, false);
    ggml_cgraph* whole_ = ggml_new_graph_custom(ctx_, nodes, true);
    ggml_cgraph* backward_ = ggml_new_graph_custom(ctx_, nodes, false);

    /// The CPU, with one thread: several would wait for each other longer than they compute.
    static ggml_backend_t one_thread() {
        ggml_backend_load_all();
        ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
        if (cpu == nullptr) throw std::runtime_error("ggml has no backend for the CPU");
        ggml_backend_t backend = ggml_backend_dev_init(cpu, nullptr);
        void* set = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), "ggml_backend_set_n_threads");
        reinterpret_cast<ggml_backend_set_n_threads_t>(set)(backend, 1);
        return backend;
    }
    ggml_tensor* weight(std::int64_t in, std::int64_t out) {
        ggml_tensor* const w = ggml_new_tensor_2d(ctx_, GGML_TYPE_F32, in, out);
        ggml_set_param(w);
        weights.push_back(w);
        return w;
    }
    ggml_tensor* linear(ggml_tensor* x, std::int64_t in, std::int64_t out) {
        return ggml_mul_mat(ctx_, weight(in, out), x);
    }
    ggml_tensor* embedded(std::int64_t rows, ggml_tensor* ids) {
        return ggml_get_rows(ctx_, weight(width, rows), ggml_reshape_1d(ctx_, ids, ggml_nelements(ids)));
    }
    ggml_tensor* attention(ggml_tensor* x, std::int64_t steps, std::int64_t sequences) {
        const auto split = [&](ggml_tensor* y) { return ggml_reshape_3d(ctx_, y, width, steps, sequences); };
        ggml_tensor* const q = split(linear(x, width, width));
        ggml_tensor* const k = split(linear(x, width, width));
        ggml_tensor* const v = split(linear(x, width, width));
        ggml_tensor* p = ggml_scale(ctx_, ggml_mul_mat(ctx_, k, q), 1 / std::sqrt(static_cast<float>(width)));
        p = ggml_soft_max(ctx_, ggml_diag_mask_inf(ctx_, p, 0));
        ggml_tensor* const mixed = ggml_mul_mat(ctx_, ggml_cont(ctx_, ggml_permute(ctx_, v, 1, 0, 2, 3)), p);
        return linear(ggml_reshape_2d(ctx_, mixed, width, steps * sequences), width, width);
    }
    void compute(ggml_cgraph* graph) {
        if (ggml_backend_graph_compute(backend_, graph) != GGML_STATUS_SUCCESS)
            throw std::runtime_error("ggml could not compute a graph");
    }
};
