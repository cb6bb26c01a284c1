// SPDX-License-Identifier: MIT
// rlhf-diff on dumps of trainers (dumps.py), and on batches that cannot decide.
#include "diff/batches.hpp"

#include <rlhf/policy/importance_weights.hpp>

using namespace test::diffs;

TEST_CASE("the combination that a trainer computed is named") {
    struct dump {
        const char* file;
        settings what;      ///< of the best match
        strings loss;       ///< presets
        strings advantages; ///< presets
    };
    const auto [file, what, loss, advantages] = GENERATE(values<dump>({
        {"trl.npz",
         {{"baseline", "mean of the group"},
          {"scale", "std of the group"},
          {"ddof", "1"},
          {"epsilon", "std + 0.0001"},
          {"objective", "ppo_clip"},
          {"clip range", "0.2"},
          {"dual clip", "none"},
          {"KL estimator", "k3"},
          {"gradient of KL", "its own"},
          {"KL times", "ratio"},
          {"KL coefficient", "0.04"},
          {"mean", "over tokens"}},
         {"trl::kl_policy_loss"},
         {"trl::grpo", "ms_swift::grpo"}},
        {"verl.npz",
         {{"advantages", "gae"},
          {"gamma", "1"},
          {"lambda", "0.95"},
          {"masked steps", "skip"},
          {"whitening", "root of var + 1e-08"},
          {"ddof", "1"},
          {"objective", "ppo_clip"},
          {"clip range", "0.2"},
          {"dual clip", "3"},
          {"correction", "weights"},
          {"weight per", "token"},
          {"range", "0 to 2"},
          {"beyond the range", "the bound"},
          {"mean", "over sequences"},
          {"length of a sequence", "n + 1e-08"}},
         {"trl::grpo_policy_loss", "slime::ppo_policy_loss", "liger::grpo_policy_loss", "ms_swift::ppo_policy_loss",
          "roll::ppo_policy_loss", "roll::dual_clip_policy_loss", "verl::ppo_policy_loss",
          "skyrl::dual_clip_policy_loss", "miles::ppo_policy_loss"},
         {"verl::ppo_advantages"}},
        {"openrlhf.safetensors",
         {{"advantages", "given in the dump"},
          {"objective", "ppo_clip"},
          {"clip range", "0.2"},
          {"dual clip", "3"},
          {"correction", "weights"},
          {"weight per", "token"},
          {"range", "0.5 to 5"},
          {"beyond the range", "0"},
          {"dropped tokens", "count"},
          {"mean", "over tokens"}},
         {"verl::ppo_policy_loss", "skyrl::dual_clip_policy_loss"},
         {}},
        {"skyrl.npz",
         {{"baseline", "mean of the group"},
          {"scale", "std of the group"},
          {"ddof", "1"},
          {"epsilon", "std + 1e-06"},
          {"objective", "dppo_tv"},
          {"divergence allowed", "0.2"},
          {"value by", "ratio"},
          {"ratio to", "sampler"},
          {"correction", "none"},
          {"mean", "over sequences"}},
         {"skyrl::dppo_tv with skyrl::policy_loss"},
         {"verl::grpo", "skyrl::grpo", "slime::grpo", "dapo::group_advantages", "openrlhf::group_norm"}},
        {"liger.npz",
         {{"objective", "gspo"}, {"sequence ratio", "mean"}, {"clip range", "0.2"}, {"mean", "sums over sequences"}},
         {"trl::gspo with trl::gspo_luspo_policy_loss", "liger::gspo with liger::luspo_policy_loss"},
         {}},
        {"fipo.npz",
         {{"objective", "fipo"},
          {"clip range", "0.2"},
          {"dual clip", "4"},
          {"bounds of the influence", "1 to 1.2"},
          {"mean", "over tokens"}},
         {"ms_swift::fipo_future"},
         {}},
        {"real.npz",
         {{"objective", "real"}, {"temperature", "0.5"}, {"ratio to", "old policy"}, {"mean", "over sequences"}},
         {"ms_swift::real_temperature"},
         {"trl::dr_grpo", "verl::dr_grpo", "openrlhf::dr_grpo", "ms_swift::dr_grpo", "dr_grpo::group_advantages"}},
    }));
    INFO(file);
    const space s = read(file);
    const found f = diff::search(s);
    REQUIRE(!f.matches.empty());
    const settings best = s.settings_of(f.matches.front().what);
    for (const auto& x : what) {
        INFO(x.axis);
        CHECK(value_of(best, x.axis) == x.value);
    }
    const auto presets = diff::presets_of(s, f.matches);
    CHECK(names(presets.loss) == loss);
    CHECK(names(presets.advantages) == advantages);
    // What fits otherwise differs only where the table says so.
    const auto axes = diff::axes_of(s, f.matches.front().what);
    for (const auto& m : f.matches)
        for (const auto& x : s.settings_of(m.what)) {
            const std::string own = value_of(best, x.axis);
            if (own == x.value || own == "absent") continue;
            INFO(x.axis << " " << x.value);
            const auto other = not_told_apart(axis_of(axes, x.axis));
            CHECK(std::find(other.begin(), other.end(), x.value) != other.end());
        }
}

