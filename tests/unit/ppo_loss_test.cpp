// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/ppo_step.hpp"

namespace {

using test::step, test::everything;

std::vector<double> digest(const rlhf::ppo_loss_result& r) {
    return {r.loss(),
            r.policy.loss(),
            r.policy.clip_fraction(),
            r.policy.kl(),
            r.value.loss(),
            r.value.clip_fraction(),
            r.value.explained_variance(),
            r.entropy.loss(),
            r.entropy.mean_loss(),
            r.policy.own.tokens};
}

} // namespace

TEMPLATE_TEST_CASE("ppo_loss: the bits of its parts", "", float, double) {
    using T = TestType;
    const auto [bonus, aggregation] =
        GENERATE(table<bool, rlhf::aggregation>({{false, rlhf::aggregation::token_mean},
                                                 {true, rlhf::aggregation::token_mean},
                                                 {true, rlhf::aggregation::sequence_mean_token_mean}}));
    test::random r(2);
    step<T> whole(r, 5, 40, 33), parts = whole;
    rlhf::ppo_loss_options o = everything;
    if (!bonus) o.entropy_coef = 0;
    o.policy.aggregation = aggregation;
    const auto got = rlhf::ppo_loss(whole.batch(), whole.logits(), whole.targets, whole.arrays(), whole.logits(), o);

    const rlhf::batch b = parts.batch();
    rlhf::token_log_probs<T>(b, parts.logits(), parts.targets, {.log_probs = parts.log_probs, .entropy = parts.entropy},
                             o.head);
    const auto policy = rlhf::ppo_policy_loss<T>(b,
                                                 {.log_probs = parts.log_probs,
                                                  .old_log_probs = parts.old_log_probs,
                                                  .ref_log_probs = parts.ref_log_probs,
                                                  .advantages = parts.advantages,
                                                  .d_log_probs = parts.d_log_probs},
                                                 o.policy);
    const auto value = rlhf::ppo_value_loss<T>(b,
                                               {.values = parts.values,
                                                .old_values = parts.old_values,
                                                .returns = parts.returns,
                                                .d_values = rlhf::write_to(parts.d_values, o.value_coef)},
                                               o.value);
    const auto entropy =
        rlhf::masked_mean<T>(b, {.values = parts.entropy, .d_values = rlhf::write_to(parts.d_entropy, -o.entropy_coef)},
                             {.aggregation = aggregation});
    rlhf::token_log_probs_backward_arrays<T> back{.d_log_probs = parts.d_log_probs};
    if (bonus) back.d_entropy = parts.d_entropy;
    rlhf::token_log_probs_backward<T>(b, parts.logits(), parts.targets, back, parts.logits(), o.head);

    CHECK(test::same_bits(whole.z, parts.z));
    CHECK(test::same_bits(whole.log_probs, parts.log_probs));
    CHECK(test::same_bits(whole.d_log_probs, parts.d_log_probs));
    CHECK(test::same_bits(whole.d_values, parts.d_values));
    CHECK(test::same_bits(whole.entropy, parts.entropy));
    CHECK(got.policy.loss() == policy.loss());
    CHECK(got.value.loss() == value.loss());
    CHECK(got.entropy.loss() == entropy.loss());
    const rlhf::lane::number<double> of_value = value.loss(), of_entropy = entropy.loss(); // no product is fused
    CHECK(got.loss() == double(policy.loss() + o.value_coef * of_value - o.entropy_coef * of_entropy));
    if (bonus) CHECK(test::same_bits(whole.d_entropy, parts.d_entropy));
}

TEMPLATE_TEST_CASE("ppo_loss: same bits however the batch is laid out", "", float, double) {
    using T = TestType;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n); };
    const auto log_prob = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, -1.5, 0.5); };
    contract::holds<T>(
        {.inputs = {logit, logit, logit, logit, logit, log_prob, log_prob, test::advantages<T>, logit, logit, logit},
         .outputs = 10,
         .time_major = false},
        [](const contract::call<T>& c) {
            test::contract_logits<T> z(c);
            const auto r = rlhf::ppo_loss<T>(c.batch, z.logits(), z.targets(),
                                             {.old_log_probs = c.in[5],
                                              .ref_log_probs = c.in[6],
                                              .advantages = c.in[7],
                                              .values = c.in[8],
                                              .old_values = c.in[9],
                                              .returns = c.in[10],
                                              .log_probs = c.out[0],
                                              .entropy = c.out[1],
                                              .d_log_probs = c.out[2],
                                              .d_entropy = c.out[3],
                                              .d_values = c.out[4]},
                                             z.logits(), everything, c.run);
            for (std::size_t v = 0; v < 5; ++v) z.column(v, c.out[5 + v]);
            return r;
        },
        digest);
}

