// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/linear_layer.hpp"

namespace {

using test::layer, test::not_a_number;

template <class E>
constexpr double close_enough = std::same_as<E, double> ? 1e-15 : 3e-8;

template <class E>
struct per_token {
    std::vector<E> log_probs, entropy, d_log_probs, d_entropy, log_sum_exp, collision;
    explicit per_token(std::size_t n)
        : log_probs(n, 9), entropy(n, 9), d_log_probs(n, 9), d_entropy(n, 9), log_sum_exp(n, 9), collision(n, 9) {}
    bool operator==(const per_token&) const = default;
};

} // namespace

TEMPLATE_TEST_CASE("linear_head: ppo_loss of the logits that are never held", "", float, double) {
    using E = TestType;
    layer<E> whole(1);
    const rlhf::ppo_loss_options o{.head = {.temperature = 0.8}, .entropy_coef = 0.1};
    const auto arrays = [&](per_token<E>& a) {
        return rlhf::ppo_loss_arrays<E>{.old_log_probs = whole.old_log_probs,
                                        .advantages = whole.advantages,
                                        .log_probs = a.log_probs,
                                        .entropy = a.entropy,
                                        .d_log_probs = a.d_log_probs,
                                        .d_entropy = a.d_entropy};
    };
    per_token<E> want(whole.n);
    const auto r = rlhf::ppo_loss<E>(whole.batch, whole.logits(), whole.targets, arrays(want), whole.logits(), o);
    const auto [want_hidden, want_weights] = whole.slopes();
    for (const std::size_t rows : {1U, 3U, 100U, 600U}) {
        layer<E> l(rows);
        per_token<E> got(l.n);
        std::vector<E> d_hidden(l.n * l.H, E(not_a_number)), d_weights(l.V * l.H, E(not_a_number));
        const auto s =
            rlhf::ppo_loss<E>(l.batch, l.head(), l.targets, arrays(got), {.hidden = d_hidden, .weights = d_weights}, o);
        CHECK(got == want);
        CHECK(s.loss() == r.loss());
        CHECK(s.policy.clip_fraction() == r.policy.clip_fraction());
        CHECK(test::distance(d_hidden, want_hidden) <= close_enough<E>);
        CHECK(test::distance(d_weights, want_weights) <= close_enough<E> * 4);
        std::size_t masked = 0;
        for (std::size_t i = 0; i < l.n; ++i)
            for (std::size_t k = 0; k < l.H; ++k) masked += l.mask[i] == 0 && d_hidden[i * l.H + k] != 0 ? 1 : 0;
        CHECK(masked == 0);
    }
}

TEMPLATE_TEST_CASE("linear_head: log-probabilities and cross entropy of the logits that are never held", "", float,
                   double) {
    using E = TestType;
    layer<E> l(4);
    per_token<E> got(l.n), want(l.n);
    const auto arrays = [](per_token<E>& a) {
        return rlhf::token_log_probs_arrays<E>{
            .log_probs = a.log_probs, .entropy = a.entropy, .log_sum_exp = a.log_sum_exp, .collision = a.collision};
    };
    const rlhf::token_log_probs_options colder{.temperature = 0.8};
    const auto tokens = rlhf::token_log_probs<E>(l.batch, l.logits(), l.targets, arrays(want), colder).tokens;
    CHECK(rlhf::token_log_probs<E>(l.batch, l.head(), l.targets, arrays(got), colder).tokens == tokens);
    CHECK(got == want);

    const auto slope = test::normals<E>(l.r, l.n);
    const auto z = l.z;
    rlhf::token_log_probs_backward<E>(l.batch, l.logits(), l.targets, {.d_log_probs = slope, .d_entropy = slope},
                                      l.logits(), colder);
    const auto [want_hidden, want_weights] = l.slopes();
    std::vector<E> d_hidden(l.n * l.H), d_weights(l.V * l.H);
    rlhf::token_log_probs_backward<E>(l.batch, l.head(), l.targets, {.d_log_probs = slope, .d_entropy = slope},
                                      {.hidden = d_hidden, .weights = d_weights}, colder);
    CHECK(test::distance(d_hidden, want_hidden) <= 40 * close_enough<E>);
    CHECK(test::distance(d_weights, want_weights) <= 100 * close_enough<E>);

    l.z = z;
    const rlhf::cross_entropy_loss_options o{.label_smoothing = 0.1, .z_loss_coef = 0.01};
    const auto r = rlhf::cross_entropy_loss(l.batch, l.logits(), l.targets, l.logits(), o);
    const auto [ce_hidden, ce_weights] = l.slopes();
    const auto s =
        rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, {.hidden = d_hidden, .weights = d_weights}, o);
    CHECK(s.loss() == r.loss());
    CHECK(s.accuracy() == r.accuracy());
    CHECK(test::distance(d_hidden, ce_hidden) <= close_enough<E>);
    CHECK(test::distance(d_weights, ce_weights) <= 4 * close_enough<E>);
    CHECK(rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, o).loss() == r.loss());
}

