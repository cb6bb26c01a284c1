// SPDX-License-Identifier: MIT
#pragma once

#include "support/logits.hpp"
#include "support/products.hpp"

#include <rlhf/recipe/linear_head.hpp>

namespace test {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A last layer over a batch [B, T] whose masked hidden states are garbage.
template <class E>
struct layer {
    std::size_t B = 3, T = 7, V = 37, H = 5, n = B * T;
    test::random r{4};
    std::vector<E> hidden = test::normals<E>(r, n*H), weights = test::normals<E>(r, V*H, 0, 0.7);
    std::vector<std::int32_t> targets = test::targets(r, n, V);
    std::vector<std::uint8_t> mask = test::flags(r, n, 0.7);
    std::vector<E> workspace, z = std::vector<E>(n * V);
    std::vector<E> old_log_probs = test::normals<E>(r, n, -3.6, 0.1), advantages = test::advantages<E>(r, n);
    rlhf::batch batch{
        .sequences = B, .steps = T, .predict_next = false, .mask = mask, .denominator = rlhf::counted_here};

    explicit layer(std::size_t rows) : workspace(rows * (V + H), E(not_a_number)) {
        test::naive_product(rlhf::product<E>{.rows = i64(n),
                                             .cols = i64(V),
                                             .inner = i64(H),
                                             .a = {hidden.data(), i64(H)},
                                             .b = {weights.data(), i64(H), true},
                                             .c = z.data(),
                                             .c_stride = i64(V)});
        for (std::size_t i = 0; i < n; ++i)
            if (mask[i] == 0) {
                std::fill_n(hidden.begin() + i64(i * H), H, E(not_a_number));
                targets[i] = -1;
            }
    }
    layer(const layer&) = delete;
    layer& operator=(const layer&) = delete;

    static std::int64_t i64(std::size_t i) { return static_cast<std::int64_t>(i); }
    [[nodiscard]] rlhf::linear_head<E> head() {
        return {.hidden = hidden,
                .weights = weights,
                .vocab = V,
                .hidden_size = H,
                .workspace = workspace,
                .product = test::naive_product};
    }
    [[nodiscard]] rlhf::logits_view<E> logits() { return test::logits_of(z, B, T, V); }

    /// z has become its gradient: what it means for hidden states and weights.
    [[nodiscard]] std::pair<std::vector<E>, std::vector<E>> slopes() const {
        std::vector<E> d_hidden(n * H), d_weights(V * H);
        for (std::size_t k = 0; k < H; ++k) {
            for (std::size_t i = 0; i < n; ++i) {
                double sum = 0;
                for (std::size_t v = 0; v < V; ++v) sum += double(z[i * V + v]) * double(weights[v * H + k]);
                d_hidden[i * H + k] = static_cast<E>(sum);
            }
            for (std::size_t v = 0; v < V; ++v) {
                double sum = 0;
                for (std::size_t i = 0; i < n; ++i)
                    if (mask[i] != 0) sum += double(z[i * V + v]) * double(hidden[i * H + k]);
                d_weights[v * H + k] = static_cast<E>(sum);
            }
        }
        return {d_hidden, d_weights};
    }
};

} // namespace test
