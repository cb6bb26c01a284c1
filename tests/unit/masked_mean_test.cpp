// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/masked_mean.hpp"
#include "support/refusal.hpp"

#include <rlhf/policy/masked_mean.hpp>

namespace {

constexpr std::array aggregations{rlhf::aggregation::token_mean, rlhf::aggregation::sequence_mean_token_mean,
                                  rlhf::aggregation::sequence_mean_token_sum};

template <class T>
void contract_holds(rlhf::aggregation how) {
    contract::holds<T>(
        {.inputs = {test::advantages<T>}},
        [&](const contract::call<T>& c) {
            return rlhf::masked_mean<T>(c.batch, {.values = c.in[0], .d_values = rlhf::write_to(c.out[0], -0.01)},
                                        {.aggregation = how}, c.run);
        },
        [](const rlhf::masked_mean_result& r) {
            return std::vector<double>{r.loss(), r.mean_loss(), r.own.tokens, r.own.sequences};
        });
}

} // namespace

TEMPLATE_TEST_CASE("masked_mean: same bits however the batch is laid out", "", float, double) {
    for (const auto how : aggregations) { contract_holds<TestType>(how); }
}

TEMPLATE_TEST_CASE("masked_mean: value and gradient of the reference", "", float, double) {
    test::random r(1);
    for (const auto kind : test::mask_kinds)
        for (std::size_t how = 0; how < aggregations.size(); ++how) {
            const std::size_t B = 5, S = 37;
            const auto values = test::normals<TestType>(r, B * S, 1);
            const auto mask = test::mask(r, kind, B, S);
            std::vector<TestType> d(B * S, 9), added(B * S, 2);
            const rlhf::batch b{.sequences = B, .steps = S, .mask = mask, .denominator = rlhf::counted_here};
            const auto got =
                rlhf::masked_mean<TestType>(b, {.values = values, .d_values = d}, {.aggregation = aggregations[how]});
            rlhf::masked_mean<TestType>(b, {.values = values, .d_values = rlhf::add_to(added, 3)},
                                        {.aggregation = aggregations[how]});
            const auto want = reference::masked_mean(reference::padded(B, S, mask), reference::to_real(values),
                                                     static_cast<reference::aggregation>(how));
            CHECK(got.loss() ==
                  Approx(static_cast<double>(want.mean)).epsilon(sizeof(TestType) == 4 ? 1e-6 : 1e-14).margin(1e-300));
            CHECK(got.loss() == got.mean_loss());
            CHECK(test::worst_ulp_error(d, want.d_values) <= 1);
            for (std::size_t i = 0; i < d.size(); ++i) CHECK(test::close(added[i], 2 + 3 * want.d_values[i], 1));
        }
}

TEST_CASE("masked_mean: a scale that is infinite in the gradient's type throws") {
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto says = [&]<class T>(T, double scale) {
        const std::vector<T> x(2);
        std::vector<T> d(2, T(7));
        const auto message =
            test::refusal([&] { rlhf::masked_mean<T>(b, {.values = x, .d_values = rlhf::add_to(d, scale)}); });
        if (!message.empty()) CHECK(d == std::vector<T>(2, T(7)));
        return message;
    };
    CHECK(says(0.F, 1e39) == "rlhf::masked_mean: d_values is 1e+39, which is infinite as a float");
    CHECK(says(0.F, -1e39) == "rlhf::masked_mean: d_values is -1e+39, which is infinite as a float");
    CHECK(says(0.F, 1e38).empty());
    CHECK(says(0.0, 1e39).empty());
    CHECK(says(0.0, INFINITY) == "rlhf::masked_mean: d_values is inf, expected a finite number");
}

TEST_CASE("masked_mean: one element per sequence, infinities, sentences") {
    const std::vector<float> one_each{1, 5};
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    CHECK(rlhf::masked_mean(b, {.values = rlhf::per_sequence(one_each)}).loss() == 3);
    std::vector<float> x(6, 1);
    x[2] = std::numeric_limits<float>::infinity();
    CHECK(rlhf::masked_mean(b, {.values = x}).loss() == std::numeric_limits<double>::infinity());
    x[3] = -x[2];
    CHECK(std::isnan(rlhf::masked_mean(b, {.values = x}).loss()));
    const auto message = [](const rlhf::batch& of, const rlhf::masked_mean_arrays<float>& a) {
        return test::refusal([&] { rlhf::masked_mean(of, a); });
    };
    CHECK(message(b, {.values = one_each}) == "rlhf::masked_mean: values has 2 elements, expected 6");
    CHECK(message(b, {.values = x, .d_values = x}) == "rlhf::masked_mean: d_values overlaps values");
    auto part = b;
    part.denominator = rlhf::counts{.tokens = 5, .sequences = 2};
    CHECK(message(part, {.values = x}).find("more than its denominator 5") != std::string::npos);
}

TEST_CASE("masked_mean: sums are right in the range that loss_sums states, and infinite or 0 beyond") {
    const auto mean = []<class T>(T x) { // of 512 numbers: 32 floats in each of 16 lanes, or 64 doubles in each of 8
        const std::vector<T> values(512, x);
        const rlhf::batch b{.steps = 512, .mask = rlhf::all, .denominator = rlhf::counted_here};
        return rlhf::masked_mean<T>(b, {.values = values}).loss();
    };
    const double inf = std::numeric_limits<double>::infinity();
    const float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
    CHECK((mean(0x1p150) == 0x1p150 && mean(-0x1p150) == -0x1p150));
    CHECK((mean(0x1p151) == inf && mean(-0x1p151) == -inf && mean(1e49) == inf));
    CHECK((mean(0x1p-201) == 0x1p-201 && mean(0x1p-203) == 0 && mean(1e-61) == 0));
    CHECK((mean(0x1.fp122F) == 0x1.fp122 && mean(most) == inf));
    CHECK((mean(least) == double(least) && mean(-least) == -double(least)));
    const auto alone = [](double x) {
        const rlhf::batch b{.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
        return rlhf::masked_mean<double>(b, {.values = std::vector<double>{x}}).loss();
    };
    CHECK((alone(0x1.8p159) == 0x1.8p159 && alone(0x1p160) == inf));
    CHECK((alone(0x1.0000000000001p-140) == 0x1.0000000000001p-140 && alone(0x1.0000000000001p-142) == 0x1p-142));
    CHECK((alone(0x1p-192) == 0x1p-192 && alone(0x1.8p-192) == 0x1p-191 && alone(0x1p-194) == 0));
}
