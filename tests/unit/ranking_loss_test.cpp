// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/ranking_loss.hpp"
#include "support/cases.hpp"

#include <rlhf/reward/bradley_terry_loss.hpp>
#include <rlhf/reward/ranking_loss.hpp>

using rlhf::tie_divisor, test::one_prompt;

namespace {

std::vector<double> digest(const rlhf::ranking_loss_result& r) {
    return {r.loss(),        r.mean_loss(), r.own.tokens,    r.own.sequences,
            r.comparisons(), r.accuracy(),  r.mean_margin(), r.nonfinite()};
}

/// 1 … n / 2, so that some are tied.
std::vector<std::int32_t> ranks(test::random& r, std::size_t n) {
    std::vector<std::int32_t> x(n);
    for (auto& e : x) e = static_cast<std::int32_t>(1 + r.below(n / 2 + 1));
    return x;
}

template <class T>
void contract_holds(const rlhf::ranking_loss_options& o, bool ranked) {
    contract::problem<T> p{
        .inputs = {test::advantages<T>}, .predict_next = false, .adds = true, .lengths = {9, 0, 1, 40, 4, 2, 7, 23}};
    if (ranked) p.indices = {ranks};
    p.denominator = [](const contract::call<T>& c) {
        return rlhf::count_pairs(c.batch, c.narrow.empty() && c.wide.empty() ? rlhf::index_view() : c.index(0));
    };
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::ranking_loss<T>(
                c.batch, {.rewards = c.in[0], .ranks = ranked ? c.index(0) : rlhf::index_view(), .d_rewards = c.d(0)},
                o, c.run);
        },
        digest);
}

/// A pair is rounded as in bradley_terry_loss: 8 epsilons of its size. At most 32 of them add up in T, which is 31
/// halves of an epsilon; then come double and a factor.
constexpr double roundings = 8 + 31 / 2.0 + 1;

/// Sizes of what is added up in the loss, and in each gradient.
struct sizes {
    reference::array gradient;
    long double loss = 0;

    sizes(const reference::batch& b, const reference::array& rewards, const std::vector<std::int64_t>& ranks,
          const rlhf::ranking_loss_options& o)
        : gradient(b.size, 0) {
        const auto prompts = reference::count_pairs(b, ranks).sequences;
        for (const auto& row : b.rows) {
            const auto each = [&](const auto& f) {
                for (std::size_t i = 0; i < row.size(); ++i)
                    for (std::size_t j = 0; j < row.size(); ++j)
                        if (reference::detail::better(b, row, ranks, i, j)) f(row[i], row[j]);
            };
            const auto counted = reference::counted_in(b, row);
            long double pairs = 0;
            each([&](std::size_t, std::size_t) { pairs += 1; });
            const auto divisor = o.ties == tie_divisor::all_pairs ? counted * (counted - 1) / 2 : pairs;
            each([&](std::size_t i, std::size_t j) {
                const long double share = 1 / (divisor * prompts);
                const long double size = 1 + std::fabs(rewards[i]) + std::fabs(rewards[j]) + o.margin;
                for (const auto k : {i, j}) gradient[k] += share * size * (1 + 2 * o.center_coef);
                loss += share * (size + o.center_coef * size * size);
            });
            for (const auto k : row) // of a response that is tied with all others, or alone
                if (b.counted(k) && gradient[k] == 0) gradient[k] = 1e-30L;
        }
    }
};

template <class T>
void matches_reference(const rlhf::ranking_loss_options& o, bool ranked, std::size_t prompts, std::size_t K) {
    test::random r(31);
    const auto mask = test::mask(r, test::mask_kind::random, prompts, K);
    auto rewards = test::normals<T>(r, prompts * K, 0, 2);
    std::vector<std::int64_t> rank(prompts * K);
    for (auto& e : rank) e = static_cast<std::int64_t>(r.below(1 + K / 3));
    test::poison(r, rewards, mask);
    std::vector<T> d(rewards.size());
    const rlhf::index_view given = ranked ? rlhf::index_view(rank) : rlhf::index_view();
    const rlhf::batch where{.sequences = prompts, .steps = K, .mask = mask, .denominator = rlhf::counted_here};
    const auto got = rlhf::ranking_loss<T>(where, {.rewards = rewards, .ranks = given, .d_rewards = d}, o);
    const auto b = reference::padded(prompts, K, mask);
    const auto list = ranked ? rank : std::vector<std::int64_t>();
    const auto want =
        reference::ranking_loss(b, {reference::to_real(rewards), list},
                                {.margin = o.margin,
                                 .label_smoothing = o.label_smoothing,
                                 .center_coef = o.center_coef,
                                 .ties = o.ties == tie_divisor::all_pairs ? reference::tie_divisor::all_pairs
                                                                          : reference::tie_divisor::kept_pairs});
    const sizes size(b, reference::to_real(rewards), list, o);
    CHECK(test::worst_error(d, want.d_rewards, size.gradient) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, size.loss) <= roundings);
    CHECK(got.own == rlhf::counts{static_cast<double>(want.pairs.tokens), static_cast<double>(want.pairs.sequences)});
    CHECK(got.own == rlhf::count_pairs(where, given));
    CHECK(got.comparisons() == got.own.tokens);
    CHECK(got.accuracy() == Approx(static_cast<double>(want.accuracy)).epsilon(1e-14));
    CHECK(got.mean_margin() == Approx(static_cast<double>(want.mean_margin)).epsilon(1e-13).margin(1e-14));
    CHECK(got.nonfinite() == 0);
}

} // namespace

