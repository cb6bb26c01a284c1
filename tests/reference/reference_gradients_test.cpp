// SPDX-License-Identifier: MIT

// The gradients that the references write, against central differences of the values that they write.

#include "reference/all.hpp"
#include "reference/differences.hpp"

using namespace test;

TEST_CASE("reference value gradient", "[reference]") {
    test::random r(2);
    for (const auto kind : kinds)
        for (const auto how : aggregations)
            for (const real huber : {reference::unlimited, 1.0L}) {
                const auto b = some_batch(r, kind);
                reference::ppo_value_loss_arrays a{some(r, elements), some(r, elements), some(r, elements)};
                const reference::ppo_value_loss_options o{.clip_range = .4L, .huber = huber, .aggregation = how};
                const auto value = [&](const array& x) {
                    auto moved = a;
                    moved.values = x;
                    return reference::ppo_value_loss(b, moved, o).loss;
                };
                CHECK(worst_difference(value, a.values, reference::ppo_value_loss(b, a, o).d_values) < tolerance);
            }
}

TEST_CASE("reference gradients of pairs and rankings", "[reference]") {
    test::random r(3);
    for (const auto kind : kinds) {
        const auto b = some_batch(r, kind);
        reference::bradley_terry_loss_arrays pairs{some(r, elements), some(r, elements), some(r, elements)};
        const reference::bradley_terry_loss_options po{.label_smoothing = .1L, .center_coef = .02L};
        const auto d = reference::bradley_terry_loss(b, pairs, po);
        const auto chosen = [&](const array& x) {
            return reference::bradley_terry_loss(b, {x, pairs.rejected_rewards, pairs.margins}, po).loss;
        };
        const auto rejected = [&](const array& x) {
            return reference::bradley_terry_loss(b, {pairs.chosen_rewards, x, pairs.margins}, po).loss;
        };
        CHECK(worst_difference(chosen, pairs.chosen_rewards, d.d_chosen_rewards) < tolerance);
        CHECK(worst_difference(rejected, pairs.rejected_rewards, d.d_rejected_rewards) < tolerance);

        const auto rewards = some(r, elements);
        const auto ranks = test::targets<std::int64_t>(r, elements, 4);
        for (const auto ties : {reference::tie_divisor::kept_pairs, reference::tie_divisor::all_pairs}) {
            const reference::ranking_loss_options o{
                .margin = .3L, .label_smoothing = .1L, .center_coef = .02L, .ties = ties};
            const auto value = [&](const array& x) { return reference::ranking_loss(b, {x, ranks}, o).loss; };
            CHECK(worst_difference(value, rewards, reference::ranking_loss(b, {rewards, ranks}, o).d_rewards) <
                  tolerance);
        }
        const auto value = [&](const array& x) { return reference::plackett_luce_loss(b, {x, ranks}).loss; };
        CHECK(worst_difference(value, rewards, reference::plackett_luce_loss(b, {rewards, ranks}).d_rewards) <
              tolerance);
    }
}

TEST_CASE("reference gradients of means", "[reference]") {
    test::random r(4);
    for (const auto kind : kinds)
        for (const auto how : aggregations) {
            const auto b = some_batch(r, kind);
            const auto x = some(r, elements);
            CHECK(worst_difference([&](const array& y) { return reference::masked_mean(b, y, how).mean; }, x,
                                   reference::masked_mean(b, x, how).d_values) < tolerance);
            CHECK(worst_difference([&](const array& y) { return reference::ptx_loss(b, y, how).loss; }, x,
                                   reference::ptx_loss(b, x, how).d_log_probs) < tolerance);
        }
}