TEST_CASE("ppo_loss: central differences through the logits and the values") {
    test::random r(12);
    step<double> s(r, 2, 6, 7);
    // Nobody at a bound of the clip range, where the loss has no slope.
    const rlhf::ppo_loss_options o = everything;
    auto d = s.z;
    const auto into = test::logits_of(d, s.B, s.S, s.V);
    const auto loss = [&] { return rlhf::ppo_loss(s.batch(), s.logits(), s.targets, s.arrays(), into, o).loss(); };
    loss();
    const auto d_logits = d, d_values = s.d_values;
    CHECK(test::worst_difference(s.z, d_logits, loss, 1e-6) < 1e-8);
    CHECK(test::worst_difference(s.values, d_values, loss, 1e-6) < 1e-8);
}

TEST_CASE("ppo_loss: narrower gradients, no critic, parts") {
    test::random r(3);
    step<float> s(r, 4, 10, 50);
    auto arrays = s.arrays();
    arrays.values = {}, arrays.old_values = {}, arrays.returns = {}, arrays.d_values = {}, arrays.entropy = {},
    arrays.d_entropy = {};
    std::vector<rlhf::bfloat16> narrow(s.z.size());
    std::vector<float> wide(s.z.size());
    const rlhf::ppo_loss_options o{.policy = {.clip_range = 0.2}};
    const auto r1 = rlhf::ppo_loss(s.batch(), s.logits(), s.targets, arrays, test::logits_of(narrow, 4, 10, 50), o);
    const auto r2 = rlhf::ppo_loss(s.batch(), s.logits(), s.targets, arrays, test::logits_of(wide, 4, 10, 50), o);
    CHECK(r1.loss() == r2.loss());
    CHECK(r1.loss() == r1.policy.loss());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < wide.size(); ++i) wrong += narrow[i].bits != rlhf::bfloat16(wide[i]).bits;
    CHECK(wrong == 0);

    auto b = s.batch();
    b.denominator = rlhf::count(b);
    rlhf::ppo_loss_result joined;
    for (int first = 0; first < 4; first += 2) {
        const auto cut = [&](auto& a) { return rlhf::part(a, b, first, 2); };
        joined += rlhf::ppo_loss(b.part(first, 2), rlhf::part(s.logits(), b, first, 2), cut(s.targets),
                                 {.old_log_probs = cut(s.old_log_probs),
                                  .advantages = cut(s.advantages),
                                  .log_probs = cut(s.log_probs),
                                  .d_log_probs = cut(s.d_log_probs)},
                                 rlhf::part(test::logits_of(wide, 4, 10, 50), b, first, 2), o);
    }
    CHECK(joined.loss() == r1.loss());
    CHECK(joined.own == r1.own);
}

TEST_CASE("ppo_loss: a result of no tokens changes nothing, on either side of +=") {
    test::random r(8);
    step<float> s(r, 4, 10, 50);
    const rlhf::ppo_loss_options o{.policy = {.clip_range = 0.2}, .value_coef = 0.5, .entropy_coef = 0.1};
    const auto whole = rlhf::ppo_loss(s.batch(), s.logits(), s.targets, s.arrays(), s.logits(), o);
    rlhf::ppo_loss_result left = whole, right;
    left += rlhf::ppo_loss_result(), right += whole;
    CHECK((left.loss() == whole.loss() && right.loss() == whole.loss() && whole.loss() != whole.policy.loss()));
}

TEMPLATE_TEST_CASE("ppo_loss: without a bonus the gradient of the entropy is 0", "", float, double) {
    using T = TestType;
    test::random r(7);
    for (const bool with_entropy : {true, false}) {
        step<T> s(r, 3, 8, 9);
        std::fill(s.d_entropy.begin(), s.d_entropy.end(), T(7));
        auto arrays = s.arrays();
        if (!with_entropy) arrays.entropy = {};
        rlhf::ppo_loss(s.batch(), s.logits(), s.targets, arrays, s.logits());
        CHECK(test::same_bits(s.d_entropy, std::vector<T>(s.d_entropy.size())));
    }
}

