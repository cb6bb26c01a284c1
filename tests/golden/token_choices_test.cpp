// SPDX-License-Identifier: MIT

// Which tokens learn: Clip-Cov and KL-Cov of verl and SkyRL, TRL's tokens of high entropy and AReaL's M2PO.
// policies.txt has what their own code computes (see token_choices.py there).

#include "golden/presets.hpp"

#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/top_entropy.hpp>
#include <rlhf/recipe/preset/areal.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

#include <numeric>

namespace {

namespace verl = rlhf::preset::verl;
namespace skyrl = rlhf::preset::skyrl;

template <class T>
class covariances {
public:
    explicit covariances(const std::string& trainer) : g_(trainer + "_cov") {}

    /// The tokens are drawn in their order.
    void clips(const char* name, const rlhf::covariance_tokens_options& o) {
        std::vector<T> keys(60), w(60);
        std::iota(keys.begin(), keys.end(), T(0));
        auto a = chosen_;
        a.keys = keys, a.weights = w;
        rlhf::covariance_tokens<T>(b_, a, o);
        auto arrays = losses_;
        arrays.weights = w;
        agree(name, rlhf::policy_loss<T>(b_, arrays, rlhf::ppo_clip{.range = 0.2}).loss());
    }
    void adds_kl(const char* name, const rlhf::covariance_tokens_options& o, const rlhf::policy_loss_options& loss) {
        std::vector<T> anchors(60);
        auto a = chosen_;
        a.anchors = anchors;
        rlhf::covariance_tokens<T>(b_, a, o);
        auto arrays = losses_;
        arrays.ref_log_probs = anchors;
        agree(name, rlhf::policy_loss<T>(b_, arrays, rlhf::ppo_clip{.range = {1, rlhf::unlimited}}, loss).loss());
    }

private:
    void agree(const char* name, double loss) {
        INFO(name);
        CHECK(test::agrees<T>("`covariance_tokens`", test::worst_relative(std::vector{loss}, g_.at(name)["loss"])));
        CHECK(test::agrees<T>("`covariance_tokens`", test::worst_relative(d_, g_.at(name)["d_log_probs"])));
    }

    test::policy_goldens g_;
    rlhf::batch b_ = g_.batch();
    std::vector<T> log_probs_ = g_.get<T>("log_probs"), old_ = g_.get<T>("old_log_probs"),
                   advantages_ = g_.get<T>("advantages"), d_ = std::vector<T>(60);
    rlhf::covariance_tokens_arrays<T> chosen_{
        .log_probs = log_probs_, .old_log_probs = old_, .advantages = advantages_};
    rlhf::policy_loss_arrays<T> losses_{
        .log_probs = log_probs_, .old_log_probs = old_, .advantages = advantages_, .d_log_probs = d_};
};

template <class T>
void verl_agrees() {
    covariances<T> c("verl");
    auto clip = verl::clip_cov, kl = verl::kl_cov;
    c.clips("clip", clip), c.adds_kl("kl", kl, verl::kl_cov_policy_loss);
    clip.share = 0.1, kl.share = 0.2;
    c.clips("clip_more", clip), c.adds_kl("kl_more", kl, verl::kl_cov_policy_loss);
}

/// It divides the advantages by the number of tokens, 32, before.
template <class T>
void skyrl_agrees() {
    covariances<T> c("skyrl");
    auto clip = skyrl::clip_cov;
    auto kl = skyrl::kl_cov_policy_loss;
    clip.low *= 32, clip.high *= 32, kl.kl_coef *= 32;
    c.clips("clip", clip), c.adds_kl("kl", skyrl::kl_cov, kl);
    clip.share = 0.1, clip.low /= 32, clip.high /= 32;
    c.clips("clip_more", clip);
}

} // namespace

TEST_CASE("verl: covariances of tokens", "[goldens]") {
    verl_agrees<double>(), verl_agrees<float>();
    test::holds_cells_and_begins_anew("verl");
}

TEST_CASE("SkyRL: covariances of tokens", "[goldens]") {
    skyrl_agrees<double>(), skyrl_agrees<float>();
    test::holds_cells_and_begins_anew("SkyRL");
}

TEST_CASE("TRL and AReaL: the tokens that they keep are ours", "[goldens]") {
    const test::policy_goldens g("mask");
    const auto keeps = [&](const std::string& name, const auto& got) {
        INFO(name);
        const auto want = g.at(name).integers<std::uint8_t>("keep");
        CHECK(std::equal(got.begin(), got.end(), want.begin(), want.end()));
    };
    for (const auto& [name, share] :
         {std::pair<std::string, double>{"trl_entropy_0.2", 0.2}, {"trl_entropy_0.5", 0.5}}) {
        std::vector<double> kept(60);
        auto o = rlhf::preset::trl::top_entropy;
        o.share = share;
        rlhf::top_entropy<double>(g.batch(), {.entropy = g.at(name)["entropy"], .weights = kept}, o);
        keeps(name, kept);
    }
    auto m2po = rlhf::preset::areal::m2po;
    keeps("areal_m2po_0.04", test::weights<double>(g, "log_probs", "behavior_log_probs", m2po).second);
    m2po.second_moment_limit = 0.5;
    keeps("areal_m2po_0.5", test::weights<double>(g, "log_probs", "behavior_log_probs", m2po).second);
}
