// SPDX-License-Identifier: MIT
// rlhf-diff on packed batches, and on what is not the policy's: entropy, groups that do not count, values.
#include "diff/batches.hpp"

#include <map>

using namespace test::diffs;

TEST_CASE("a packed dump gives the report of its rows") {
    const diff::arrays rows = diff::read_arrays(std::string(RLHF_TESTS) + "/diff/openrlhf.safetensors");
    diff::arrays packed = rows;
    const diff::array mask = rows.at("action_mask");
    diff::array& lengths = packed["lengths"] = {{8}, std::vector<double>(8), 0, ""};
    for (auto& [name, a] : packed) {
        if (a.shape != mask.shape) continue;
        std::vector<double> tokens;
        for (std::size_t i = 0; i < mask.numbers.size(); ++i)
            if (mask.numbers[i] != 0) tokens.push_back(a.numbers[i]);
        a.numbers = tokens, a.shape = {1, static_cast<std::int64_t>(tokens.size())};
    }
    for (std::size_t i = 0; i < mask.numbers.size(); ++i) lengths.numbers[i / 24] += mask.numbers[i];
    const space a = of(rows), b = of(packed);
    CHECK((a.batch.offsets == b.batch.offsets && a.batch.gradient == b.batch.gradient));
    const combination c{.correction = 3, .mean = 1};
    CHECK((a.evaluate(c).loss == b.evaluate(c).loss && a.evaluate(c).gradient == b.evaluate(c).gradient));
}

TEST_CASE("groups of equal rewards that do not count, and an entropy bonus, are named") {
    diff::arrays a = small_batch(0.5);
    add_ppo(a);
    a["advantages"].numbers = {0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5, -0.5};
    a["entropy"] = {{2, 4}, {1, 2, 0.5, 1, 0.25, 1, 2, 1.5}, 0x1p-52, ""};
    add_ppo(a);
    for (auto& [name, x] : a) { // two more sequences, which got the same reward
        if (x.shape.empty()) continue;
        x.numbers.insert(x.numbers.end(), 8, name == "advantages" || name == "gradient" ? 0 : -1);
        x.shape[0] = 4;
    }
    a["group_ids"] = {{4}, {7, 7, 3, 3}, 0, ""};
    a["loss"].numbers[0] -= 0.01 * 9.25 / 8; // of the eight tokens that teach something
    const space s = of(a);
    CHECK(s.batch.teaches == std::vector<std::uint8_t>{1, 1, 0, 0});
    const found f = diff::search(s);
    REQUIRE(!f.matches.empty());
    const settings best = s.settings_of(f.matches.front().what);
    CHECK((value_of(best, "groups of equal rewards") == "do not count" && value_of(best, "entropy bonus") == "0.01"));
    const auto axes = diff::axes_of(s, f.matches.front().what);
    CHECK(not_told_apart(axis_of(axes, "groups of equal rewards")).empty());
    CHECK(not_told_apart(axis_of(axes, "entropy bonus")).empty());
    a.erase("gradient"); // then the loss decides
    CHECK(!diff::search(of(a)).matches.empty());
    a.erase("entropy");
    for (const auto& o : diff::search(of(a)).matches) CHECK(o.what.entropy_coef == 0);
}

