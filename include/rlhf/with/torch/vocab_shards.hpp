// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/logits/vocab_shards.hpp>
#include <rlhf/with/torch/logits.hpp>

/// Log-probabilities of a sharded vocabulary as a node of autograd: see with/torch/node.hpp.
namespace RLHF_NAMESPACE {

namespace detail {
inline constexpr std::int64_t shard_numbers = sizeof(vocab_shard) / sizeof(double);

/// Views a tensor of doubles as vocab_shards: [tokens], or [ranks, tokens].
template <class Shard>
[[nodiscard]] view<Shard> shards_of(const at::Tensor& t) {
    auto* const data = static_cast<Shard*>(t.data_ptr());
    if (t.dim() == 2) return view<Shard>::with(data, view<Shard>::flat, t.size(0), 0);
    return view<Shard>::with(data, t.size(0), t.size(1), t.size(1));
}
} // namespace detail

namespace torch {
/// rlhf::vocab_shard_sums, vocab_shard_log_probs and vocab_shard_backward with the gradient of this rank's logits [B,
/// T, Vᵣ], which belong to the ids from first_id on. The ranks exchange data once, in the forward pass:
///
///     exchange(own)       own: a tensor [tokens, 6] of Double; returns the tensors of all ranks, [ranks, tokens, 6]
template <class Exchange>
token_log_probs_of vocab_shard_log_probs(const batch& b, const at::Tensor& logits, extent first_id,
                                         const at::Tensor& targets, Exchange&& exchange,
                                         const token_outputs& wanted = {}, const token_log_probs_options& o = {}) {
    constexpr const char* name = "vocab_shard_log_probs";
    TORCH_CHECK(!wanted.collision, "rlhf::", name, ": a sharded vocabulary has no collision");
    const std::int64_t tokens = b.tokens();
    const at::Tensor combined = at::empty({tokens, detail::shard_numbers}, at::kDouble);
    const auto own = detail::shards_of<vocab_shard>(combined);
    detail::with_logits_of_type(
        [&]<class T>(auto z) { rlhf::vocab_shard_sums(b, z, first_id, targets, own, o, detail::torch_threads); },
        logits);
    const at::Tensor all = exchange(combined.clone());
    TORCH_CHECK(all.is_contiguous() && all.scalar_type() == at::kDouble && all.dim() == 3 && all.size(1) == tokens &&
                    all.size(2) == detail::shard_numbers,
                "rlhf::", name, ": exchange returned ", all.sizes(), " of ", all.scalar_type(),
                ", expected contiguous [ranks, ", tokens, ", ", detail::shard_numbers, "] of Double");
    token_log_probs_of x{.log_probs = detail::per_row(logits),
                         .entropy = detail::per_row(logits, wanted.entropy),
                         .log_sum_exp = detail::per_row(logits),
                         .collision = {},
                         .result = {}};
    x.result = detail::with_logits_of_type(
        [&]<class T>(auto) {
            return rlhf::vocab_shard_log_probs<T>(b, targets,
                                                  {.shards = detail::shards_of<const vocab_shard>(all),
                                                   .combined = own,
                                                   .log_probs = x.log_probs,
                                                   .entropy = x.entropy,
                                                   .log_sum_exp = x.log_sum_exp},
                                                  o, detail::torch_threads);
        },
        logits);
    const auto back = [kept = detail::kept_batch(b), first_id,
                       o](const detail::tensors& saved, const at::Tensor& d_log_probs, const at::Tensor& d_entropy) {
        const at::Tensor d = at::empty_like(saved[0], at::MemoryFormat::Contiguous);
        detail::with_logits_of_type(
            [&]<class T>(auto z, auto dz) {
                return rlhf::vocab_shard_backward<T>(kept.get(), z, first_id, saved[1],
                                                     {.combined = detail::shards_of<const vocab_shard>(saved[2]),
                                                      .d_log_probs = d_log_probs,
                                                      .d_entropy = d_entropy},
                                                     dz, o, detail::torch_threads);
            },
            saved[0], d);
        return detail::tensors{d};
    };
    detail::record_log_probs(name, {logits}, x.log_probs, x.entropy, {logits, targets, combined}, back);
    return x;
}
} // namespace torch

} // namespace RLHF_NAMESPACE
