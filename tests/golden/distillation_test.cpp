// SPDX-License-Identifier: MIT

// Divergences over the entries that a teacher lists: distillation.txt has what the code of verl, TRL and NeMo-RL makes
// of them.

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

namespace {

namespace verl = rlhf::preset::verl;
namespace trl = rlhf::preset::trl;
namespace nemo_rl = rlhf::preset::nemo_rl;
using options = rlhf::top_k_divergence_options;

constexpr std::size_t rows = 3, steps = 5, vocab = 12, k = 4;

/// A share of the loss, with options of its own.
struct part {
    options o;
    double weight = 1;
};

/// The loss and the gradient of a case: how far they are from the trainer's, which divides by n + epsilon.
template <class T>
double deviation(const test::golden& g, const std::vector<part>& parts, double epsilon) {
    const std::vector<T> z(g["logits"].begin(), g["logits"].end());
    const std::vector<float> log_probs(g["log_probs"].begin(), g["log_probs"].end());
    const auto ids = g.integers("ids");
    const auto mask = g.integers<std::uint8_t>("mask");
    const auto n = static_cast<double>(std::count(mask.begin(), mask.end(), 1));
    const double factor = n / (n + epsilon);
    std::vector<T> d(z.size());
    const rlhf::logits_shape shape{.sequences = rows, .steps = steps, .vocab = vocab};
    const rlhf::batch b{
        .sequences = rows, .steps = steps, .predict_next = false, .mask = mask, .denominator = rlhf::counted_here};
    double loss = 0;
    for (const auto& [o, weight] : parts)
        loss += factor * weight *
                rlhf::top_k_divergence(b, rlhf::logits_view<const T>(z.data(), shape),
                                       {.k = k, .ids = ids, .log_probs = log_probs},
                                       rlhf::add_to(rlhf::logits_view<T>(d.data(), shape), factor * weight), o)
                    .loss();
    return std::max(test::worst_relative(std::vector{loss}, g["loss"]), test::worst_of_largest(d, g["d_logits"]));
}

void agree(const std::string& name, const std::vector<part>& parts, double epsilon = 0) {
    INFO(name);
    static const auto cases = test::read_goldens("distillation.txt");
    CHECK(test::agrees<double>("`top_k_divergence`", deviation<double>(cases.at(name), parts, epsilon)));
    CHECK(test::agrees<float>("`top_k_divergence`", deviation<float>(cases.at(name), parts, epsilon)));
}

} // namespace

TEST_CASE("presets: verl's distillation", "[presets]") {
    agree("verl_default", {{verl::top_k_divergence}});
    auto other = verl::top_k_divergence;
    other.least_log_prob = options().least_log_prob, other.high = 0.5;
    agree("verl_other_limits", {{other}});
    test::holds_cells_and_begins_anew("verl");
}

TEST_CASE("presets: TRL's distillation", "[presets]") {
    agree("trl_server_tail", {{trl::server_top_k_divergence}});
    auto no_tail = trl::server_top_k_divergence;
    no_tail.support = rlhf::top_k_support::renormalized;
    agree("trl_server_no_tail", {{no_tail}});
    agree("trl_tail_beta_1.0", {{options()}});
    agree("trl_tail_beta_0.25", {{{.divergence = rlhf::divergence::jsd, .beta = 0.25}}});
    agree("trl_sdpo_0.0", {{no_tail}});
    agree("trl_sdpo_1.0", {{trl::sdpo_top_k_divergence}});
    agree("trl_sdpo_0.5", {{trl::sdft_top_k_divergence}});
    test::holds_cells_and_begins_anew("TRL");
}

TEST_CASE("presets: NeMo-RL's distillation", "[presets]") {
    agree("nemo_rl_forward", {{nemo_rl::forward_top_k_divergence}}, 1e-8);
    agree("nemo_rl_reverse", {{nemo_rl::reverse_top_k_divergence}}, 1e-8);
    agree("nemo_rl_mixed", {{nemo_rl::forward_top_k_divergence, 0.25}, {nemo_rl::reverse_top_k_divergence, 0.75}},
          1e-8);
    test::holds_cells_and_begins_anew("NeMo-RL");
    // [zero_outside_topk]: the teacher's side is renormalized, here by the caller and to floats; the student's is not
    auto g = test::read_goldens("distillation.txt").at("nemo_rl_forward_zero_outside");
    auto log_probs = g["log_probs"];
    for (std::size_t i = 0; i < log_probs.size(); i += k) {
        double sum = 0;
        for (std::size_t j = i; j < i + k; ++j) sum += std::exp(log_probs[j]);
        for (std::size_t j = i; j < i + k; ++j) log_probs[j] -= std::log(sum);
    }
    g.add("log_probs", log_probs);
    auto truncated = nemo_rl::forward_top_k_divergence;
    truncated.support = rlhf::top_k_support::truncated;
    CHECK(deviation<double>(g, {{truncated}}, 1e-8) < 1e-7);
}
