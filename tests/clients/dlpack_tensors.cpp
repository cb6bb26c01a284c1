// SPDX-License-Identifier: MIT
// Tensors as Python's array libraries hand them over. Checked: the same bits as plain arrays, with
// strides and broadcast rows, and that a wrong device, type or stride is one sentence.
#include <rlhf/ppo.hpp>
#include <rlhf/with/dlpack.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

template <class T>
DLTensor tensor(std::vector<T>& data, DLDataType type, std::vector<std::int64_t>& shape,
                std::int64_t* strides = nullptr) {
    DLTensor t{};
    t.data = data.data(), t.device = {kDLCPU, 0}, t.ndim = static_cast<int>(shape.size()), t.dtype = type;
    t.shape = shape.data(), t.strides = strides;
    return t;
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

} // namespace

int main() {
    constexpr DLDataType float32{kDLFloat, 32, 1}, int64{kDLInt, 64, 1}, int32{kDLInt, 32, 1}, uint8{kDLUInt, 8, 1},
        bf16{kDLBfloat, 16, 1};
    std::vector<std::int64_t> shape{2, 3}, shape_of_logits{2, 3, 5}, wide{5, 1};
    std::vector<std::uint8_t> mask{0, 1, 1, 1, 1, 0};
    std::vector<std::int64_t> tokens{1, 4, 2, 0, 3, 3};
    std::vector<rlhf::bfloat16> z, dz(30);
    for (int i = 0; i < 30; ++i) z.emplace_back(0.1f * static_cast<float>(i * i % 17));
    std::vector<float> log_probs(6), in_rows(10, 7.0f), d_log_probs{0.5f, -1, 0.25f, 2, 0, 0};

    DLTensor m = tensor(mask, uint8, shape), ids = tensor(tokens, int64, shape);
    DLTensor rows = tensor(in_rows, float32, shape, wide.data());
    DLTensor logits = tensor(z, bf16, shape_of_logits), d_logits = tensor(dz, bf16, shape_of_logits);
    const DLTensor d = tensor(d_log_probs, float32, shape);
    const rlhf::batch seen{
        .sequences = 2, .steps = 3, .predict_next = true, .mask = m, .denominator = rlhf::counted_here};
    const rlhf::batch plain{
        .sequences = 2, .steps = 3, .predict_next = true, .mask = mask, .denominator = rlhf::counted_here};
    const rlhf::logits_view view(z.data(), {.sequences = 2, .steps = 3, .vocab = 5});

    rlhf::token_log_probs(plain, view, tokens, {.log_probs = log_probs});
    rlhf::token_log_probs(seen, rlhf::logits_of<rlhf::bfloat16>(logits), ids, {.log_probs = rows});
    bool good = log_probs[0] < 0 && in_rows[3] == 7 && in_rows[9] == 7;
    for (std::size_t i = 0; i < 6; ++i) good = good && in_rows[i / 3 * 5 + i % 3] == log_probs[i];

    rlhf::token_log_probs_backward(seen, view, ids, {.d_log_probs = d}, rlhf::logits_of<rlhf::bfloat16>(d_logits));
    rlhf::token_log_probs_backward(plain, view, tokens, {.d_log_probs = d_log_probs}, view);
    good = good && std::memcmp(z.data(), dz.data(), z.size() * sizeof z[0]) == 0;

    // Rows that are broadcast are read where they are, and not written.
    std::vector<std::int64_t> broadcast{0, 1};
    std::vector<float> one_row{1, 2, 4};
    const DLTensor same = tensor(one_row, float32, shape, broadcast.data());
    const rlhf::batch all{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    good = good && rlhf::masked_mean(all, {.values = same}).loss() == 14.0 / 6;
    good = refused("rlhf::masked_mean: d_values has a stride of 0, shorter than its row of 3",
                   [&] { rlhf::masked_mean(all, {.values = log_probs, .d_values = same}); }) &&
           good && one_row == std::vector<float>{1, 2, 4};

    // Booleans, int32, an offset, one dimension, a column of any stride, and packed logits.
    std::vector<std::int32_t> narrow_tokens(tokens.begin(), tokens.end());
    std::vector<std::int64_t> run{6}, column{2, 1}, packed_logits{6, 5};
    const DLTensor bools = tensor(mask, DLDataType{6, 8, 1}, shape), narrow = tensor(narrow_tokens, int32, shape);
    std::vector<float> behind{7, 0, 0, 0, 0, 0, 0};
    DLTensor flat = tensor(behind, float32, run);
    flat.byte_offset = sizeof(float);
    const rlhf::batch with_bools{
        .sequences = 2, .steps = 3, .predict_next = true, .mask = bools, .denominator = rlhf::counted_here};
    rlhf::token_log_probs_backward(plain, view, tokens, {.d_log_probs = d}, rlhf::logits_of<rlhf::bfloat16>(logits));
    rlhf::token_log_probs(plain, view, tokens, {.log_probs = log_probs});
    rlhf::token_log_probs(with_bools, view, narrow, {.log_probs = flat});
    good = good && behind[0] == 7 && std::equal(log_probs.begin(), log_probs.end(), behind.begin() + 1);
    std::vector<float> per_sequence{2, 8};
    std::vector<std::int64_t> apart{1, 5};
    const DLTensor sequence = tensor(per_sequence, float32, column, apart.data());
    const rlhf::batch pair{.sequences = 2, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    good = good && rlhf::masked_mean(pair, {.values = sequence}).loss() == 5;
    const auto in_a_run = rlhf::logits_of<rlhf::bfloat16>(tensor(z, bf16, packed_logits));
    good = good && in_a_run.shape().sequences == 1 && in_a_run.shape().steps == 6 && in_a_run.shape().vocab == 5;

    const auto write_log_probs = [&] { rlhf::token_log_probs(plain, view, tokens, {.log_probs = rows}); };
    wide = {1, 2};
    good = refused("rlhf::view: a DLTensor's last stride is 2, expected 1", write_log_probs) && good;
    const auto of_type = [&](DLDataType type, const std::string& says) {
        rows.dtype = type;
        good = refused(("rlhf::view: a DLTensor has type code " + says +
                        " bits, expected the call's element type, float unless it says <double>")
                           .c_str(),
                       write_log_probs) &&
               good;
    };
    of_type(int64, "0 of 64"), of_type(int32, "0 of 32"), of_type({kDLFloat, 64, 1}, "2 of 64");
    of_type({kDLFloat, 32, 2}, "2 of 32");
    rows = tensor(in_rows, float32, shape_of_logits);
    good = refused("rlhf::view: a DLTensor has 3 dimensions, expected [B, T] or [tokens]", write_log_probs) && good;
    const auto see_logits = [](const DLTensor& t) { return [&t] { (void)rlhf::logits_of<rlhf::bfloat16>(t); }; };
    good = refused("rlhf::view: a DLTensor has type code 2 of 32 bits, expected the element type of logits_of<…>",
                   see_logits(rows)) &&
           good;
    good = refused("rlhf::logits_of: a DLTensor has 1 dimensions, expected [B, T, V] or [tokens, V]",
                   see_logits(tensor(z, bf16, run))) &&
           good;
    good = refused("rlhf::logits_of: a DLTensor's rows are not contiguous",
                   see_logits(tensor(z, bf16, packed_logits, wide.data()))) &&
           good;
    rows.device.device_type = kDLCUDA;
    good = refused("rlhf::view: a DLTensor is on device 2, expected cpu", write_log_probs) && good;
    std::printf("%s\n", good ? "same bits" : "other bits");
    return good ? 0 : 1;
}