TEMPLATE_TEST_CASE("linear_head: same bits however the batch is laid out", "", float, double) {
    using T = TestType;
    constexpr std::size_t V = test::contract_logits<T>::vocab;
    std::vector<T> identity(V * V, 0);
    for (std::size_t v = 0; v < V; ++v) identity[v * V + v] = 1;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n); };
    contract::holds<T>(
        {.inputs = {logit, logit, logit, logit, logit}, .outputs = V, .time_major = false},
        [&](const contract::call<T>& c) {
            test::contract_logits<T> z(c); // hidden states, which the weights leave as they are
            std::vector<T> workspace(3 * 2 * V);
            const rlhf::view<T> hidden(z.logits().data(),
                                       {.sequences = c.batch.tokens(), .steps = V, .stride = z.logits().step_stride()});
            const auto r = rlhf::cross_entropy_loss(c.batch,
                                                    rlhf::linear_head<T>{.hidden = hidden,
                                                                         .weights = identity,
                                                                         .vocab = V,
                                                                         .hidden_size = V,
                                                                         .workspace = workspace,
                                                                         .product = test::naive_product},
                                                    z.targets(), {.hidden = hidden}, {}, c.run);
            for (std::size_t v = 0; v < V; ++v) z.column(v, c.out[v]);
            return r;
        },
        [](const rlhf::cross_entropy_loss_result& r) {
            return std::vector<double>{r.loss(), r.nll(), r.accuracy(), r.own.tokens};
        });
}

TEST_CASE("linear_head: add_to, scales, one gradient alone, in place of the hidden states") {
    layer<double> l(4);
    const std::size_t hidden_size = l.n * l.H, weights_size = l.V * l.H;
    std::vector<double> d_hidden(hidden_size), d_weights(weights_size);
    const auto step = [&](const rlhf::linear_head_gradient<double>& d) {
        return rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, d).loss();
    };
    const double loss = step({.hidden = d_hidden, .weights = d_weights});
    std::vector<double> other(hidden_size, 1), more(weights_size, 1);
    CHECK(step({.hidden = rlhf::add_to(other, 2), .weights = rlhf::add_to(more, -3)}) == loss);
    for (std::size_t i = 0; i < hidden_size; ++i) other[i] = (other[i] - 1) / 2;
    for (std::size_t i = 0; i < weights_size; ++i) more[i] = (more[i] - 1) / -3;
    CHECK(test::distance(other, d_hidden) <= 1e-15);
    CHECK(test::distance(more, d_weights) <= 1e-15);

    std::vector<double> alone(hidden_size, not_a_number);
    step({.hidden = rlhf::write_to(alone, 4)});
    for (std::size_t i = 0; i < hidden_size; ++i) alone[i] /= 4;
    CHECK(test::same_bits(alone, d_hidden));
    alone.assign(weights_size, not_a_number);
    step({.weights = alone});
    CHECK(test::same_bits(alone, d_weights));
    CHECK(step({.hidden = l.hidden}) == loss);
    CHECK(test::same_bits(l.hidden, d_hidden));

    const std::vector<std::uint8_t> none(l.n, 0);
    l.batch.mask = none;
    CHECK(step({.hidden = d_hidden, .weights = d_weights}) == 0);
    CHECK(std::count(d_hidden.begin(), d_hidden.end(), 0.0) == static_cast<std::ptrdiff_t>(hidden_size));
    CHECK(std::count(d_weights.begin(), d_weights.end(), 0.0) == static_cast<std::ptrdiff_t>(weights_size));
    step({.weights = rlhf::add_to(more)});
    CHECK(test::distance(more, alone) <= 1e-15); // as it was
}