TEMPLATE_TEST_CASE("ranking_loss: same bits however the batch is laid out", "[contract]", float, double) {
    contract_holds<TestType>({.margin = 0.5, .label_smoothing = 0.1, .center_coef = 0.01}, true);
    contract_holds<TestType>({.ties = tie_divisor::all_pairs}, false);
}

TEMPLATE_TEST_CASE("ranking_loss: value, gradient and statistics equal the reference", "", float, double) {
    using T = TestType;
    for (const bool ranked : {false, true})
        for (const auto ties : {tie_divisor::kept_pairs, tie_divisor::all_pairs}) {
            for (const std::size_t K : {3U, 9U, 33U, 65U, 100U}) {
                CAPTURE(ranked, K);
                matches_reference<T>({.ties = ties}, ranked, 40, K);
                matches_reference<T>({.margin = 0.5, .label_smoothing = 0.1, .center_coef = 0.01, .ties = ties}, ranked,
                                     40, K);
            }
        }
    for (const auto& one :
         std::vector<rlhf::ranking_loss_options>{{.margin = 0.5}, {.label_smoothing = 0.1}, {.center_coef = 0.01}})
        matches_reference<T>(one, false, 40, 9);
    matches_reference<T>({}, true, 2, 1024);
}

TEST_CASE("ranking_loss: 40-digit and PyTorch's numbers", "[goldens]") {
    const std::vector<double> rewards{1.2, .3, .3, -.9};
    std::vector<double> d(4);
    const std::vector<std::int32_t> tied{1, 2, 2, 3};
    const auto run = [&](const rlhf::index_view& ranks, tie_divisor ties) {
        return rlhf::ranking_loss<double>(one_prompt(4), {.rewards = rewards, .ranks = ranks, .d_rewards = d},
                                          {.ties = ties})
            .loss();
    };
    const auto gradient_is = [&](const std::vector<double>& want) {
        for (std::size_t i = 0; i < 4; ++i) CHECK(d[i] == Approx(want[i]).epsilon(1e-14).margin(3e-16));
    };
    CHECK(run({}, tie_divisor::kept_pairs) == Approx(.336256564646656383).epsilon(1e-15));
    gradient_is({-.11453296932426750, -.07373745318766438, .09292921347900228, .09534120903292961});
    CHECK(run(tied, tie_divisor::all_pairs) == Approx(.220732034553332165).epsilon(1e-15));
    gradient_is({-.11453296932426750, .00959588014566895, .00959588014566895, .09534120903292961});
    CHECK(run(tied, tie_divisor::kept_pairs) == Approx(.264878441463998598).epsilon(1e-15));
    gradient_is({-.137439563189121, .0115150561748027, .0115150561748027, .11440945083951553});

    const auto cases = test::read_goldens("torch.txt");
    const auto& g = cases.at("ranking");
    const auto mask = g.integers<std::uint8_t>("mask");
    const auto ranks = g.integers("ranks");
    std::vector<double> dr(mask.size());
    const auto r = rlhf::ranking_loss<double>(
        {.sequences = mask.size() / 5, .steps = 5, .mask = mask, .denominator = rlhf::counted_here},
        {.rewards = g["rewards"], .ranks = ranks, .d_rewards = dr});
    CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
    for (std::size_t i = 0; i < dr.size(); ++i) CHECK(dr[i] == Approx(g["d_rewards"][i]).epsilon(1e-13).margin(1e-16));
}

