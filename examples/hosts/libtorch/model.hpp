// SPDX-License-Identifier: MIT
// A small transformer for words, with a critic on its hidden states.
#pragma once

#include <torch/torch.h>

struct transformer_options {
    std::int64_t vocab = 0;
    std::int64_t width = 64, heads = 4, layers = 2, context = 24;
};

struct block_impl : torch::nn::Module {
    explicit block_impl(const transformer_options& o)
        : heads(o.heads), qkv(register_module("qkv", torch::nn::Linear(o.width, 3 * o.width))),
          out(register_module("out", torch::nn::Linear(o.width, o.width))),
          up(register_module("up", torch::nn::Linear(o.width, 4 * o.width))),
          down(register_module("down", torch::nn::Linear(4 * o.width, o.width))),
          before_attention(register_module("before_attention", norm(o.width))),
          before_mlp(register_module("before_mlp", norm(o.width))) {}

    torch::Tensor forward(const torch::Tensor& x) {
        const torch::Tensor y = x + attention(before_attention(x));
        return y + down(torch::gelu(up(before_mlp(y))));
    }

private:
    static torch::nn::LayerNorm norm(std::int64_t width) {
        return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
    }
    torch::Tensor attention(const torch::Tensor& x) {
        const auto parts = qkv(x).chunk(3, -1);
        const auto by_head = [&](const torch::Tensor& t) {
            return t.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
        };
        const torch::Tensor mixed =
            torch::scaled_dot_product_attention(by_head(parts[0]), by_head(parts[1]), by_head(parts[2]), {}, 0.0, true);
        return out(mixed.transpose(1, 2).reshape(x.sizes()));
    }

    std::int64_t heads;
    torch::nn::Linear qkv, out, up, down;
    torch::nn::LayerNorm before_attention, before_mlp;
};
TORCH_MODULE_IMPL(block, block_impl);

struct transformer_impl : torch::nn::Module {
    /// Row t predicts the token after token t.
    struct output {
        torch::Tensor logits; ///< [B, T, V]
        torch::Tensor values; ///< [B, T] values of the critic
    };

    explicit transformer_impl(const transformer_options& o)
        : words(register_module("words", torch::nn::Embedding(o.vocab, o.width))),
          places(register_module("places", torch::nn::Embedding(o.context, o.width))),
          last(register_module("last", torch::nn::LayerNorm(torch::nn::LayerNormOptions({o.width})))),
          value(register_module("value", torch::nn::Linear(o.width, 1))) {
        for (std::int64_t i = 0; i < o.layers; ++i)
            blocks.push_back(register_module("block" + std::to_string(i), block(o)));
        const torch::NoGradGuard constant;
        for (torch::Tensor& p : parameters())
            if (p.dim() == 2) p.normal_(0, 0.05);
    }

    output forward(const torch::Tensor& tokens) {
        torch::Tensor x = words(tokens) + places(torch::arange(tokens.size(1)));
        for (block& b : blocks) x = b(x);
        x = last(x);
        return {x.matmul(words->weight.t()), value(x).squeeze(-1)};
    }

private:
    torch::nn::Embedding words, places;
    torch::nn::LayerNorm last;
    torch::nn::Linear value;
    std::vector<block> blocks;
};
TORCH_MODULE_IMPL(transformer, transformer_impl);