TEST_CASE("linear_head: packed batches, strides, next tokens, any executor") {
    layer<float> l(4);
    const std::vector<std::int32_t> offsets{0, 7, 14, 21};
    rlhf::batch packed = l.batch;
    packed.sequences = 0, packed.steps = 0, packed.offsets = offsets;
    std::vector<float> d_hidden(l.n * l.H), d_weights(l.V * l.H), d2(l.n * l.H), w2(l.V * l.H);
    const auto r = rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, {.hidden = d_hidden, .weights = d_weights});
    const auto in_reverse = [](std::size_t n, rlhf::task body) {
        for (std::size_t i = n; i-- > 0;) body(i);
    };
    const auto s = rlhf::cross_entropy_loss(packed, l.head(), l.targets, {.hidden = d2, .weights = w2}, {}, in_reverse);
    CHECK(s.loss() == r.loss());
    CHECK(test::same_bits(d2, d_hidden));
    CHECK(test::same_bits(w2, d_weights));

    const std::int64_t stride = layer<float>::i64(l.H) + 3;
    std::vector<float> wide(l.V * static_cast<std::size_t>(stride), 7), kept = l.weights;
    for (std::size_t v = 0; v < l.V; ++v)
        std::copy_n(kept.begin() + layer<float>::i64(v * l.H), l.H, wide.begin() + layer<float>::i64(v) * stride);
    auto head = l.head();
    head.weights = rlhf::view<const float>(wide.data(), {.sequences = l.V, .steps = l.H, .stride = stride});
    std::vector<float> d_wide(wide.size(), 7);
    rlhf::cross_entropy_loss(
        l.batch, head, l.targets,
        {.weights = rlhf::view<float>(d_wide.data(), {.sequences = l.V, .steps = l.H, .stride = stride})});
    for (std::size_t v = 0; v < l.V; ++v)
        for (std::size_t k = 0; k < static_cast<std::size_t>(stride); ++k) {
            const float got = d_wide[v * static_cast<std::size_t>(stride) + k];
            CHECK(got == (k < l.H ? d_weights[v * l.H + k] : 7));
        }

    auto next = l.batch;
    next.predict_next = true;
    const auto tokens = test::targets(l.r, l.n, l.V);
    for (auto& h : l.hidden) h = std::isnan(h) ? 0 : h;
    test::naive_product(rlhf::product<float>{.rows = 21,
                                             .cols = 37,
                                             .inner = 5,
                                             .a = {l.hidden.data(), 5},
                                             .b = {l.weights.data(), 5, true},
                                             .c = l.z.data(),
                                             .c_stride = 37});
    CHECK(rlhf::cross_entropy_loss(next, l.head(), tokens).loss() ==
          rlhf::cross_entropy_loss(next, l.logits(), tokens).loss());
}

TEST_CASE("linear_head: central differences through hidden states and weights") {
    layer<double> l(4);
    std::vector<double> d_hidden(l.n * l.H), d_weights(l.V * l.H);
    const rlhf::cross_entropy_loss_options o{.temperature = 1.3, .label_smoothing = 0.2, .z_loss_coef = 0.1};
    const auto loss = [&] { return rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, o).loss(); };
    rlhf::cross_entropy_loss(l.batch, l.head(), l.targets, {.hidden = d_hidden, .weights = d_weights}, o);
    CHECK(test::worst_difference(l.hidden, d_hidden, loss, 1e-6) < 1e-9);
    CHECK(test::worst_difference(l.weights, d_weights, loss, 1e-6) < 1e-9);
}