TEST_CASE("ranking_loss: of two responses it is bradley_terry_loss") {
    test::random r(3);
    const auto rewards = test::normals<float>(r, 20);
    std::vector<float> chosen, rejected, d(20), dc(10), dw(10);
    for (std::size_t i = 0; i < 20; i += 2) chosen.push_back(rewards[i]), rejected.push_back(rewards[i + 1]);
    const auto ranked = rlhf::ranking_loss(
        {.sequences = 10, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.rewards = rewards, .d_rewards = d}, {.margin = 0.5, .label_smoothing = 0.1, .center_coef = 0.02});
    const auto pairs = rlhf::bradley_terry_loss(
        one_prompt(10),
        {.chosen_rewards = chosen, .rejected_rewards = rejected, .d_chosen_rewards = dc, .d_rejected_rewards = dw},
        {.margin = 0.5, .label_smoothing = 0.1, .center_coef = 0.02});
    CHECK(ranked.loss() == Approx(pairs.loss()).epsilon(1e-6)); // sums in double there, in float here
    CHECK(ranked.accuracy() == pairs.accuracy());
    for (std::size_t i = 0; i < 10; ++i)
        CHECK((test::close(d[2 * i], dc[i], 1) && test::close(d[2 * i + 1], dw[i], 1)));
}

