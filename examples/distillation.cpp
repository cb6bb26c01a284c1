// SPDX-License-Identifier: MIT

// On-policy distillation: the student samples, and a teacher says how likely each of the tokens was. Here are six forms
// for a toy model, in which a token's logits depend on the token before it. Three use the sampled tokens alone:
//
//     advantage   a policy loss with the constant Aₜ = log π_teacher − log π of the token: Thinking Machines 2025,
//                 "On-Policy Distillation"; verl, slime, SkyRL, NeMo-RL
//     return      the same as a reward: Aₜ also contains the rewards of the following tokens
//     loss        ½ (log π − log π_teacher)², which has the same gradient (verl: a KL estimate as a loss)
//
// Three need more from the teacher:
//
//     exact       KL(π ‖ π_teacher) over the vocabulary
//     top-k       KL(π_teacher ‖ π) over the teacher's likeliest entries and one tail
//     mixed       half of it and half of KL(π ‖ π_teacher), over the same classes

#include <rlhf/rlhf.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t B = 32, T = 12, V = 6, K = 3;
using numbers = std::vector<float>;

/// The logits of the token after each of V tokens.
using model = numbers;

/// Sequences of T tokens, of which each but the first is drawn from the model.
struct rollout {
    std::vector<std::int32_t> tokens = std::vector<std::int32_t>(B * T);
    numbers logits = numbers(B * T * V), teacher_logits = logits, d_logits = logits;
    numbers log_probs = numbers(B * T), teacher_log_probs = log_probs, d_log_probs = log_probs;

    void sample(const model& student, std::mt19937& r) {
        for (std::size_t i = 0; i < B * T; ++i) {
            if (i % T == 0) {
                tokens[i] = static_cast<std::int32_t>(r() % V);
                continue;
            }
            const float* z = student.data() + static_cast<std::size_t>(tokens[i - 1]) * V;
            std::vector<double> p(V);
            for (std::size_t v = 0; v < V; ++v) p[v] = std::exp(static_cast<double>(z[v]));
            tokens[i] = std::discrete_distribution<std::int32_t>(p.begin(), p.end())(r);
        }
    }
    void forward(const model& of, numbers& to) const {
        for (std::size_t i = 0; i < B * T; ++i)
            std::copy_n(of.begin() + tokens[i] * static_cast<std::ptrdiff_t>(V), V,
                        to.begin() + static_cast<std::ptrdiff_t>(i * V));
    }
};

rlhf::logits_view<const float> seen(const numbers& x) { return {x.data(), {.sequences = B, .steps = T, .vocab = V}}; }
rlhf::logits_view<float> place(numbers& x) { return {x.data(), {.sequences = B, .steps = T, .vocab = V}}; }

/// The teacher's K likeliest entries of each step.
struct likeliest {
    std::vector<std::int32_t> ids = std::vector<std::int32_t>(B * T * K);
    numbers log_probs = numbers(B * T * K);

    explicit likeliest(const numbers& logits) {
        for (std::size_t i = 0; i < B * T; ++i) {
            const float* z = logits.data() + i * V;
            std::vector<std::int32_t> order(V);
            std::iota(order.begin(), order.end(), 0);
            std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return z[a] > z[b]; });
            float sum = 0;
            for (std::size_t v = 0; v < V; ++v) sum += std::exp(z[v]);
            for (std::size_t k = 0; k < K; ++k)
                ids[i * K + k] = order[k], log_probs[i * K + k] = z[order[k]] - std::log(sum);
        }
    }
};

enum class form { advantage, returns, loss, exact, top_k, mixed };

