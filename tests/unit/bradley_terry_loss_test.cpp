// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/bradley_terry_loss.hpp"
#include "support/cases.hpp"

#include <rlhf/reward/bradley_terry_loss.hpp>

namespace {

std::vector<double> digest(const rlhf::bradley_terry_loss_result& r) {
    return {r.loss(),        r.mean_loss(), r.own.tokens,    r.own.sequences,
            r.comparisons(), r.accuracy(),  r.mean_margin(), r.nonfinite()};
}

template <class T>
void contract_holds(const rlhf::bradley_terry_loss_options& o) {
    const contract::problem<T> p{
        .inputs = {test::advantages<T>, test::advantages<T>, test::advantages<T>}, .outputs = 2, .adds = true};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::bradley_terry_loss<T>(c.batch,
                                               {.chosen_rewards = c.in[0],
                                                .rejected_rewards = c.in[1],
                                                .margins = c.in[2],
                                                .d_chosen_rewards = c.d(0),
                                                .d_rejected_rewards = c.d(1)},
                                               o, c.run);
        },
        digest);
}

/// m has three roundings of at most its terms' size, each as large in the loss and in σ(m) as there is slope; exp,
/// log1p, a quotient and at most four products and sums follow.
constexpr double roundings = 8;

template <class T>
void matches_reference(const rlhf::bradley_terry_loss_options& o, bool with_margins) {
    test::random r(23);
    const auto where = test::mixed_rectangle(r);
    const std::size_t n = where.size();
    auto chosen = test::normals<T>(r, n, 0, 3), rejected = test::normals<T>(r, n, 0, 3);
    const auto margins = test::normals<T>(r, n, 0.5, 0.5);
    test::poison(r, chosen, where.mask), test::poison(r, rejected, where.mask);
    std::vector<T> d_chosen(n), d_rejected(n);
    const auto got =
        rlhf::bradley_terry_loss<T>(where.batch(),
                                    {.chosen_rewards = chosen,
                                     .rejected_rewards = rejected,
                                     .margins = with_margins ? rlhf::view<const T>(margins) : rlhf::view<const T>(),
                                     .d_chosen_rewards = d_chosen,
                                     .d_rejected_rewards = d_rejected},
                                    o);
    using reference::to_real;
    const auto b = where.reference();
    const auto want = reference::bradley_terry_loss(
        b, {to_real(chosen), to_real(rejected), with_margins ? to_real(margins) : reference::array()},
        {.margin = o.margin, .label_smoothing = o.label_smoothing, .center_coef = o.center_coef});
    const auto share = reference::shares(b, reference::aggregation::token_mean);
    reference::array scale(n, 0);
    long double loss = 0, margin = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (where.mask[i] == 0) continue;
        const long double size = 1 + std::fabs((long double)(chosen[i])) + std::fabs((long double)(rejected[i])) +
                                 std::fabs((long double)(margins[i]));
        scale[i] = share[i] * size * (1 + 2 * o.center_coef);
        loss += share[i] * (size + o.center_coef * size * size), margin += share[i] * size;
    }
    CHECK(test::worst_error(d_chosen, want.d_chosen_rewards, scale) <= roundings);
    CHECK(test::worst_error(d_rejected, want.d_rejected_rewards, scale) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, loss) <= roundings + test::summing<T>);
    CHECK(got.mean_loss() == got.loss());
    CHECK(got.comparisons() == static_cast<double>(reference::count(b).tokens));
    CHECK(got.accuracy() == Approx(static_cast<double>(want.accuracy)).epsilon(1e-14));
    CHECK(test::error<T>(got.mean_margin(), want.mean_margin, margin) <= 1 + test::summing<T>);
    CHECK(got.nonfinite() == 0);
}

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEMPLATE_TEST_CASE("bradley_terry_loss: same bits however the batch is laid out", "[contract]", float, double) {
    contract_holds<TestType>({.margin = 0.5, .label_smoothing = 0.1, .center_coef = 0.01});
}

TEMPLATE_TEST_CASE("bradley_terry_loss: value, gradients and statistics equal the reference", "", float, double) {
    using T = TestType;
    for (const bool margins : {false, true})
        for (const double margin : {0.0, 1.0})
            for (const double smoothing : {0.0, 0.1, 0.5})
                for (const double center : {0.0, 0.01}) {
                    CAPTURE(margins, margin, smoothing, center);
                    matches_reference<T>({margin, smoothing, center}, margins);
                }
}