TEST_CASE("ranking_loss: prompts without a pair add nothing and are not counted") {
    const std::vector<std::int32_t> offsets{0, 1, 5, 5, 8}, ranks{1, 1, 2, 3, 4, 2, 2, 2};
    const std::vector<double> rewards{9, 1.2, .3, .3, -.9, 1, 2, 3};
    std::vector<double> d(8, 7.0);
    const rlhf::batch b{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::ranking_loss<double>(b, {.rewards = rewards, .ranks = ranks, .d_rewards = d});
    CHECK(r.loss() == Approx(.336256564646656383).epsilon(1e-15));
    CHECK(r.own == rlhf::counts{6, 1});
    for (const std::size_t i : {0U, 5U, 6U, 7U}) CHECK(test::same_bits(d[i], 0.0));
    const std::vector<std::uint8_t> none(8, 0);
    const auto nothing = rlhf::ranking_loss<double>(
        {.offsets = offsets, .mask = none, .denominator = rlhf::counted_here}, {.rewards = rewards, .d_rewards = d});
    for (const double v : digest(nothing)) CHECK(v == 0);
    CHECK(test::same_bits(d, std::vector<double>(8, 0.0)));
    for (const double v : digest(rlhf::ranking_loss(
             {.sequences = 3, .mask = rlhf::all, .denominator = rlhf::counted_here}, {.rewards = std::span<float>()})))
        CHECK(v == 0);
}

TEST_CASE("ranking_loss: many responses, ranks of any size, and more prompts than a piece of work") {
    test::random r(12);
    const auto rewards = test::normals<double>(r, 1024);
    const std::vector<std::int64_t> extreme{std::numeric_limits<std::int64_t>::max(),
                                            std::numeric_limits<std::int64_t>::min(), 0};
    const std::vector<double> three{-1, 5, 2};
    CHECK(rlhf::ranking_loss<double>(one_prompt(3), {.rewards = three, .ranks = extreme}).accuracy() == 1);
    const auto most = rlhf::ranking_loss<double>(one_prompt(1024), {.rewards = rewards});
    CHECK(most.own == rlhf::counts{1024 * 1023 / 2, 1});
    const auto want = reference::ranking_loss(reference::padded(1, 1024), {reference::to_real(rewards)});
    CHECK(most.loss() == Approx(static_cast<double>(want.loss)).epsilon(1e-13));
    std::vector<double> one_by_one(1024), all(1024);
    rlhf::ranking_loss<double>({.sequences = 512, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counts{512, 512}},
                               {.rewards = rewards, .d_rewards = all}, {}, contract::threads(2));
    for (std::size_t s = 0; s < 512; ++s)
        rlhf::ranking_loss<double>(
            {.steps = 2, .mask = rlhf::all, .denominator = rlhf::counts{512, 512}},
            {.rewards = std::span(rewards).subspan(2 * s, 2), .d_rewards = std::span(one_by_one).subspan(2 * s, 2)});
    CHECK(test::same_bits(one_by_one, all));
}

TEST_CASE("ranking_loss: ties, shorter prompts and prompts without a pair side by side") {
    const std::vector<std::int32_t> offsets{0, 4, 7, 10, 12, 14};
    const std::vector<std::int64_t> ranks{4, 1, 4, 2, 5, 5, 5, 3, 2, 3, 9, 8, 1, 2};
    test::random r(4);
    const auto rewards = test::normals<double>(r, 14);
    std::vector<double> d(14);
    const auto got =
        rlhf::ranking_loss<double>({.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                   {.rewards = rewards, .ranks = ranks, .d_rewards = d});
    const auto want = reference::ranking_loss(reference::packed(offsets), {reference::to_real(rewards), ranks});
    CHECK(got.own == rlhf::counts{5 + 2 + 1 + 1, 4});
    CHECK(got.loss() == Approx(static_cast<double>(want.loss)).epsilon(1e-14));
    CHECK(got.mean_margin() == Approx(static_cast<double>(want.mean_margin)).epsilon(1e-13));
    CHECK(got.accuracy() == Approx(static_cast<double>(want.accuracy)));
    for (std::size_t i = 0; i < 14; ++i)
        CHECK(d[i] == Approx(static_cast<double>(want.d_rewards[i])).epsilon(1e-13).margin(1e-16));
}

// Prompts are compared side by side, and none may feel the others.
TEMPLATE_TEST_CASE("ranking_loss: a prompt among others has the bits that it has alone", "", float, double) {
    using T = TestType;
    test::random r(17);
    const bool plain = GENERATE(false, true); // without options there are loops of their own
    const rlhf::ranking_loss_options all_options{.margin = 0.25, .label_smoothing = 0.1, .center_coef = 0.02};
    const rlhf::ranking_loss_options o = plain ? rlhf::ranking_loss_options() : all_options;
    for (const std::size_t longest : {2U, 3U, 9U, 32U, 33U, 40U})
        for (const bool ragged : {false, true})
            for (const bool ranked : {false, true}) {
                CAPTURE(plain, longest, ragged, ranked);
                std::vector<std::int64_t> offsets{0}, rank;
                while (offsets.size() < 301)
                    offsets.push_back(offsets.back() +
                                      static_cast<std::int64_t>(ragged ? r.below(longest + 1) : longest));
                const auto n = static_cast<std::size_t>(offsets.back());
                auto rewards = test::normals<T>(r, n);
                for (std::size_t i = 0; i < n; ++i) // the rewards of some prompts are far from 0
                    rank.push_back(static_cast<std::int64_t>(r.below(2 + longest / 4)) +
                                   (i / 50 % 3 == 0 ? std::int64_t(1) << 60 : -3));
                for (std::size_t i = 0; i < n; i += 97) rewards[i] = std::numeric_limits<T>::infinity();
                std::vector<T> together(n, T(7)), alone(n, T(8));
                rlhf::batch b{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counts{1e6, 400}};
                const auto arrays = [&](std::span<T> d, std::size_t first, std::size_t count) {
                    return rlhf::ranking_loss_arrays<T>{
                        .rewards = std::span<const T>(rewards).subspan(first, count),
                        .ranks = ranked ? rlhf::index_view(std::span<const std::int64_t>(rank).subspan(first, count))
                                        : rlhf::index_view(),
                        .d_rewards = d.subspan(first, count)};
                };
                const auto all = rlhf::ranking_loss<T>(b, arrays(together, 0, n), o);
                if (!ragged) { // the same rows, not packed
                    std::vector<T> table(n);
                    rlhf::batch rows{
                        .sequences = 300, .steps = longest, .mask = rlhf::all, .denominator = b.denominator};
                    const auto same = rlhf::ranking_loss<T>(rows, arrays(table, 0, n), o);
                    CHECK((test::same_bits(table, together) && test::same_bits(digest(same), digest(all))));
                    auto to_table = arrays(table, 0, n);
                    to_table.d_rewards = rlhf::add_to(table);
                    rlhf::ranking_loss<T>(rows, to_table, o);
                    for (auto& e : together) e += e;
                    CHECK(test::same_bits(table, together));
                    for (auto& e : together) e /= 2;
                }
                rlhf::ranking_loss_result sum;
                for (std::size_t s = 0; s < 300; ++s) {
                    const auto first = static_cast<std::size_t>(offsets[s]),
                               count = static_cast<std::size_t>(offsets[s + 1]) - first;
                    sum += rlhf::ranking_loss<T>(
                        {.steps = count, .mask = rlhf::all, .denominator = rlhf::counts{1e6, 400}},
                        arrays(alone, first, count), o);
                }
                CHECK(test::same_bits(alone, together));
                CHECK(test::same_bits(digest(sum), digest(all)));
            }
}