TEMPLATE_TEST_CASE("ppo_loss: the sampler's log-probs and both weights reach the parts", "", float, double) {
    using T = TestType;
    test::random r(5);
    step<T> whole(r, 4, 30, 17), parts = whole;
    const auto behavior = test::normals<T>(r, 4 * 30, -3, 0.7), weights = test::normals<T>(r, 4 * 30, 1, 0.2);
    const std::vector<T> value_weights{T(0.5), 1, 0, 2};
    rlhf::ppo_loss_options o = everything;
    o.policy.importance_limit = 2;
    auto arrays = whole.arrays();
    arrays.behavior_log_probs = behavior, arrays.weights = weights;
    arrays.value_weights = rlhf::per_sequence(value_weights);
    const auto got = rlhf::ppo_loss(whole.batch(), whole.logits(), whole.targets, arrays, whole.logits(), o);

    const rlhf::batch b = parts.batch();
    rlhf::token_log_probs<T>(b, parts.logits(), parts.targets, {.log_probs = parts.log_probs}, o.head);
    const auto policy = rlhf::ppo_policy_loss<T>(b,
                                                 {.log_probs = parts.log_probs,
                                                  .old_log_probs = parts.old_log_probs,
                                                  .ref_log_probs = parts.ref_log_probs,
                                                  .behavior_log_probs = behavior,
                                                  .advantages = parts.advantages,
                                                  .weights = weights,
                                                  .d_log_probs = parts.d_log_probs},
                                                 o.policy);
    const auto value = rlhf::ppo_value_loss<T>(b,
                                               {.values = parts.values,
                                                .old_values = parts.old_values,
                                                .returns = parts.returns,
                                                .weights = rlhf::per_sequence(value_weights),
                                                .d_values = rlhf::write_to(parts.d_values, o.value_coef)},
                                               o.value);
    CHECK(test::same_bits(whole.d_log_probs, parts.d_log_probs));
    CHECK(test::same_bits(whole.d_values, parts.d_values));
    CHECK(got.policy.loss() == policy.loss());
    CHECK(got.value.loss() == value.loss());
    CHECK(got.own == policy.own);
    arrays.behavior_log_probs = {}, arrays.weights = {}, arrays.value_weights = {},
    o.policy.importance_limit = rlhf::unlimited;
    const auto plain = rlhf::ppo_loss(parts.batch(), parts.logits(), parts.targets, arrays, parts.logits(), o);
    CHECK(plain.policy.loss() != policy.loss());
    CHECK(plain.value.loss() != value.loss());
}

TEST_CASE("ppo_loss: sequences cut over ranks, each with the mean of its own tokens, by weights") {
    test::random r(8);
    step<double> s(r, 3, 40, 11), whole = s;
    auto b = s.batch();
    b.predict_next = false;
    rlhf::ppo_loss_options o = everything;
    o.entropy_coef = 0;
    o.policy.aggregation = o.value.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    const double want = rlhf::ppo_loss(b, whole.logits(), whole.targets, whole.arrays(), whole.logits(), o).loss();

    std::vector<double> weights(s.B);
    for (std::size_t i = 0; i < s.B; ++i)
        weights[i] = 1.0 / static_cast<double>(std::count(s.mask.begin() + std::ptrdiff_t(i * s.S),
                                                          s.mask.begin() + std::ptrdiff_t((i + 1) * s.S), 1));
    o.policy.aggregation = o.value.aggregation = rlhf::aggregation::sequence_mean_token_sum;
    rlhf::ppo_loss_result joined;
    for (const std::size_t first : {std::size_t(0), std::size_t(15)}) {
        const std::size_t n = first == 0 ? 15 : s.S - 15;
        const auto cut = [&](auto& x) {
            return rlhf::view(x.data() + first, {.sequences = s.B, .steps = n, .stride = s.S});
        };
        const auto logits =
            rlhf::logits_view(s.z.data() + first * s.V, {.sequences = s.B, .steps = n, .vocab = s.V}, s.V, s.S * s.V);
        const rlhf::batch part{
            .sequences = s.B, .steps = n, .predict_next = false, .mask = cut(s.mask), .denominator = rlhf::count(b)};
        joined += rlhf::ppo_loss<double>(part, logits, cut(s.targets),
                                         {.old_log_probs = cut(s.old_log_probs),
                                          .ref_log_probs = cut(s.ref_log_probs),
                                          .advantages = cut(s.advantages),
                                          .weights = rlhf::per_sequence(weights),
                                          .values = cut(s.values),
                                          .old_values = cut(s.old_values),
                                          .returns = cut(s.returns),
                                          .value_weights = rlhf::per_sequence(weights),
                                          .log_probs = cut(s.log_probs),
                                          .d_log_probs = cut(s.d_log_probs),
                                          .d_values = cut(s.d_values)},
                                         logits, o);
    }
    CHECK(joined.loss() == Approx(want).epsilon(1e-14));
    double worst = 0;
    for (std::size_t i = 0; i < s.z.size(); ++i) worst = std::max(worst, std::fabs(s.z[i] - whole.z[i]));
    for (std::size_t i = 0; i < s.values.size(); ++i)
        worst = std::max(worst, std::fabs(s.d_values[i] - whole.d_values[i]));
    CHECK(worst <= 1e-16); // of numbers up to 0.1
}