TEST_CASE("REAL asks for signs, not for the sizes of advantages") {
    const space s = read("real.npz");
    const auto best = diff::search(s).matches.at(0).what;
    const std::string signs = "REAL asks only which sequences are better than the mean of their group";
    for (const char* name : {"baseline", "scale"}) CHECK(axis_of(diff::axes_of(s, best), name).why == signs);
    auto other = best;
    other.advantages = s.advantages.size() - 1; // these are not even constant in a sequence
    CHECK(s.evaluate(other).gradient == s.evaluate(best).gradient);
}

TEST_CASE("a dump that no combination reproduces is reported as such") {
    const space s = read("nothing.npz");
    const found f = diff::search(s);
    CHECK(f.matches.empty());
    REQUIRE(!f.near.empty());
    CHECK(f.near.front().gradient_error > 0.1);
    const std::string text = diff::text_report(s, f, "nothing.npz", 3);
    CHECK(text.find("No combination reproduces the loss and the gradient.") != text.npos);
    CHECK(diff::json_report(s, f, "nothing.npz", 3).find("\"reproduced\": false") != std::string::npos);
}

TEST_CASE("a combination is what the library computes") {
    const space s = read("openrlhf.safetensors");
    const auto& d = s.batch;
    const auto is = [](const auto& list, const settings& what) {
        const auto has = [&](const auto& c) {
            return std::all_of(what.begin(), what.end(),
                               [&](const auto& x) { return value_of(c.what, x.axis) == x.value; });
        };
        return static_cast<std::size_t>(std::find_if(list.begin(), list.end(), has) - list.begin());
    };
    const auto whole = [&](const auto& objective, double limit, rlhf::aggregation mean, const combination& c) {
        std::vector<double> w(d.log_probs.size()), g(w.size());
        const rlhf::batch b{.offsets = d.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
        rlhf::importance_weights<double>(
            b, {.log_probs = d.old_log_probs, .behavior_log_probs = d.behavior_log_probs, .weights = w},
            {.level = rlhf::importance_level::sequence_mean, .range = {0, 1.2}});
        const auto r = rlhf::policy_loss<double>(b,
                                                 {.log_probs = d.log_probs,
                                                  .old_log_probs = d.old_log_probs,
                                                  .advantages = d.advantages,
                                                  .weights = w,
                                                  .d_log_probs = g},
                                                 objective, {.log_ratio_limit = limit, .aggregation = mean});
        const auto e = s.evaluate(c);
        CHECK(std::fabs(e.loss - r.loss()) <= 1e-14 * e.size);
        double error = 0;
        for (std::size_t t = 0; t < g.size(); ++t) error = std::max(error, std::fabs(e.gradient[t] - g[t]));
        CHECK(error <= 1e-14);
    };
    combination c;
    c.correction =
        is(s.corrections, {{"weight per", "sequence mean"}, {"range", "0 to 1.2"}, {"beyond the range", "the bound"}});
    c.objective =
        is(s.objectives,
           {{"objective", "ppo_clip"}, {"clip range", "0.1"}, {"dual clip", "3"}, {"limit of log ratios", "20"}});
    c.mean = is(s.means, {{"mean", "over sequences"}});
    whole(rlhf::ppo_clip{.range = 0.1, .dual = 3}, 20, rlhf::aggregation::sequence_mean_token_mean, c);
    c.objective =
        is(s.objectives, {{"objective", "gspo"}, {"clip range", "0.2 to 0.28"}, {"sequence ratio", "product"}});
    c.mean = is(s.means, {{"mean", "sums over sequences"}});
    whole(rlhf::gspo{.range = {0.2, 0.28}, .ratio = rlhf::sequence_ratio::product}, rlhf::unlimited,
          rlhf::aggregation::sequence_mean_token_sum, c);
    c.objective = is(s.objectives, {{"objective", "sapo"}}), c.mean = is(s.means, {{"mean", "over tokens"}});
    whole(rlhf::sapo{}, rlhf::unlimited, rlhf::aggregation::token_mean, c);
}

TEST_CASE("choices that the data cannot tell apart are reported, and why") {
    diff::arrays a = small_batch(0.5);
    add_ppo(a);
    const space s = of(a);
    const found f = diff::search(s);
    REQUIRE(!f.matches.empty());
    const auto axes = diff::axes_of(s, f.matches.front().what);
    CHECK(not_told_apart(axis_of(axes, "mean")) == strings{"over sequences", "constant length"});
    CHECK(axis_of(axes, "mean").why == "all sequences have 4 tokens");
    CHECK(not_told_apart(axis_of(axes, "dual clip")) == strings{"3", "10"});
    CHECK(axis_of(axes, "dual clip").why == "at negative advantages, the largest ratio is 1.65");

    SECTION("before the first step") {
        diff::arrays first = small_batch(0);
        add_ppo(first);
        const space same = of(first);
        const found all = diff::search(same);
        REQUIRE(!all.matches.empty());
        const auto why = axis_of(diff::axes_of(same, all.matches.front().what), "objective").why;
        CHECK(why == "log_probs are old_log_probs, so all ratios are 1");
    }
}

TEST_CASE("a multiple of the gradient is named") {
    diff::arrays a = small_batch(0.5);
    add_ppo(a);
    for (double& g : a["gradient"].numbers) g /= 16;
    const found f = diff::search(of(a));
    CHECK(f.matches.empty());
    REQUIRE(!f.near.empty());
    CHECK(f.near.front().factor != 1);
    CHECK(std::any_of(f.near.begin(), f.near.end(),
                      [](const auto& o) { return o.loss_fits && o.factor == Approx(1.0 / 16); }));
}

TEST_CASE("the gradient tells the coefficient of KL") {
    diff::arrays a = small_batch(0.5);
    a["ref_log_probs"] = a["old_log_probs"];
    for (std::size_t i = 0; i < 8; ++i) a["ref_log_probs"].numbers[i] -= i % 2 == 0 ? 0.3 : -0.2;
    add_ppo(a, 0.0371);
    const space s = of(a);
    const found f = diff::search(s);
    REQUIRE(!f.matches.empty());
    CHECK(f.matches.front().what.kl_coef == 0.0371);
    CHECK(value_of(s.settings_of(f.matches.front().what), "KL estimator") == "k3");
}

TEST_CASE("a printed loss is as exact as its digits") {
    diff::arrays a = small_batch(0.5);
    add_ppo(a);
    const double loss = a["loss"].numbers[0];
    a.erase("gradient"), a.erase("loss");
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", loss);
    const space s = of(a, {.loss = text});
    CHECK(s.batch.loss_digits == Approx(0.0005));
    const found f = diff::search(s);
    const auto ppo = [&](const auto& o) { return value_of(s.settings_of(o.what), "objective") == "ppo_clip"; };
    CHECK(std::any_of(f.matches.begin(), f.matches.end(), ppo));
    CHECK(f.by_chance > 0);
    std::snprintf(text, sizeof text, "%.3f", loss + 0.002);
    for (const auto& o : diff::search(of(a, {.loss = text})).matches) CHECK(!(std::fabs(o.loss - loss) < 1e-12));
}
