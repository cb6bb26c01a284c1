// SPDX-License-Identifier: MIT
// Tensors of ggml. Checked: the same bits as plain arrays, with strides and 16-bit logits, and that a wrong type,
// shape, stride or memory is one sentence, and nothing is written.
#include <rlhf/ppo.hpp>
#include <rlhf/with/ggml.hpp>

#include <cstdio>
#include <cstring>
#include <ggml-cpu.h>
#include <string>
#include <vector>

namespace {

template <class T>
void fill(ggml_tensor* t, const std::vector<T>& data) {
    ggml_set_name(t, "x");
    std::memcpy(t->data, data.data(), ggml_nbytes(t));
}

template <class F>
bool refused(const char* sentence, const F& call) {
    try {
        call();
    } catch (const std::invalid_argument& e) {
        if (std::strcmp(e.what(), sentence) == 0) return true;
        std::printf("says %s\n", e.what());
    }
    std::printf("not  %s\n", sentence);
    return false;
}

/// Memory that is not the host's: ggml's CPU has it for weights in an order of its own, if ggml is built so.
ggml_backend_buffer_type_t foreign_memory() {
    ggml_backend_load_all();
    ggml_backend_dev_t const cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    void* const get = cpu == nullptr ? nullptr
                                     : ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu),
                                                                         "ggml_backend_dev_get_extra_bufts");
    if (get == nullptr) return nullptr;
    for (auto* type = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(get)(cpu); type && *type; ++type)
        if (!ggml_backend_buft_is_host(*type)) return *type;
    return nullptr;
}

} // namespace

