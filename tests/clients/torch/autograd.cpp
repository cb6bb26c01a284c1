// SPDX-License-Identifier: MIT
// Every function of with/torch/autograd.hpp: its value and its gradients against torch's own, of the formula in torch's
// operations, in double.
#include "naive.hpp"

#include <rlhf/compiled.hpp>
#include <rlhf/with/torch/autograd.hpp>

#include <string>

namespace ours = rlhf::torch;
using namespace naive;

namespace {

void policies() {
    const Tensor lp = log_probs(), old = log_probs(), ref = log_probs(), behavior = log_probs(), w = positive(B, 1),
                 a = normal(B, T), a1 = normal(B, 1);
    const auto x = [](const tensors& t, const Tensor& o) { return t[0] - o; };
    compare(
        "ppo_policy_loss", {lp},
        [&](const tensors& t) {
            return ours::ppo_policy_loss(tokens(), {t[0], old, ref, behavior, a, w},
                                         {.dual_clip = 1.5, .kl_coef = 0.1, .importance_limit = 1.2})
                .loss;
        },
        [&](const tensors& t) {
            Tensor l = clipped(x(t, old).exp(), a, 0.2);
            l = at::where(a < 0, at::minimum(l, -1.5 * a), l) * (old - behavior).exp().clamp_max(1.2);
            const Tensor d = ref - t[0];
            return token_mean(w * (l + 0.1 * (d.exp() - 1 - d)));
        });
    compare(
        "policy_loss, cispo", {lp},
        [&](const tensors& t) {
            return ours::policy_loss(tokens(), {.log_probs = t[0], .old_log_probs = old, .advantages = a},
                                     rlhf::cispo{.high = 1.1})
                .loss;
        },
        [&](const tensors& t) { return token_mean(-x(t, old).exp().clamp_max(1.1).detach() * a * t[0]); });
    compare(
        "policy_loss, gspo, advantages [B, 1]", {lp},
        [&](const tensors& t) {
            return ours::policy_loss(tokens(), {.log_probs = t[0], .old_log_probs = old, .advantages = a1},
                                     rlhf::gspo{.range = 0.05},
                                     {.aggregation = rlhf::aggregation::sequence_mean_token_mean})
                .loss;
        },
        [&](const tensors& t) { return sequence_mean(clipped(mean_of_sequence(x(t, old)).exp(), a1, 0.05)); });
    compare(
        "ptx_loss", {lp}, [&](const tensors& t) { return ours::ptx_loss(tokens(), t[0]).loss; },
        [&](const tensors& t) { return token_mean(-t[0]); });
    compare(
        "masked_mean, per sequence", {lp},
        [&](const tensors& t) {
            return ours::masked_mean(tokens(), t[0], {.aggregation = rlhf::aggregation::sequence_mean_token_mean}).loss;
        },
        [&](const tensors& t) { return sequence_mean(t[0]); });
    compare(
        "ppo_value_loss", {lp},
        [&](const tensors& t) {
            return ours::ppo_value_loss(tokens(), {t[0], old, a, w}, {.clip_range = 0.1}).loss;
        },
        [&](const tensors& t) { return token_mean(w * value(t[0], old, a, 0.1)); });
}

void rewards() {
    const Tensor r = normal(3, 4), c = normal(5), j = normal(5), margins = normal(5);
    const rlhf::batch prompts = all(3, 4), pairs = all(1, 5);
    compare(
        "ranking_loss", {r}, [&](const tensors& t) { return ours::ranking_loss(prompts, {t[0]}).loss; },
        [](const tensors& t) {
            Tensor sum = at::zeros({}, at::kDouble);
            for (std::int64_t i = 0; i < 4; ++i)
                for (std::int64_t k = i + 1; k < 4; ++k)
                    sum = sum + at::softplus(t[0].select(1, k) - t[0].select(1, i)).mean();
            return sum / 6;
        });
    compare(
        "plackett_luce_loss", {r}, [&](const tensors& t) { return ours::plackett_luce_loss(prompts, {t[0]}).loss; },
        [](const tensors& t) {
            Tensor sum = at::zeros({}, at::kDouble);
            for (std::int64_t k = 0; k < 4; ++k) sum = sum + (t[0].slice(1, k).logsumexp(1) - t[0].select(1, k)).mean();
            return sum;
        });
    compare(
        "bradley_terry_loss", {c, j},
        [&](const tensors& t) {
            return ours::bradley_terry_loss(pairs, {t[0], t[1], margins}, {.label_smoothing = 0.1, .center_coef = 0.01})
                .loss;
        },
        [&](const tensors& t) {
            const Tensor m = t[0] - t[1] - margins;
            return (at::softplus(-m) + 0.1 * m + 0.01 * (t[0] + t[1]).pow(2)).mean();
        });
}

void preferences() {
    const Tensor c = normal(6), j = normal(6), w = positive(6), sums = normal(B), lp = log_probs(), ref = log_probs();
    const Tensor good_ones = at::tensor({1, 0, 1, 1, 0, 0}).to(at::kByte);
    const Tensor chosen = at::tensor({0, 0, 2, 1, 3, 2}), rejected = at::tensor({1, 3, 1, 0, 2, 0});
    const rlhf::batch pairs = all(1, 6);
    const auto dpo = [](const Tensor& d) { return at::softplus(-0.3 * d); };
    compare(
        "preference_loss, dpo", {c, j},
        [&](const tensors& t) {
            return ours::preference_loss(pairs, {.chosen = t[0], .rejected = t[1], .weights = w},
                                         rlhf::dpo{.beta = 0.3})
                .loss;
        },
        [&](const tensors& t) { return (w * dpo(t[0] - t[1])).mean(); });
    compare(
        "unpaired_loss, kto", {c},
        [&](const tensors& t) {
            return ours::unpaired_loss(pairs, {t[0], good_ones}, rlhf::kto{.beta = 0.3, .reference_point = 0.2}).loss;
        },
        [&](const tensors& t) {
            return (1 - at::sigmoid(0.3 * (2 * good_ones.to(at::kDouble) - 1) * (t[0] - 0.2))).mean();
        });
    compare(
        "preference_pairs, dpo", {sums},
        [&](const tensors& t) {
            return ours::preference_pairs(pairs, {t[0], chosen, rejected}, rlhf::dpo{.beta = 0.3}).loss;
        },
        [&](const tensors& t) { return dpo(t[0].index_select(0, chosen) - t[0].index_select(0, rejected)).mean(); });
    compare(
        "preference_nll, dpo", {lp},
        [&](const tensors& t) {
            return ours::preference_nll(
                       tokens(), pairs, tokens(),
                       {.log_probs = t[0], .ref_log_probs = ref, .chosen = chosen, .rejected = rejected},
                       rlhf::dpo{.beta = 0.3}, {.nll_weight = 0.5})
                .loss;
        },
        [&](const tensors& t) {
            const Tensor s = (mask * (t[0] - ref)).sum(1), likely = (mask * t[0]).sum(1).index_select(0, chosen);
            return dpo(s.index_select(0, chosen) - s.index_select(0, rejected)).mean() -
                   0.5 * likely.sum() / mask.sum(1).index_select(0, chosen).sum();
        });
    for (const bool average : {false, true})
        compare(
            average ? "sequence_log_probs, averages" : "sequence_log_probs", {lp},
            [&](const tensors& t) {
                return ours::sequence_log_probs(tokens(), {t[0], ref}, {.average = average}).sums.pow(2).sum();
            },
            [&](const tensors& t) {
                const Tensor s = (mask * (t[0] - ref)).sum(1);
                return (average ? s / mask.sum(1) : s).pow(2).sum();
            });
}

void logits() {
    const Tensor z = normal(B, T, V), w = normal(B, T, V), targets = at::randint(V, {B, T}, at::kLong);
    const auto squares = [](const Tensor& log_probs, const Tensor& entropy) {
        return (mask * (log_probs.pow(2) + entropy.pow(3))).sum();
    };
    compare(
        "token_log_probs", {z},
        [&](const tensors& t) {
            const auto p = ours::token_log_probs(aligned(), t[0], targets, {.entropy = true}, {.temperature = 0.7});
            return squares(p.log_probs, p.entropy);
        },
        [&](const tensors& t) {
            const Tensor l = (t[0] / 0.7).log_softmax(-1);
            return squares(at_targets(l, targets), entropy_of(l));
        });
    compare(
        "vocab_shard_log_probs, of 2 ranks", {z.slice(2, 0, 5).contiguous(), z.slice(2, 5).contiguous()},
        [&](const tensors& t) {
            const tensors own{at::empty({B * T, 6}, at::kDouble), at::empty({B * T, 6}, at::kDouble)};
            for (std::size_t r = 0; r < 2; ++r)
                rlhf::with_logits(
                    [&](auto shard) {
                        rlhf::vocab_shard_sums(aligned(), shard, 5 * r, targets,
                                               rlhf::detail::shards_of<rlhf::vocab_shard>(own[r]));
                    },
                    t[r].detach());
            const auto exchange = [&](const Tensor&) { return at::stack(own); };
            const auto a = ours::vocab_shard_log_probs(aligned(), t[0], 0, targets, exchange, {.entropy = true});
            const auto b = ours::vocab_shard_log_probs(aligned(), t[1], 5, targets, exchange, {.entropy = true});
            // Both ranks have the same loss; each has the gradient of its own logits.
            const Tensor la = squares(a.log_probs, a.entropy), lb = squares(b.log_probs, b.entropy);
            return la + lb - lb.detach();
        },
        [&](const tensors& t) {
            const Tensor l = at::cat({t[0], t[1]}, -1).log_softmax(-1);
            return squares(at_targets(l, targets), entropy_of(l));
        });
    const auto [ids, offsets, outside] = kept_sets(targets);
    compare(
        "kept_log_probs", {z},
        [&](const tensors& t) {
            const auto p = ours::kept_log_probs(aligned(), t[0], targets, {ids, offsets});
            return squares(p.log_probs, p.entropy);
        },
        [&](const tensors& t) {
            const Tensor l = t[0].masked_fill(outside, -1e300).log_softmax(-1);
            return squares(at_targets(l, targets), entropy_of(l.masked_fill(outside, -745)));
        });
    compare(
        "cross_entropy_loss", {z},
        [&](const tensors& t) {
            return ours::cross_entropy_loss(aligned(), t[0], targets, {.label_smoothing = 0.1, .z_loss_coef = 0.01})
                .loss;
        },
        [&](const tensors& t) { return token_mean(cross_entropy(t[0], targets)); });
    for (const auto kind : {rlhf::divergence::reverse_kl, rlhf::divergence::forward_kl, rlhf::divergence::jsd})
        compare(
            "logits_divergence, kind " + std::to_string(static_cast<int>(kind)), {z},
            [&](const tensors& t) { return ours::logits_divergence(aligned(), t[0], w, {.divergence = kind}).loss; },
            [&](const tensors& t) { return token_mean(divergence(kind, t[0].log_softmax(-1), w.log_softmax(-1))); });
    const auto [top, top_ids] = w.log_softmax(-1).topk(3);
    const Tensor top_log_probs = top.to(at::kFloat), q = top_log_probs.to(at::kDouble);
    compare(
        "top_k_divergence", {z},
        [&](const tensors& t) {
            return ours::top_k_divergence(aligned(), t[0], {top_ids, top_log_probs}).loss;
        },
        [&](const tensors& t) {
            const auto with_tail = [](const Tensor& l) { return at::cat({l, (1 - l.exp().sum(-1, true)).log()}, -1); };
            const Tensor p = with_tail(t[0].log_softmax(-1).gather(-1, top_ids));
            return token_mean(divergence(rlhf::divergence::reverse_kl, p, with_tail(q)));
        });
}

void ppo() {
    const Tensor z = normal(B, T, V), v = normal(B, T), old = log_probs(), a = normal(B, T), old_v = normal(B, T),
                 returns = normal(B, T), targets = at::randint(V, {B, T}, at::kLong), hidden = normal(B, T, 6),
                 weights = normal(V, 6);
    const rlhf::ppo_loss_options o{.value = {.clip_range = 0.1}, .value_coef = 0.5, .entropy_coef = 0.05};
    const auto loss = [&](const Tensor& logits, const Tensor& values) {
        const Tensor l = logits.log_softmax(-1), ratio = (at_targets(l, targets) - old).exp();
        return token_mean(clipped(ratio, a, 0.2) + 0.5 * value(values, old_v, returns, 0.1) - 0.05 * entropy_of(l));
    };
    const auto arrays = [&](const Tensor& values) {
        return ours::ppo_loss_tensors{
            .old_log_probs = old, .advantages = a, .values = values, .old_values = old_v, .returns = returns};
    };
    compare(
        "ppo_loss", {z, v},
        [&](const tensors& t) { return ours::ppo_loss(aligned(), t[0], targets, arrays(t[1]), o).loss; },
        [&](const tensors& t) { return loss(t[0], t[1]); });
    compare(
        "ppo_loss of a linear head", {hidden, weights, v},
        [&](const tensors& t) {
            return ours::ppo_loss(aligned(), {t[0], t[1]}, targets, arrays(t[2]), o).loss;
        },
        [&](const tensors& t) { return loss(t[0].matmul(t[1].t()), t[2]); });
    compare(
        "cross_entropy_loss of a linear head", {hidden, weights},
        [&](const tensors& t) {
            return ours::cross_entropy_loss(aligned(), {t[0], t[1]}, targets,
                                            {.label_smoothing = 0.1, .z_loss_coef = 0.01})
                .loss;
        },
        [&](const tensors& t) { return token_mean(cross_entropy(t[0].matmul(t[1].t()), targets)); });
    compare(
        "token_log_probs of a linear head", {hidden, weights},
        [&](const tensors& t) {
            const auto p = ours::token_log_probs(aligned(), {t[0], t[1]}, targets, {.entropy = true});
            return (mask * (p.log_probs + p.entropy.pow(2))).sum();
        },
        [&](const tensors& t) {
            const Tensor l = t[0].matmul(t[1].t()).log_softmax(-1);
            return (mask * (at_targets(l, targets) + entropy_of(l).pow(2))).sum();
        });
}

/// Logits of 16 bits: the gradient is the gradient in double, rounded once, and is computed in float. A step between
/// numbers of 16 bits is at most 2⁻⁷ (bf16) or 2⁻¹⁰ of the largest gradient.
void sixteen_bits() {
    const Tensor targets = at::randint(V, {B, T}, at::kLong), exact = normal(B, T, V);
    for (const auto type : {at::kFloat, at::kBFloat16, at::kHalf}) {
        const Tensor z = exact.to(type);
        compare(
            std::string("cross_entropy_loss of ") + at::toString(type), {z},
            [&](const tensors& t) {
                return ours::cross_entropy_loss(aligned(), t[0], targets, {.label_smoothing = 0.1, .z_loss_coef = 0.01})
                    .loss;
            },
            [&](const tensors& t) { return token_mean(cross_entropy(t[0].to(at::kDouble), targets)); },
            type == at::kFloat ? 1e-6 : (type == at::kHalf ? 0x1p-10 : 0x1p-7));
    }
}

} // namespace

int main() {
    at::manual_seed(3);
    policies(), rewards(), preferences(), logits(), ppo(), sixteen_bits();
    return good ? 0 : 1;
}
