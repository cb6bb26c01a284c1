// SPDX-License-Identifier: MIT
#include "golden/steps.hpp"

namespace test {
namespace {

template <class T>
void compare(const char* row, const std::string& name, const std::vector<T>& ref, const auto& loss) {
    auto chosen = step_goldens<T>::get("chosen"), rejected = step_goldens<T>::get("rejected");
    for (std::size_t i = 0; i < ref.size(); ++i) chosen[i] -= ref[i], rejected[i] += ref[i];
    std::vector<T> c(6), j(6);
    const rlhf::batch pairs{.steps = 6, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const double value = loss(pairs, chosen, rejected, c, j).loss();
    CHECK(agrees<T>(row, worst_relative(std::vector{value}, step_goldens<T>::at(name)["loss"])));
    step_goldens<T>::agree(row, c, name, "d_chosen"), step_goldens<T>::agree(row, j, name, "d_rejected");
}

} // namespace

template <class T>
const golden& step_goldens<T>::at(const std::string& name) {
    static const auto cases = read_goldens("steps.txt");
    return cases.at(name);
}
template <class T>
std::vector<T> step_goldens<T>::get(const std::string& key, const std::string& name) {
    const auto& x = at(name)[key];
    return std::vector<T>(x.begin(), x.end());
}
template <class T>
const std::vector<std::uint8_t>& step_goldens<T>::mask() {
    static const auto m = at("data").integers<std::uint8_t>("mask");
    return m;
}
template <class T>
rlhf::batch step_goldens<T>::batch() {
    return {.sequences = 6, .steps = 10, .mask = mask(), .denominator = rlhf::counted_here};
}

template <class T>
void step_goldens<T>::agree(const char* row, const std::vector<T>& got, const std::string& name, const char* key) {
    INFO(name << ", " << key);
    CHECK(agrees<T>(row, worst_of_largest(got, at(name)[key])));
}

template <class T>
void step_goldens<T>::gae(const std::string& name, rlhf::gae_options o, const rlhf::whiten_options& whitening) {
    o.gamma = at("data").number("gamma"), o.lambda = at("data").number("lambda");
    const auto rewards = get("rewards"), values = get("values");
    std::vector<T> a(60), r(60);
    rlhf::gae<T>(batch(), {.rewards = rewards, .values = values, .advantages = a, .returns = r}, o);
    agree("`gae`", r, name, "returns");
    if (at(name).has("advantages")) agree("`gae`", a, name, "advantages");
    if (!at(name).has("whitened")) return;
    rlhf::whiten<T>(batch(), rlhf::view<T>(a), whitening);
    agree("`whiten`", a, name, "whitened");
}
template <class T>
void step_goldens<T>::returns(const std::string& name, rlhf::gaps gaps, const std::vector<std::uint8_t>& terminated) {
    const auto rewards = get("rewards");
    std::vector<T> r(60);
    rlhf::discounted_returns_arrays<T> a{.rewards = rewards, .returns = r};
    if (!terminated.empty()) a.terminated = terminated;
    rlhf::discounted_returns<T>(batch(), a, {.gamma = at("data").number("gamma"), .gaps = gaps});
    agree("`discounted_returns`", r, name, "returns");
}
template <class T>
void step_goldens<T>::whiten(const std::string& name, const rlhf::whiten_options& o) {
    auto x = get("values");
    rlhf::whiten<T>(batch(), rlhf::view<T>(x), o);
    agree("`whiten`", x, name, "whitened");
}
template <class T>
void step_goldens<T>::groups(const std::string& name, const rlhf::group_advantages_options& o, const char* key) {
    const auto rewards = get(key);
    std::vector<T> a(20);
    rlhf::group_advantages<T>({.size = 4}, {.rewards = rewards, .advantages = a}, o);
    agree("`group_advantages`", a, name, "advantages");
}
template <class T>
void step_goldens<T>::value(const std::string& name, const rlhf::ppo_value_loss_options& o, rlhf::batch b,
                            const std::vector<double>& per_sequence) {
    const auto values = get("values"), old = get("old_values"), returns = get("returns");
    const std::vector<T> weights(per_sequence.begin(), per_sequence.end());
    std::vector<T> d(60);
    rlhf::ppo_value_loss_arrays<T> a{.values = values, .old_values = old, .returns = returns, .d_values = d};
    if (!weights.empty()) a.weights = rlhf::per_sequence(weights);
    const auto r = rlhf::ppo_value_loss<T>(b, a, o);
    CHECK(agrees<T>("`ppo_value_loss`", worst_relative(std::vector{r.loss()}, at(name)["loss"])));
    agree("`ppo_value_loss`", d, name, "d_values");
}
template <class T>
void step_goldens<T>::kl(const std::string& trainer, const std::map<std::string, rlhf::kl_estimator>& estimators,
                         const std::map<std::string, double>& limits) {
    const auto log_probs = get("log_probs"), ref = get("ref_log_probs");
    const std::vector<T> none(60), scores(6);
    for (const auto& [name, limit] : limits) {
        const rlhf::kl_estimator k = estimators.at(name);
        std::vector<T> rewards(60), d(60);
        rlhf::shape_rewards<T>(batch(),
                               {.log_probs = log_probs, .ref_log_probs = ref, .scores = scores, .rewards = rewards},
                               {.kl_coef = 1, .kl_estimator = k, .kl_limit = limit});
        for (T& x : rewards) x = -x;
        agree("`shape_rewards`", rewards, trainer + "_kl_" + name, "values");
        auto b = batch();
        b.denominator = rlhf::counts{64, 64}; // a power of two leaves the slopes as they are
        rlhf::ppo_policy_loss<T>(b,
                                 {.log_probs = log_probs,
                                  .old_log_probs = log_probs,
                                  .ref_log_probs = ref,
                                  .advantages = none,
                                  .d_log_probs = d},
                                 {.kl_coef = 64, .kl_estimator = k, .kl_limit = limit});
        agree("KL in the loss", d, trainer + "_kl_" + name, "slopes");
    }
}
template <class T>
void step_goldens<T>::pairs(const std::string& name, const rlhf::bradley_terry_loss_options& o) {
    compare<T>("`bradley_terry_loss`", name, {},
               [&](const auto& b, const auto& chosen, const auto& rejected, auto& c, auto& j) {
                   const auto margins = get("margins");
                   return rlhf::bradley_terry_loss<T>(b,
                                                      {.chosen_rewards = chosen,
                                                       .rejected_rewards = rejected,
                                                       .margins = margins,
                                                       .d_chosen_rewards = c,
                                                       .d_rejected_rewards = j},
                                                      o);
               });
}
template <class T>
template <class Objective>
void step_goldens<T>::preference(const std::string& name, const Objective& o, bool ref) {
    compare<T>("`preference_loss`", name, ref ? get("margins") : std::vector<T>(6),
               [&](const auto& b, const auto& chosen, const auto& rejected, auto& c, auto& j) {
                   return rlhf::preference_loss<T>(
                       b, {.chosen = chosen, .rejected = rejected, .d_chosen = c, .d_rejected = j}, o);
               });
}

template class step_goldens<float>;
template class step_goldens<double>;
template void step_goldens<float>::preference(const std::string&, const rlhf::dpo&, bool);
template void step_goldens<double>::preference(const std::string&, const rlhf::dpo&, bool);
template void step_goldens<float>::preference(const std::string&, const rlhf::ipo&, bool);
template void step_goldens<double>::preference(const std::string&, const rlhf::ipo&, bool);

const std::map<std::string, rlhf::kl_estimator> kl_estimators{{"k1", rlhf::kl_estimator::k1},
                                                              {"k2", rlhf::kl_estimator::k2},
                                                              {"k3", rlhf::kl_estimator::k3},
                                                              {"abs", rlhf::kl_estimator::abs}};

} // namespace test