TEST_CASE("reference gradients with respect to logits", "[reference]") {
    test::random r(5);
    constexpr std::size_t vocabulary = 5;
    for (const auto kind : kinds) {
        const auto b = some_batch(r, kind);
        auto logits = some(r, elements * vocabulary, 2);
        const auto targets = test::targets<std::int64_t>(r, elements, vocabulary);
        const auto g = some(r, elements), h = some(r, elements);
        const real temperature = .7L;
        const auto value = [&](const array& z) {
            const auto p = reference::token_log_probs(b, z, vocabulary, targets, temperature);
            real sum = 0;
            for (std::size_t e = 0; e < elements; ++e)
                sum += b.counted(e) ? g[e] * p.log_probs[e] + h[e] * p.entropy[e] : 0;
            return sum;
        };
        CHECK(worst_difference(value, logits,
                               reference::token_log_probs_backward(b, logits, vocabulary, targets, g, h, temperature)) <
              tolerance);
        for (const auto how : aggregations) {
            const reference::cross_entropy_loss_options o{
                .label_smoothing = .1L, .z_loss_coef = .01L, .temperature = temperature, .aggregation = how};
            const auto loss = [&](const array& z) {
                return reference::cross_entropy_loss(b, z, vocabulary, targets, o).loss;
            };
            CHECK(worst_difference(loss, logits,
                                   reference::cross_entropy_loss(b, logits, vocabulary, targets, o).d_logits) <
                  tolerance);
        }
    }
}

TEST_CASE("reference gradients over kept sets", "[reference]") {
    test::random r(8);
    constexpr std::size_t vocabulary = 5;
    for (const auto kind : kinds) {
        const auto b = some_batch(r, kind);
        const auto logits = some(r, elements * vocabulary, 2);
        const auto targets = test::targets<std::int64_t>(r, elements, vocabulary);
        reference::id_sets kept(elements);
        for (std::size_t e = 0; e < elements; ++e)
            for (std::size_t v = 0; v < vocabulary; ++v)
                if (r.below(2) == 0) kept[e].push_back(static_cast<std::int64_t>(v));
        const auto g = some(r, elements), h = some(r, elements);
        const real temperature = .7L;
        const auto value = [&](const array& z) {
            const auto p = reference::kept_log_probs(b, z, vocabulary, targets, kept, temperature);
            real sum = 0;
            for (std::size_t e = 0; e < elements; ++e) sum += g[e] * p.log_probs[e] + h[e] * p.entropy[e];
            return sum;
        };
        CHECK(worst_difference(value, logits,
                               reference::kept_log_probs_backward(b, logits, vocabulary, targets, kept, g, h,
                                                                  temperature)) < tolerance);
    }
}

TEST_CASE("reference gradients of divergences", "[reference]") {
    test::random r(7);
    constexpr std::size_t vocabulary = 5, k = 2;
    for (const auto kind : kinds)
        for (const auto how :
             {reference::divergence::reverse_kl, reference::divergence::forward_kl, reference::divergence::jsd}) {
            const auto b = some_batch(r, kind);
            const auto logits = some(r, elements * vocabulary, 2), other = some(r, elements * vocabulary, 2);
            const reference::logits_divergence_options o{.divergence = how, .beta = .4L, .temperature = .7L};
            const auto whole = [&](const array& z) { return reference::logits_divergence(b, z, other, vocabulary, o); };
            CHECK(worst_difference([&](const array& z) { return whole(z).loss; }, logits, whole(logits).d_logits) <
                  tolerance);
            std::vector<std::int64_t> ids;
            for (std::size_t e = 0; e < elements; ++e) ids.insert(ids.end(), {1, 4});
            const array log_probs(elements * k, -1.5L);
            for (const auto support : {reference::top_k_support::tail, reference::top_k_support::truncated,
                                       reference::top_k_support::renormalized}) {
                reference::top_k_divergence_options of_top{o};
                of_top.support = support, of_top.least_log_prob = -2, of_top.low = 0, of_top.high = .5L;
                const auto listed = [&](const array& z) {
                    return reference::top_k_divergence(b, z, vocabulary, k, ids, log_probs, of_top);
                };
                CHECK(worst_difference([&](const array& z) { return listed(z).loss; }, logits,
                                       listed(logits).d_logits) < tolerance);
            }
        }
}

TEST_CASE("reference softmax with impossible tokens", "[reference]") {
    const auto b = reference::padded(1, 1);
    const array logits{1, -reference::unlimited, 2, -reference::unlimited};
    const auto with = reference::token_log_probs(b, logits, 4, {2}),
               without = reference::token_log_probs(b, {1, 2}, 2, {1});
    CHECK(with.log_probs == without.log_probs);
    CHECK(with.entropy == without.entropy);
    CHECK(with.sum_squares == without.sum_squares);
    CHECK(reference::token_log_probs(b, logits, 4, {1}).log_probs[0] == -reference::unlimited);
    const array d = reference::token_log_probs_backward(b, logits, 4, {2}, {1}, {1});
    const array plain = reference::token_log_probs_backward(b, {1, 2}, 2, {1}, {1}, {1});
    CHECK(d == array{plain[0], 0, plain[1], 0});
}