/// ∂loss/∂logits from the tokens that the teacher finds likeliest: forward KL, or half of it and half of reverse KL.
void top_k_gradient(const rlhf::batch& batch, rollout& r, bool mixed) {
    const likeliest top(r.teacher_logits);
    const rlhf::top_k_reference teacher{.k = K, .ids = top.ids, .log_probs = top.log_probs};
    rlhf::top_k_divergence(batch, seen(r.logits), teacher, rlhf::write_to(place(r.d_logits), mixed ? 0.5 : 1),
                           {.divergence = rlhf::divergence::forward_kl});
    if (mixed)
        rlhf::top_k_divergence(batch, seen(r.logits), teacher, rlhf::add_to(place(r.d_logits), 0.5),
                               {.divergence = rlhf::divergence::reverse_kl});
}

/// ∂loss/∂logits of one step, in r.d_logits. Returns KL(student ‖ teacher), exactly.
double gradient(rollout& r, form how) {
    const rlhf::batch batch{
        .sequences = B, .steps = T, .predict_next = true, .mask = rlhf::all, .denominator = rlhf::counted_here};
    if (how == form::top_k || how == form::mixed) {
        top_k_gradient(batch, r, how == form::mixed);
    } else if (how == form::exact) {
        rlhf::logits_divergence(batch, seen(r.logits), seen(r.teacher_logits), place(r.d_logits));
    } else {
        rlhf::token_log_probs(batch, seen(r.logits), r.tokens, {.log_probs = r.log_probs});
        rlhf::token_log_probs(batch, seen(r.teacher_logits), r.tokens, {.log_probs = r.teacher_log_probs});
        numbers advantages(B * T);
        const numbers no_scores(B);
        if (how != form::loss) // −(log π − log π_teacher)
            rlhf::shape_rewards(batch,
                                {.log_probs = r.log_probs,
                                 .ref_log_probs = r.teacher_log_probs,
                                 .scores = no_scores,
                                 .rewards = advantages},
                                {.kl_coef = 1});
        if (how == form::returns) {
            const numbers rewards = advantages;
            rlhf::discounted_returns(batch, {.rewards = rewards, .returns = advantages}, {.gamma = 0.5});
        }
        // On policy, the student's own log-probs are the old ones. The teacher is the reference of the loss.
        rlhf::policy_loss_arrays<float> a{.log_probs = r.log_probs,
                                          .old_log_probs = r.log_probs,
                                          .advantages = advantages,
                                          .d_log_probs = r.d_log_probs};
        if (how == form::loss) a.ref_log_probs = r.teacher_log_probs;
        rlhf::policy_loss_options o;
        if (how == form::loss) o.kl_coef = 1, o.kl_estimator = rlhf::kl_estimator::k2;
        rlhf::policy_loss(batch, a, rlhf::cispo{}, o);
        rlhf::token_log_probs_backward(batch, seen(r.logits), r.tokens, {.d_log_probs = r.d_log_probs},
                                       place(r.d_logits));
    }
    return rlhf::logits_divergence(batch, seen(r.logits), seen(r.teacher_logits)).divergence();
}

} // namespace

int main() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 1.5F);
    model teacher(V * V);
    for (float& z : teacher) z = normal(random);

    bool all_learned = true;
    for (const auto& [name, how] :
         {std::pair("advantage", form::advantage), std::pair("return", form::returns), std::pair("loss", form::loss),
          std::pair("exact", form::exact), std::pair("top-k", form::top_k), std::pair("mixed", form::mixed)}) {
        model student(V * V, 0.0F);
        rollout r;
        std::printf("%-10s", name);
        double first = 0, last = 0;
        for (int step = 0; step <= 300; ++step) {
            r.sample(student, random);
            r.forward(student, r.logits), r.forward(teacher, r.teacher_logits);
            last = gradient(r, how);
            if (step == 0) first = last;
            if (step % 100 == 0) std::printf("  step %3d: KL %.4f", step, last);
            for (std::size_t i = 0; i < B * T; ++i)
                for (std::size_t v = 0; v < V; ++v)
                    student[static_cast<std::size_t>(r.tokens[i]) * V + v] -= 2 * r.d_logits[i * V + v];
        }
        std::printf("\n");
        all_learned = all_learned && last < 0.2 * first;
    }
    return all_learned ? 0 : 1;
}
