// SPDX-License-Identifier: MIT

// slime's presets, and the options that they name, against what its own code computed (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/recipe/preset/slime.hpp>

namespace slime = rlhf::preset::slime;
using namespace test;

TEST_CASE("presets: slime's policy losses", "[presets]") {
    const policy_goldens g("slime");
    g.reproduce("ppo", slime::ppo_policy_loss);
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, common(slime::ppo_policy_loss));
    g.reproduce("cispo", slime::cispo, slime::policy_loss);
    g.reproduce("gspo", slime::gspo, slime::policy_loss);
    for (const auto& [name, estimator] :
         std::map<std::string, rlhf::kl_estimator>{{"kl_k1", rlhf::kl_estimator::k1},
                                                   {"kl_k2", rlhf::kl_estimator::k2},
                                                   {"kl_k3", rlhf::kl_estimator::k3},
                                                   {"kl_low_var_kl", rlhf::kl_estimator::k3},
                                                   {"kl_by_ratio", rlhf::kl_estimator::k3}}) {
        auto o = slime::ppo_policy_loss;
        o.kl_coef = 0.1, o.kl_estimator = estimator;
        if (name == "kl_low_var_kl") o.kl_limit = 10;
        if (name == "kl_by_ratio") o.kl_weight = rlhf::kl_weight::ratio;
        g.reproduce(name, o, {.sign = 0, .ref = "ref_log_probs", .row = "KL in the loss"});
    }
}

TEST_CASE("presets: slime's corrections and advantages", "[presets]") {
    const policy_goldens g("slime");
    const auto w = drift_mask(g, slime::opsm);
    auto want = g.at("opsm")["keep"];
    for (std::size_t i = 0; i < want.size(); ++i) want[i] *= g.mask()[i];
    CHECK(w == want);
    CHECK((slime::tis.range.high == 2 && slime::ppo_value_loss.clip_range == 0.2));
    const auto a = advantages<double>({1, 0, 0, 1}, slime::grpo);
    CHECK(a[0] == Approx(0.5 / (std::sqrt(1.0 / 3) + 1e-6)).epsilon(1e-13)); // ddof 1, ε 10⁻⁶ beside the root
}

TEMPLATE_TEST_CASE("presets: slime's GAE", "[presets]", float, double) {
    step_goldens<TestType>::gae("slime_gae", {.gaps = rlhf::gaps::ignore});
}

TEST_CASE("presets: slime's deviations", "[presets]") { holds_column("slime"); }