int main() {
    ggml_context* const ctx = ggml_init({.mem_size = 1 << 20, .mem_buffer = nullptr, .no_alloc = false});
    const std::vector<std::uint8_t> mask{0, 1, 1, 1, 1, 0};
    const std::vector<std::int32_t> tokens{1, 4, 2, 0, 3, 3};
    std::vector<rlhf::bfloat16> z;
    for (int i = 0; i < 30; ++i) z.emplace_back(0.1f * static_cast<float>(i * i % 17));
    std::vector<float> log_probs(6), d_log_probs{0.5f, -1, 0.25f, 2, 0, 0};

    ggml_tensor* const m = ggml_new_tensor_2d(ctx, GGML_TYPE_I8, 3, 2);
    ggml_tensor* const ids = ggml_new_tensor_2d(ctx, GGML_TYPE_I32, 3, 2);
    ggml_tensor* const logits = ggml_new_tensor_3d(ctx, GGML_TYPE_BF16, 5, 3, 2);
    ggml_tensor* const d_logits = ggml_dup_tensor(ctx, logits);
    ggml_tensor* const wide = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, 5, 2); // rows of three, and two elements between
    ggml_tensor* const rows = ggml_view_2d(ctx, wide, 3, 2, wide->nb[1], 0);
    ggml_tensor* const scores = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, 6);
    fill(m, mask), fill(ids, tokens), fill(logits, z), fill(wide, std::vector<float>(10, 7.0f));
    fill(scores, d_log_probs);
    ggml_set_name(rows, "rows");

    const rlhf::batch seen{
        .sequences = 2, .steps = 3, .predict_next = true, .mask = m, .denominator = rlhf::counted_here};
    const rlhf::batch plain{
        .sequences = 2, .steps = 3, .predict_next = true, .mask = mask, .denominator = rlhf::counted_here};
    const rlhf::logits_view view(z.data(), {.sequences = 2, .steps = 3, .vocab = 5});

    rlhf::token_log_probs(plain, view, tokens, {.log_probs = log_probs});
    rlhf::token_log_probs(seen, rlhf::logits_of<const rlhf::bfloat16>(logits), ids, {.log_probs = rows});
    const float* const in_rows = ggml_get_data_f32(wide);
    bool good = log_probs[0] < 0 && in_rows[3] == 7 && in_rows[9] == 7;
    for (std::size_t i = 0; i < 6; ++i) good = good && in_rows[i / 3 * 5 + i % 3] == log_probs[i];

    const ggml_tensor* const flat = scores; // six elements for [2, 3]; only read
    rlhf::token_log_probs_backward(seen, view, ids, {.d_log_probs = flat}, rlhf::logits_of<rlhf::bfloat16>(d_logits));
    rlhf::token_log_probs_backward(plain, view, tokens, {.d_log_probs = d_log_probs}, view);
    good = good && std::memcmp(z.data(), d_logits->data, ggml_nbytes(d_logits)) == 0;

    // Numbers and tokens of 64 bits, logits of float16, and a null pointer for what is absent.
    const std::vector<std::int64_t> wide_tokens(tokens.begin(), tokens.end());
    std::vector<double> double_log_probs(6);
    std::vector<rlhf::float16> half;
    for (int i = 0; i < 30; ++i) half.emplace_back(0.1f * static_cast<float>(i * i % 17));
    ggml_tensor* const wide_ids = ggml_new_tensor_2d(ctx, GGML_TYPE_I64, 3, 2);
    ggml_tensor* const doubles = ggml_new_tensor_2d(ctx, GGML_TYPE_F64, 3, 2);
    ggml_tensor* const halves = ggml_new_tensor_3d(ctx, GGML_TYPE_F16, 5, 3, 2);
    ggml_tensor* const absent = nullptr;
    fill(wide_ids, wide_tokens), fill(doubles, double_log_probs), fill(halves, half);
    const rlhf::logits_view half_view(half.data(), {.sequences = 2, .steps = 3, .vocab = 5});
    rlhf::token_log_probs(plain, half_view, tokens, {.log_probs = log_probs});
    rlhf::token_log_probs(seen, rlhf::logits_of<rlhf::float16>(halves), wide_ids,
                          {.log_probs = rows, .entropy = absent});
    for (std::size_t i = 0; i < 6; ++i) good = good && in_rows[i / 3 * 5 + i % 3] == log_probs[i];
    for (std::size_t i = 0; i < 6; ++i) static_cast<double*>(doubles->data)[i] = static_cast<double>(i);
    good = good && rlhf::masked_mean<double>(plain, {.values = doubles}).loss() == 4.0 / 3; // of 0, 1 and 3

    const auto write_log_probs = [&](ggml_tensor* to) {
        return [&plain, &view, &tokens, to] { rlhf::token_log_probs(plain, view, tokens, {.log_probs = to}); };
    };
    good = refused("rlhf::view: the ggml tensor 'x' is i32, expected f32", write_log_probs(ids)) && good;
    good = refused("rlhf::view: the ggml tensor 'x' is bf16, expected f32", write_log_probs(logits)) && good;
    good = refused("rlhf::view: the ggml tensor 'x (view) (transposed)' has strides of 20 and 4 bytes, expected 4 and "
                   "a multiple",
                   write_log_probs(ggml_transpose(ctx, ggml_view_2d(ctx, wide, 2, 3, 20, 0)))) &&
           good;
    ggml_tensor* const cube = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, 3, 1, 2);
    good = refused("rlhf::view: the ggml tensor '' is [3, 1, 2, 1], expected at most 2 dimensions",
                   write_log_probs(cube)) &&
           good;
    good = refused("rlhf::view: the ggml tensor 'x' is bf16, expected f32",
                   [&] { (void)rlhf::logits_of<float>(logits); }) &&
           good;
    ggml_tensor* const hypercube = ggml_new_tensor_4d(ctx, GGML_TYPE_BF16, 5, 3, 1, 2);
    good = refused("rlhf::view: the ggml tensor '' is [5, 3, 1, 2], expected at most 3 dimensions",
                   [&] { (void)rlhf::logits_of<rlhf::bfloat16>(hypercube); }) &&
           good;
    good = refused("rlhf::view: the ggml tensor 'x (view)' has strides of 4 and 14 bytes, expected 4 and a multiple",
                   write_log_probs(ggml_view_2d(ctx, wide, 3, 2, 14, 0))) &&
           good;
    for (std::size_t i = 0; i < 6; ++i) good = good && in_rows[i / 3 * 5 + i % 3] == log_probs[i];

    if (ggml_backend_buffer_type_t const type = foreign_memory()) {
        scores->buffer = ggml_backend_buft_alloc_buffer(type, 64);
        const std::string sentence = "rlhf::view: the ggml tensor 'x' is in a buffer of " +
                                     std::string(ggml_backend_buft_name(type)) +
                                     ", expected host memory: copy it by ggml_backend_tensor_get or _set";
        good = refused(sentence.c_str(), write_log_probs(scores)) && good;
        ggml_backend_buffer_free(scores->buffer);
    } else {
        std::printf("ggml has no memory but the host's\n");
    }
    std::printf("%s\n", good ? "same bits" : "other bits");
    ggml_free(ctx);
    return good ? 0 : 1;
}