TEST_CASE("the value loss is compared on its own") {
    diff::arrays a = small_batch(0.5);
    add_ppo(a);
    const std::vector<double> old{0.5, -1, 2, 0.25, 1, -0.5, 0, 1.5}, now{0.75, -0.125, 2.125, 1, 1, 0.5, 0.0625, -1},
        returns{1, 0.5, 1, 2, -1, 0, 0.5, 1};
    double loss = 0;
    std::vector<double> slopes;
    for (std::size_t i = 0; i < 8; ++i) { // by the textbook: the worse of two squares, not halved
        const double clipped = old[i] + std::clamp(now[i] - old[i], -0.2, 0.2);
        const double free = std::pow(now[i] - returns[i], 2), held = std::pow(clipped - returns[i], 2);
        loss += std::max(free, held) / 8;
        slopes.push_back(free >= held ? 2 * (now[i] - returns[i]) / 8 : 0);
    }
    const auto array = [](const std::vector<double>& x) { return diff::array{{2, 4}, x, 0x1p-52, ""}; };
    a["old_values"] = array(old), a["new_values"] = array(now), a["returns"] = array(returns);
    a["value_gradient"] = array(slopes), a["value_loss"] = {{}, {loss}, 0x1p-52, ""};
    const space s = of(a);
    const auto all = diff::search_values(s.batch, s.numbers);
    REQUIRE((!all.empty() && all.front().fits));
    CHECK((value_of(all.front().what, "clip of values") == "0.2" && value_of(all.front().what, "times") == "2"));
    const std::string text = diff::text_report(s, diff::search(s), "batch", 2);
    CHECK(text.find("Value loss, reproduced by\n  clip of values 0.2, huber none, times 2, mean over tokens") !=
          text.npos);
    for (double& x : a["value_gradient"].numbers) x /= 2;
    a["value_loss"].numbers[0] /= 2;
    const space halved = of(a);
    const auto found = diff::search_values(halved.batch, halved.numbers).front();
    CHECK(found.presets ==
          strings{"slime::ppo_value_loss", "cleanrl::ppo_value_loss", "lm_human_preferences::ppo_value_loss"});
    a["value_loss"].numbers[0] *= 1.5;
    CHECK(diff::text_report(of(a), {}, "batch", 2).find("Value loss: nothing reproduces it. Nearest:") != text.npos);
    a.erase("returns");
    CHECK((!diff::has_values(of(a).batch) && diff::search_values(of(a).batch, {}).empty()));
}

TEST_CASE("what a flag adds reaches every choice that has its axis") {
    diff::arrays a = small_batch(0.5);
    a.erase("advantages");
    const auto array = [](std::vector<double> x) { return diff::array{{2, 4}, std::move(x), 0x1p-52, ""}; };
    for (const char* name : {"ref_log_probs", "behavior_log_probs"}) {
        a[name] = a["log_probs"];
        for (std::size_t i = 0; i < 8; ++i) a[name].numbers[i] -= i % 2 == 0 ? 1.25 : -0.125;
    }
    a["values"] = a["old_values"] = array({0.5, -1, 2, 0.25, 1, -0.5, 0, 1.5}),
    a["new_values"] = a["returns"] = a["values"];
    a["value_loss"] = a["loss"] = {{}, {0.5}, 0x1p-52, ""};
    a["rewards"] = {{2}, {1, -0.5}, 0x1p-52, ""}, a["group_ids"] = {{2}, {1, 1}, 0, ""};
    a["gradient"] = a["log_probs"];
    const diff::data d = diff::batch_of(a, "batch", {});
    diff::tried t;
    t.clips.push_back({0.17, 0.23}), t.dual_clips.push_back(7.5), t.weights.push_back({0.3, 4.5});
    t.kl_coefs.push_back(0.37), t.value_clips.push_back(0.45), t.gammas.push_back(0.93), t.lambdas.push_back(0.83);
    t.epsilons.push_back(0.0625);
    const std::map<std::string, std::string> added{{"clip range", "0.17 to 0.23"},
                                                   {"bounds of the ratio", "0.83 to 1.23"},
                                                   {"dual clip", "7.5"},
                                                   {"range", "0.3 to 4.5"},
                                                   {"KL coefficient of rewards", "0.37"},
                                                   {"clip of values", "0.45"},
                                                   {"gamma", "0.93"},
                                                   {"lambda", "0.83"},
                                                   {"epsilon", "0.0625"},
                                                   {"whitening", "0.0625"}};
    // By axis and by what has it, which the first setting names: is there a choice with what was added?
    std::map<std::string, std::map<std::string, bool>> reached;
    const auto look = [&](const auto& choices) {
        for (const auto& c : choices)
            for (const auto& [axis, value] : c.what)
                if (added.contains(axis)) {
                    bool& there = reached[axis][c.what.front().value];
                    there = there || value.ends_with(added.at(axis));
                }
    };
    look(diff::objectives(d, t)), look(diff::corrections(d, t)), look(diff::advantages_of_rewards(d, t));
    std::vector<diff::value_outcome> values = diff::search_values(d, t);
    for (auto& v : values) v.what.insert(v.what.begin(), {"loss", "of values"});
    look(values);
    CHECK(reached.size() == added.size());
    for (const auto& [axis, by_choice] : reached)
        for (const auto& [choice, there] : by_choice) {
            INFO(axis << " of " << choice);
            CHECK(there);
        }
    CHECK(reached["clip range"].contains("fipo"));
    CHECK(reached["range"].size() == 4);
}