TEST_CASE("linear_head: sentences, before anything is written") {
    layer<float> l(2);
    std::vector<float> d_hidden(l.n * l.H, 5), d_weights(l.V * l.H, 5);
    const auto workspace = l.workspace;
    const auto refused = [&](auto&& change) {
        auto head = l.head();
        rlhf::linear_head_gradient<float> d{.hidden = d_hidden, .weights = d_weights};
        change(head, d);
        return test::refusal([&] { rlhf::cross_entropy_loss(l.batch, head, l.targets, d); });
    };
    std::vector<float> few(41);
    CHECK(refused([&](auto& h, auto&) { h.workspace = few; }) ==
          "rlhf::cross_entropy_loss: workspace has 41 elements, expected at least 42 (vocab + hidden_size)");
    CHECK(refused([&](auto& h, auto&) { h.workspace = {}; }).find("workspace has 0 elements") != std::string::npos);
    CHECK(refused([&](auto& h, auto&) { h.workspace = rlhf::view(few.data(), {.sequences = 2, .steps = 7}); }) ==
          "rlhf::cross_entropy_loss: workspace has 14 elements, expected at least 42 (vocab + hidden_size)");
    CHECK(refused([&](auto& h, auto&) {
              h.workspace = rlhf::view(l.workspace.data(), {.sequences = 2, .steps = 21, .stride = 22});
          }) == "rlhf::cross_entropy_loss: workspace has a stride of 22, expected 21 (no gaps)");
    CHECK(refused([&](auto& h, auto&) { h.weights = rlhf::view<const float>::with(l.weights.data(), 37, 5, 0); }) ==
          "rlhf::cross_entropy_loss: weights has a stride of 0, shorter than its row of 5");
    CHECK(refused([](auto& h, auto&) { h.product = {}; }).find("product is missing") != std::string::npos);
    CHECK(refused([&](auto& h, auto&) { h.hidden = few; }) ==
          "rlhf::cross_entropy_loss: hidden is [1, 41], expected [21, 5]");
    CHECK(refused([&](auto& h, auto&) {
              h.weights = rlhf::view<const float>(l.weights.data(), {.sequences = 36, .steps = 5});
          }) == "rlhf::cross_entropy_loss: weights is [36, 5], expected [37, 5]");
    CHECK(refused([&](auto& h, auto&) {
              h.weights = rlhf::view<const float>(l.weights.data(), {.sequences = 37, .steps = 5, .stride = 4});
          }) == "rlhf::cross_entropy_loss: weights has a stride of 4, shorter than its row of 5");
    CHECK(refused([&](auto&, auto& d) { d.weights = rlhf::write_to(d_weights, 1e39); }) ==
          "rlhf::cross_entropy_loss: d_weights is 1e+39, which is infinite as a float");
    CHECK(refused([&](auto&, auto& d) { d.hidden = rlhf::write_to(d_hidden, 1e39); }) ==
          "rlhf::cross_entropy_loss: d_hidden is 1e+39, which is infinite as a float");
    CHECK(refused([](auto& h, auto&) { h.vocab = 0; }).find("the head is [0, 5]") != std::string::npos);
    CHECK(refused([&](auto&, auto& d) { d.weights = few; }) ==
          "rlhf::cross_entropy_loss: d_weights is [1, 41], expected [37, 5]");
    CHECK(refused([&](auto&, auto& d) { d.weights = l.weights; }) ==
          "rlhf::cross_entropy_loss: d_weights overlaps weights");
    CHECK(refused([&](auto& h, auto&) { h.workspace = d_weights; }) ==
          "rlhf::cross_entropy_loss: d_weights overlaps workspace");
    CHECK(refused([&](auto&, auto& d) { d.hidden.scale = not_a_number; }).find("d_hidden is nan") != std::string::npos);
    l.targets[0] = l.mask[0] != 0 ? 37 : l.targets[0];
    l.targets[1] = l.mask[1] != 0 ? 37 : l.targets[1];
    CHECK(refused([](auto&, auto&) {}).find("is outside the vocabulary of 37") != std::string::npos);
    CHECK(std::count(d_hidden.begin(), d_hidden.end(), 5.F) == static_cast<std::ptrdiff_t>(d_hidden.size()));
    CHECK(std::count(d_weights.begin(), d_weights.end(), 5.F) == static_cast<std::ptrdiff_t>(d_weights.size()));
    CHECK(test::same_bits(workspace, l.workspace));
}
