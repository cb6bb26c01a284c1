// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/with/eigen.hpp>

#include <cmath>

/// Compositions, and the linear head.
namespace bits {
namespace {

using rlhf::aggregation, rlhf::kl_estimator;

const std::vector<named<rlhf::ppo_advantages_options>> advantage_cases = {
    {"default", {}},
    {"no_whitening", {.whiten = rlhf::no_whitening}},
    {"kl_coef", {.rewards = {.kl_coef = 0.2, .kl_estimator = kl_estimator::k3}}},
    {"gae", {.gae = {.gamma = 0.97, .lambda = 0.8, .gaps = rlhf::gaps::zero}}},
    {"pair",
     {.rewards = {.kl_coef = 0.1, .score_limit = 2, .unfinished_penalty = 0.5},
      .gae = {.gamma = 0.99, .lambda = 0.9},
      .whiten = {.center = false, .ddof = 0}}},
};

template <class T, class Arch>
void advantages_of() {
    tally<rlhf::ppo_advantages_result> joined(title<T>("ppo_advantages"));
    each(token_scenes(), advantage_cases, title<T>("ppo_advantages"),
         [&](const scene& s, const auto& o, const auto& name) {
             place p(s);
             const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                        ref = p.template numbers<T>(1, [](random&r) { return r.log_prob() + r.bell(); });
             const auto bell = [](random& r) { return r.bell(4); };
             const auto scores = p.template per_sequence<T>(2, bell), bootstrap = p.template per_sequence<T>(3, bell);
             std::vector<std::uint8_t> finished;
             for (std::size_t q = 0; q < p.sequences(); ++q) finished.push_back(q % 3 != 0);
             const bool all = o.rewards.unfinished_penalty == 0;
             run(name, [&](hash& h, const rlhf::executor& run) {
                 auto values = p.template numbers<T>(4, bell), out = p.template output<T>(),
                      returns = p.template output<T>();
                 const auto r = rlhf::ppo_advantages<T, Arch>(
                     p.batch,
                     {.log_probs = log_probs.in(),
                      .ref_log_probs = ref.in(),
                      .values = values.in(),
                      .scores = scores,
                      .finished = all ? rlhf::view<const std::uint8_t>() : rlhf::view<const std::uint8_t>(finished),
                      .bootstrap_values = all ? rlhf::view<const T>() : rlhf::view<const T>(bootstrap),
                      .advantages = out.out,
                      .returns = all ? returns.out : values.out},
                     o, run);
                 joined(h, r);
                 h.add(values.memory, out.memory, returns.memory);
             });
         });
}

struct step {
    rlhf::ppo_loss_options options = {};
    bool ref = false, critic = true, in_place = false;
    writing to = {};
};

const std::vector<named<step>> steps = {
    {"default", {}},
    {"no_critic", {{}, false, false}},
    {"temperature", {{.head = {.temperature = 0.7}}}},
    {"value_coef", {{.value_coef = 0.1}}},
    {"entropy_coef", {{.entropy_coef = 0.01}}},
    {"kl", {{.policy = {.kl_coef = 0.1}}, true}},
    {"dual_clip", {{.policy = {.dual_clip = 3}}}},
    {"in_place", {{}, false, true, true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair",
     {{.head = {.temperature = 1.2},
       .policy = {.clip_range = {0.1, 0.3}, .kl_coef = 0.1, .aggregation = aggregation::sequence_mean_token_mean},
       .value = {.clip_range = 0.3, .huber = 1},
       .value_coef = 0.5,
       .entropy_coef = 0.02},
      true,
      true,
      false,
      {.scale = 0.7, .add = true}}},
};

/// The per-token arrays of a step; call(arrays) makes the step.
template <class T, class Call>
void step_of(hash& h, const place& p, const step& o, tally<rlhf::ppo_loss_result>& joined, Call&& call) {
    const auto bell = [](random& r) { return r.bell(3); };
    const auto near = [](random& r) { return r.log_prob() - (std::int64_t(3) << 48); };
    const auto old = p.numbers<T>(4, near), ref = p.numbers<T>(5, near), advantages = p.numbers<T>(6, bell),
               values = p.numbers<T>(7, bell), old_values = p.numbers<T>(8, bell), returns = p.numbers<T>(9, bell);
    auto log_probs = p.output<T>(), entropy = p.output<T>(), d_log_probs = p.output<T>(), d_entropy = p.output<T>(),
         d_values = p.output<T>();
    const bool bonus = o.options.entropy_coef != 0;
    const rlhf::ppo_loss_arrays<T> arrays{.old_log_probs = old.in(),
                                          .ref_log_probs = o.ref ? ref.in() : rlhf::view<const T>(),
                                          .advantages = advantages.in(),
                                          .values = o.critic ? values.in() : rlhf::view<const T>(),
                                          .old_values = o.critic ? old_values.in() : rlhf::view<const T>(),
                                          .returns = o.critic ? returns.in() : rlhf::view<const T>(),
                                          .log_probs = log_probs.out,
                                          .entropy = bonus ? entropy.out : rlhf::view<T>(),
                                          .d_log_probs = d_log_probs.out,
                                          .d_entropy = bonus ? d_entropy.out : rlhf::view<T>(),
                                          .d_values = o.critic ? o.to(d_values.out) : rlhf::gradient<T>()};
    joined(h, call(arrays));
    h.add(log_probs.memory, entropy.memory, d_log_probs.memory, d_entropy.memory, d_values.memory);
}

template <class E, class G, class T, class Arch>
void steps_of() {
    tally<rlhf::ppo_loss_result> joined(logits_title<E, G, T>("ppo_loss"));
    each(logits_scenes(), steps, logits_title<E, G, T>("ppo_loss"),
         [&](const scene& s, const step& o, const auto& name) {
             place p(s);
             const auto targets = targets_of<std::int32_t>(p);
             run(name, [&](hash& h, const rlhf::executor& run) {
                 auto z = drawn_logits<E>(p, 5);
                 auto d = gradient_of_logits<G>(p);
                 rlhf::logits_view<G> to = d.out;
                 if constexpr (std::is_same_v<E, G>)
                     if (o.in_place) to = z.out;
                 step_of<T>(h, p, o, joined, [&](const auto& arrays) {
                     return rlhf::ppo_loss<T, Arch>(p.batch, z.in(), targets.in(), arrays, o.to(to), o.options, run);
                 });
                 h.add(z.memory, d.memory);
             });
         });
}

/// Every element is one chain of std::fma: the same bits in any build.
constexpr auto plain_product = []<class E>(const rlhf::product<E>& p) {
    const auto at = [](const auto& x, std::int64_t i, std::int64_t j) {
        return x.transposed ? x.data[j * x.stride + i] : x.data[i * x.stride + j];
    };
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.cols; ++j) {
            E sum = 0;
            for (std::int64_t k = 0; k < p.inner; ++k) sum = std::fma(at(p.a, i, k), at(p.b, k, j), sum);
            E& c = p.c[i * p.c_stride + j];
            c = std::fma(p.factor, sum, p.add ? c : E(0));
        }
};

struct head_case {
    step of = {};
    bool d_hidden = true, d_weights = true;
    std::int64_t rows = 4; ///< of logits at a time
};

const std::vector<named<head_case>> heads = {
    {"default", {}},
    {"one_row", {.rows = 1}},
    {"all_rows", {.rows = 600}},
    {"rows", {.rows = 16}},
    {"hidden_only", {.d_weights = false}},
    {"weights_only", {.d_hidden = false}},
    {"in_place", {.of = {.in_place = true}}},
    {"scaled", {.of = {.to = {.scale = -0.3}}}},
    {"added", {.of = {.to = {.add = true}}}},
    {"pair", {.of = steps.back().options, .rows = 3}},
};

template <class T, class Arch>
void heads_of() {
    using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    constexpr std::int64_t size = 24;
    tally<rlhf::cross_entropy_loss_result> likelihood(title<T>("linear_head/cross_entropy_loss"));
    tally<rlhf::ppo_loss_result> joined(title<T>("linear_head/ppo_loss"));
    std::vector<scene> scenes = logits_scenes();
    std::erase_if(scenes, [](const scene& s) { return s.stride != 0 || s.vocab > 2000; });
    each(scenes, heads, "", [&](const scene& s, const head_case& o, const std::string& name) {
        place p(s);
        const auto vocab = static_cast<std::int64_t>(s.vocab);
        const auto targets = targets_of<std::int32_t>(p);
        matrix weights(vocab, size), states(p.batch.tokens(), size);
        random r(12);
        for (std::int64_t i = 0; i < weights.size(); ++i) weights.data()[i] = real<T>(r.bell(2));
        for (std::int64_t i = 0; i < states.size(); ++i) states.data()[i] = real<T>(r.bell(3));
        std::int64_t token = 0;
        p.each_token([&](std::size_t q, std::size_t t) {
            if (!p.counts(q, t)) states.row(token).setConstant(std::numeric_limits<T>::quiet_NaN());
            ++token;
        });

        /// call(head, where its gradient goes, hash, executor)
        const auto with = [&](const char* function, auto&& call) {
            run(title<T>(std::string("linear_head/") + function) + name, [&](hash& h, const rlhf::executor& run) {
                matrix hidden = states, d_hidden = matrix::Constant(states.rows(), size, T(0.125)),
                       d_weights = matrix::Constant(vocab, size, T(0.25));
                std::vector<T> workspace(static_cast<std::size_t>(rlhf::linear_head_workspace(o.rows, vocab, size)));
                const rlhf::linear_head<T> head{.hidden = hidden,
                                                .weights = weights,
                                                .vocab = vocab,
                                                .hidden_size = size,
                                                .workspace = workspace,
                                                .product = rlhf::matrix_product<T>(plain_product)};
                const rlhf::linear_head_gradient<T> into{
                    .hidden =
                        o.d_hidden ? o.of.to(rlhf::view<T>(o.of.in_place ? hidden : d_hidden)) : rlhf::gradient<T>(),
                    .weights = o.d_weights ? o.of.to(rlhf::view<T>(d_weights)) : rlhf::gradient<T>()};
                call(head, into, h, run);
                for (const matrix* m : {&hidden, &d_hidden, &d_weights})
                    h.add(std::vector<T>(m->data(), m->data() + m->size()));
            });
        };
        const auto& temperature = o.of.options.head;
        with("token_log_probs", [&](const auto& head, const auto&, hash& h, const rlhf::executor& run) {
            auto log_probs = p.template output<T>(), entropy = p.template output<T>();
            h.add(rlhf::token_log_probs<T, Arch>(
                p.batch, head, targets.in(), {.log_probs = log_probs.out, .entropy = entropy.out}, temperature, run));
            h.add(log_probs.memory, entropy.memory);
        });
        const auto d_log_probs = p.template numbers<T>(32, [](random& x) { return x.bell(); });
        with("token_log_probs_backward", [&](const auto& head, const auto& into, hash& h, const rlhf::executor& run) {
            h.add(rlhf::token_log_probs_backward<T, Arch>(p.batch, head, targets.in(),
                                                          {.d_log_probs = d_log_probs.in()}, into, temperature, run));
        });
        with("cross_entropy_loss", [&](const auto& head, const auto& into, hash& h, const rlhf::executor& run) {
            const rlhf::cross_entropy_loss_options options{.temperature = temperature.temperature};
            h.add(rlhf::cross_entropy_loss<Arch>(p.batch, head, targets.in(), options, run));
            likelihood(h, rlhf::cross_entropy_loss<Arch>(p.batch, head, targets.in(), into, options, run));
        });
        with("ppo_loss", [&](const auto& head, const auto& into, hash& h, const rlhf::executor& run) {
            step_of<T>(h, p, o.of, joined, [&](const auto& arrays) {
                return rlhf::ppo_loss<T, Arch>(p.batch, head, targets.in(), arrays, into, o.of.options, run);
            });
        });
    });
}

} // namespace

void recipe() {
    types_and_architectures([]<class T, class Arch>() {
        advantages_of<T, Arch>();
        heads_of<T, Arch>();
    });
    steps_of<float, float, float, rlhf::native>();
    steps_of<double, double, double, rlhf::native>();
    steps_of<rlhf::bfloat16, rlhf::bfloat16, float, rlhf::native>();
    steps_of<float, float, float, rlhf::scalar>();
}

} // namespace bits