TEST_CASE("reference softmax without a possible token", "[reference]") {
    const auto b = reference::padded(1, 1);
    const array logits(3, -reference::unlimited);
    const auto r = reference::token_log_probs(b, logits, 3, {1});
    CHECK(r.log_probs[0] == -reference::unlimited);
    CHECK(r.log_sum_exp[0] == -reference::unlimited);
    CHECK((r.entropy[0] == 0 && r.sum_squares[0] == 0));
    CHECK(reference::token_log_probs_backward(b, logits, 3, {1}, {1}, {1}) == array{0, 0, 0});
    CHECK(std::isnan(reference::token_log_probs(b, {0, reference::unlimited, 0}, 3, {1}).log_sum_exp[0]));
}

TEST_CASE("reference adjoint of gae", "[reference]") {
    test::random r(6);
    for (const auto kind : kinds)
        for (const auto gaps : {reference::gaps::skip, reference::gaps::zero, reference::gaps::ignore})
            for (const bool given_next : {false, true}) {
                const auto b = some_batch(r, kind);
                reference::gae_arrays a{.rewards = some(r, elements),
                                        .values = some(r, elements),
                                        .bootstrap_values = some(r, sequences),
                                        .terminated = test::flags(r, elements, .2)};
                if (given_next) a.next_values = some(r, elements), a.truncated = test::flags(r, elements, .2);
                const reference::gae_options o{.gamma = .9L, .lambda = .8L, .gaps = gaps};
                const auto dA = some(r, elements), dR = some(r, elements);
                const auto sum = [&](const reference::gae_arrays& moved) {
                    const auto out = reference::gae(b, moved, o);
                    real total = 0;
                    for (std::size_t e = 0; e < elements; ++e)
                        total += dA[e] * out.advantages[e] + dR[e] * out.returns[e];
                    return total;
                };
                const auto d = reference::gae_adjoint(b, a, o, dA, dR);
                const auto with = [&](array reference::gae_arrays::*field) {
                    return [&, field](const array& x) {
                        auto moved = a;
                        moved.*field = x;
                        return sum(moved);
                    };
                };
                using A = reference::gae_arrays;
                CHECK(worst_difference(with(&A::rewards), a.rewards, d.rewards) < tolerance);
                CHECK(worst_difference(with(&A::values), a.values, d.values) < tolerance);
                CHECK(worst_difference(with(&A::bootstrap_values), a.bootstrap_values, d.bootstrap_values) < tolerance);
                if (given_next)
                    CHECK(worst_difference(with(&A::next_values), a.next_values, d.next_values) < tolerance);
            }
}

TEST_CASE("reference layouts: padded left, padded right, time-major and packed agree", "[reference]") {
    const array lp{-1, -2, -3}, old{-1.1L, -1.7L, -3.3L}, adv{1, -1, 2};
    const auto place = [](const array& x, std::initializer_list<std::size_t> at, std::size_t n) {
        array y(n, std::numeric_limits<real>::quiet_NaN());
        std::size_t i = 0;
        for (const std::size_t e : at) y[e] = x[i++];
        return y;
    };
    const auto loss = [&](const reference::batch& b, std::initializer_list<std::size_t> at) {
        return reference::ppo_policy_loss(b, {.log_probs = place(lp, at, b.size),
                                              .old_log_probs = place(old, at, b.size),
                                              .advantages = place(adv, at, b.size)})
            .loss;
    };
    const real packed = loss(reference::packed(std::vector<int>{0, 1, 3}), {0, 1, 2});
    CHECK(loss(reference::padded(2, 2, std::vector<char>{1, 0, 1, 1}), {0, 2, 3}) == packed);
    CHECK(loss(reference::padded(2, 2, std::vector<char>{0, 1, 1, 1}), {1, 2, 3}) == packed);
    CHECK(loss(reference::time_major(2, 2, std::vector<char>{1, 1, 0, 1}), {0, 1, 3}) == packed);
    const auto next = reference::predict_next(reference::padded(2, 3, std::vector<char>{0, 1, 1, 1, 1, 0}));
    CHECK(next.mask == std::vector<char>{1, 1, 0, 1, 0, 0});
}