TEST_CASE("bradley_terry_loss: OpenRLHF's and torchrl's numbers", "[goldens]") {
    const auto cases = test::read_goldens("packages.txt");
    const auto& g = cases.at("openrlhf_pairwise");
    const std::size_t n = g["chosen"].size();
    std::vector<double> d_chosen(n), d_rejected(n);
    const auto r = rlhf::bradley_terry_loss<double>({.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                                    {.chosen_rewards = g["chosen"],
                                                     .rejected_rewards = g["rejected"],
                                                     .margins = g["margins"],
                                                     .d_chosen_rewards = d_chosen,
                                                     .d_rejected_rewards = d_rejected});
    CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
    for (std::size_t i = 0; i < n; ++i) {
        CHECK(d_chosen[i] == Approx(g["d_chosen"][i]).epsilon(1e-14));
        CHECK(d_rejected[i] == Approx(g["d_rejected"][i]).epsilon(1e-14));
    }
    const std::vector<double> two{2}, one{1};
    const auto pair =
        rlhf::bradley_terry_loss<double>({.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                         {.chosen_rewards = two, .rejected_rewards = one});
    CHECK(pair.loss() == Approx(.313261687518).epsilon(1e-11));
    CHECK(pair.accuracy() == 1);
    CHECK(rlhf::bradley_terry_loss<double>({.steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                           {.chosen_rewards = one, .rejected_rewards = one})
              .accuracy() == 0);
}

TEST_CASE("bradley_terry_loss: wrong arguments throw, and nothing is written") {
    const std::vector<float> c{1, 2, 3}, w{0, 3, 1}, two{1, 2};
    const rlhf::batch b{.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](rlhf::bradley_terry_loss_arrays<float> a, const rlhf::bradley_terry_loss_options& o,
                          rlhf::denominator d = rlhf::counted_here) {
        std::vector<float> first(3, 7.f), second(3, 7.f);
        a.d_chosen_rewards = first, a.d_rejected_rewards = second;
        rlhf::batch divided = b;
        divided.denominator = d;
        const auto words = test::refusal([&] { rlhf::bradley_terry_loss(divided, a, o); });
        CHECK((first == std::vector<float>(3, 7.f) && second == first));
        return words;
    };
    const std::string f = "rlhf::bradley_terry_loss: ";
    CHECK(said({.chosen_rewards = two, .rejected_rewards = w}, {}) == f + "chosen_rewards has 2 elements, expected 3");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = two}, {}) ==
          f + "rejected_rewards has 2 elements, expected 3");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w, .margins = two}, {}) ==
          f + "margins has 2 elements, expected 3");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.margin = inf}) ==
          f + "margin is inf, expected a finite number");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.label_smoothing = 0.6}) ==
          f + "label_smoothing is 0.6, expected [0, 0.5]");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.label_smoothing = NaN}) ==
          f + "label_smoothing is nan, expected [0, 0.5]");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.center_coef = -1})
              .starts_with(f + "center_coef is -1, expected [0, "));
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.margin = 1e39}) ==
          f + "margin is 1e+39, which is infinite as a float");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {.center_coef = 1e39}) ==
          f + "center_coef is 1e+39, expected [0, 3.40282e+38]");
    CHECK(said({.chosen_rewards = c, .rejected_rewards = w}, {}, rlhf::counts{2, 1}) ==
          f + "the batch counts 3 tokens, more than its denominator 2; a part cannot exceed the whole");
    std::vector<float> d(3);
    CHECK(test::refusal([&] {
              rlhf::bradley_terry_loss(
                  b, {.chosen_rewards = c, .rejected_rewards = w, .d_chosen_rewards = d, .d_rejected_rewards = d});
          }) == f + "d_chosen_rewards overlaps d_rejected_rewards");
}

TEST_CASE("bradley_terry_loss: nothing to compare is zero") {
    const std::vector<float> c{1, 2, 3}, w{0, 3, 1};
    const std::vector<std::uint8_t> none(3, 0);
    std::vector<float> d(3, 7.f);
    const auto r = rlhf::bradley_terry_loss({.steps = 3, .mask = none, .denominator = rlhf::counted_here},
                                            {.chosen_rewards = c, .rejected_rewards = w, .d_chosen_rewards = d});
    for (const double v : digest(r)) CHECK(v == 0);
    CHECK(test::same_bits(d, std::vector<float>(3, 0.f)));
    for (const double v : digest(
             rlhf::bradley_terry_loss({.mask = rlhf::all, .denominator = rlhf::counted_here},
                                      {.chosen_rewards = std::span<float>(), .rejected_rewards = std::span<float>()})))
        CHECK(v == 0);
}

TEST_CASE("bradley_terry_loss: infinite rewards give limits, NaN its own pair") {
    const std::vector<float> c{inf, -inf, 1, 1, NaN, inf, 2}, w{1, 1, inf, -inf, 1, inf, 1};
    for (const double smoothing : {0.0, 0.1}) {
        std::vector<float> dc(7), dw(7);
        const auto r = rlhf::bradley_terry_loss({.steps = 7, .mask = rlhf::all, .denominator = rlhf::counts{7, 1}},
                                                {.chosen_rewards = c,
                                                 .rejected_rewards = w,
                                                 .d_chosen_rewards = rlhf::write_to(dc, 7),
                                                 .d_rejected_rewards = rlhf::write_to(dw, 7)},
                                                {.label_smoothing = smoothing});
        const auto e = static_cast<float>(smoothing);
        CHECK((dc[0] == e && dc[1] == e - 1 && dc[2] == e - 1 && dc[3] == e));
        for (std::size_t i = 0; i < 4; ++i) CHECK(dw[i] == -dc[i]);
        CHECK((std::isnan(dc[4]) && std::isnan(dw[4]) && std::isnan(dc[5]) && std::isnan(dw[5])));
        CHECK(std::isfinite(dc[6]));
        CHECK(r.nonfinite() == (smoothing > 0 ? 6 : 4));
    }
}
