// SPDX-License-Identifier: MIT
// A trainer of a reward model: four to nine responses per prompt, end to end, some of them tied; prompts in
// micro-batches. Checked: two ways of cutting a step into forward passes give the same weight and the same mean loss.
#include <rlhf/reward/ranking_loss.hpp>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

namespace {

struct comparisons {
    std::vector<std::int32_t> offsets{0}, ranks;
    std::vector<float> features; ///< one per response: the model's only input
};

comparisons collect() {
    comparisons data;
    std::mt19937 random(1);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    for (int prompt = 0; prompt < 20; ++prompt) {
        const int responses = 4 + below(6);
        for (int k = 0; k < responses; ++k) {
            data.ranks.push_back(1 + below(responses));
            data.features.push_back(static_cast<float>(below(400) - 200) / 100 - static_cast<float>(data.ranks.back()));
        }
        data.offsets.push_back(static_cast<std::int32_t>(data.ranks.size()));
    }
    return data;
}

/// reward = weight · feature; eight prompts per step.
rlhf::ranking_loss_result epoch(float& weight, const comparisons& data, std::int64_t prompts_per_forward) {
    const rlhf::batch prompts{.offsets = data.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<float> rewards(data.ranks.size()), d_rewards(data.ranks.size());
    rlhf::ranking_loss_result total;
    for (std::int64_t first = 0; first < prompts.size(); first += 8) {
        rlhf::batch step = prompts.part(first, std::min<std::int64_t>(8, prompts.size() - first));
        step.denominator = rlhf::count_pairs(step, rlhf::part(data.ranks, prompts, first, step.size()));
        float d_weight = 0;
        for (std::int64_t at = 0, n = 0; at < step.size(); at += n) {
            n = std::min(prompts_per_forward, step.size() - at);
            const auto part = [&](auto& array) { return rlhf::part(array, prompts, first + at, n); };
            const auto x = part(data.features);
            const auto r = part(rewards), d = part(d_rewards);
            std::transform(x.data(), x.data() + x.cols(), r.data(), [&](float feature) { return weight * feature; });
            total += rlhf::ranking_loss(step.part(at, n), {.rewards = r, .ranks = part(data.ranks), .d_rewards = d});
            for (std::int64_t i = 0; i < x.cols(); ++i) d_weight += d.data()[i] * x.data()[i];
        }
        weight -= 0.1f * d_weight;
    }
    return total;
}

} // namespace

int main() {
    const comparisons data = collect();
    float a = 0, b = 0;
    epoch(a, data, 8), epoch(b, data, 3);
    const auto by_eight = epoch(a, data, 8), by_three = epoch(b, data, 3);
    std::printf("weight %.6f, loss %.6f, accuracy %.3f over %g pairs of %g prompts\n", static_cast<double>(a),
                by_eight.mean_loss(), by_eight.accuracy(), by_eight.comparisons(), by_eight.own.sequences);
    return a == b && a > 0 && by_eight.mean_loss() == by_three.mean_loss() && by_eight.accuracy() > 0.75 ? 0 : 1;
}
