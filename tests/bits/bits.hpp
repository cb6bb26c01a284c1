// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/rlhf.hpp>

#include <bit>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

/// A corpus of calls, and for each call one hash of all bits that it writes and reports. The hashes are stored, so that
/// a change of code that should change no number is seen to change none. It says nothing of what is right: the other
/// tests do.
///
///     bits            prints `function/types/scene/options  hash`, one line per case
///     bits FILE       prints the lines that differ from the file's; ends with 1 if there are any
///
/// Every case runs in registers, and every case of float also in plain C++; both give one line. With -DBITS_ALL, as in
/// ./dev test --all, the other types run in plain C++ as well. The hashes are the same for every compiler, every
/// optimisation and every machine with a fused multiply-add; a machine without is skipped (77). Inputs are made of
/// integers (scene.hpp), so that they are the same everywhere.
///
/// A mended fault changes lines. Then write the file anew,
///
///     cmake --preset test && cmake --build build/test --target bits
///     build/test/tests/bits/bits > tests/bits/hashes.txt
///
/// and say in the commit which lines changed and why. On another instruction set, with a build folder of its own,
///
///     cmake --preset test -B build/avx2 -DRLHF_MARCH=x86-64-v3 && cmake --build build/avx2 --target bits
///     build/avx2/tests/bits/bits tests/bits/hashes.txt
///
/// and for another processor (xsimd and Eigen stand for the folders of their headers)
///
///     aarch64-linux-gnu-g++ -std=c++20 -O1 -DBITS_ALL -Iinclude -Itests -isystem xsimd -isystem Eigen tests/bits/*.cpp
///     qemu-aarch64 -L /usr/aarch64-linux-gnu ./a.out tests/bits/hashes.txt
namespace bits {

/// 64 bits of everything that is added, in order. All NaN are one; zeros keep their sign.
class hash {
public:
    void word(std::uint64_t w) {
        state_ = (state_ ^ w) * 0x9e3779b97f4a7c15U;
        state_ ^= state_ >> 29;
    }
    template <class X>
        requires std::is_arithmetic_v<X>
    void add(X x) {
        if constexpr (std::is_same_v<X, double>)
            word(one_nan(std::bit_cast<std::uint64_t>(x), 0x7ff0000000000000U));
        else if constexpr (std::is_same_v<X, float>)
            word(one_nan(std::bit_cast<std::uint32_t>(x), 0x7f800000U));
        else
            word(static_cast<std::uint64_t>(x));
    }
    void add(rlhf::bfloat16 x) { word(one_nan(x.bits, std::uint16_t(0x7f80))); }
    void add(rlhf::float16 x) { word(one_nan(x.bits, std::uint16_t(0x7c00))); }
    template <class E>
    void add(const std::vector<E>& all) {
        word(all.size());
        for (const E& x : all) add(x);
    }
    template <class... X>
        requires(sizeof...(X) > 1)
    void add(const X&... x) { (add(x), ...); }

    void add(const rlhf::counts& n) { add(n.tokens, n.sequences); }
    void add(const rlhf::moments& m) { add(m.count(), m.mean(), m.variance(0), m.variance(1)); }
    void add(const rlhf::loss_sums& r) {
        add(r.own);
        add(r.loss(), r.mean_loss());
    }
    void add(const rlhf::shape_rewards_result& r) {
        add(r.own);
        add(r.dropped_scores, r.kl_per_sequence(), r.kl_per_token(), r.mean_score());
    }
    void add(const rlhf::ppo_policy_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.clip_fraction(), r.clip_fraction_low(), r.clip_fraction_high(), r.dual_clip_fraction(), r.nonfinite());
        add(r.approx_kl(), r.approx_kl_half_square(), r.mean_ratio(), r.kl(), r.max_log_ratio());
        add(r.effective_sample_size());
    }
    void add(const rlhf::ppo_value_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.clip_fraction(), r.nonfinite(), r.explained_variance());
        add(r.returns()), add(r.residuals());
    }
    void add(const rlhf::ptx_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.nll(), r.perplexity());
    }
    void add(const rlhf::comparison_sums& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.comparisons(), r.accuracy(), r.mean_margin(), r.nonfinite());
    }
    void add(const rlhf::cross_entropy_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.nll(), r.perplexity(), r.accuracy(), r.nonfinite());
    }
    void add(const rlhf::divergence_sums& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.divergence(), r.nonfinite());
    }
    void add(const rlhf::group_advantages_result& r) { add(r.groups, r.constant_groups, r.unscorable); }
    void add(const rlhf::gdpo_advantages_result& r) { add(r.advantages), add(r.unscorable); }
    void add(const rlhf::shape_scores_result& r) { add(r.sequences, r.overlong, r.unfinished); }
    void add(const rlhf::ppo_advantages_result& r) { add(r.rewards), add(r.advantages); }
    void add(const rlhf::ppo_loss_result& r) {
        add(r.policy), add(r.value), add(r.entropy);
        add(r.loss(), r.value_coef, r.entropy_coef);
    }
    void add(const rlhf::importance_weights_result& r) {
        add(r.own.tokens, r.own.sequences, r.mean_weight(), r.max_ratio(), r.effective_sample_size(), r.approx_kl());
        add(r.below_fraction(), r.above_fraction(), r.dropped_fraction(), r.nonfinite());
    }
    void add(const rlhf::top_entropy_result& r) {
        add(r.own), add(r.threshold, r.kept(), r.mean_entropy(), r.mean_kept_entropy(), r.nonfinite());
    }
    void add(const rlhf::covariance_tokens_result& r) {
        add(r.own), add(r.picked, r.cut.mean_advantage, r.cut.mean_log_prob, r.cut.last);
    }
    void add(const rlhf::vocab_shard& s) {
        add(s.shift, s.max_weight, s.other_weight, s.weighted_logits, s.target_logit, s.holds_target);
    }
    void add(const rlhf::preference_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.accuracy(), r.mean_chosen_reward(), r.mean_rejected_reward(), r.mean_margin(), r.nonfinite());
    }
    void add(const rlhf::unpaired_loss_result& r) {
        add(static_cast<const rlhf::loss_sums&>(r));
        add(r.desirable(), r.mean_desirable_reward(), r.mean_undesirable_reward(), r.mean_margin(), r.nonfinite());
    }
    void add(const rlhf::preference_nll_result& r) { add(r.preference), add(r.nll), add(r.loss()); }
    void add(const rlhf::sequence_log_probs_result& r) { add(r.own), add(r.nonfinite); }
    void add(const rlhf::token_log_probs_result& r) { add(r.tokens, r.nonfinite); }

    [[nodiscard]] std::uint64_t value() const { return state_ ^ state_ >> 32; }

private:
    template <class U>
    static constexpr U one_nan(U x, U infinity) {
        return static_cast<U>(x << 1) > static_cast<U>(infinity << 1) ? static_cast<U>(infinity | 1) : x;
    }
    std::uint64_t state_ = 0x243f6a8885a308d3U;
};

/// All cases of this run: name, two spaces, hash.
std::set<std::string>& lines();
void report(const std::string& name, const hash& h);

/// One case: f(hash, executor) on this thread, then by pieces in reverse order, as one line.
void run(const std::string& name, const std::function<void(hash&, const rlhf::executor&)>& f);

/// The results of all cases joined by +=, which get a line of their own at the end: in the cases' lines a difference in
/// one would show in all that follow.
template <class R>
class tally {
public:
    explicit tally(std::string name) : name_(std::move(name)) {}
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;
    ~tally() {
        hash h;
        h.add(sum_);
        report(name_ + "/joined", h);
    }
    void operator()(hash& h, const R& r) {
        h.add(r);
        sum_ += r;
    }

private:
    std::string name_;
    R sum_;
};

/// Options with a name.
template <class O>
struct named {
    const char* name;
    O options;
};

/// Every scene with the first and the last options; the scenes that say so with all of them. f(scene, options, name).
template <class Scenes, class O, class F>
void each(const Scenes& scenes, const std::vector<named<O>>& options, const std::string& what, F&& f) {
    for (const auto& s : scenes)
        for (std::size_t i = 0; i < options.size(); ++i)
            if (s.all_options || i == 0 || i + 1 == options.size())
                f(s, options[i].options, what + "/" + s.name + "/" + options[i].name);
}

template <class X>
extern const char* const name_of;
template <>
inline const char* const name_of<float> = "f32";
template <>
inline const char* const name_of<double> = "f64";
template <>
inline const char* const name_of<rlhf::bfloat16> = "bf16";
template <>
inline const char* const name_of<rlhf::float16> = "f16";

template <class T>
std::string title(const std::string& function) {
    return function + "/" + name_of<T>;
}

/// Is this the long run, which ./dev test --all makes?
#ifdef BITS_ALL
inline constexpr bool all_types_in_plain = true;
#else
inline constexpr bool all_types_in_plain = false;
#endif

/// f<T, Arch>(): float and double in registers, float in plain C++, which takes the most time to compile and to run.
/// There double differs from float by its type alone.
template <class F>
void types_and_architectures(F&& f) {
    f.template operator()<float, rlhf::native>();
    f.template operator()<double, rlhf::native>();
    f.template operator()<float, rlhf::scalar>();
    if constexpr (all_types_in_plain) f.template operator()<double, rlhf::scalar>();
}

/// Where gradients go: overwritten, overwritten with a factor, added.
struct writing {
    double scale = 1;
    bool add = false;
    template <class T>
    [[nodiscard]] rlhf::gradient<T> operator()(rlhf::view<T> to, double factor = 1) const {
        if (add) return rlhf::add_to(to, scale * factor);
        return rlhf::write_to(to, scale * factor);
    }
    template <class E>
    [[nodiscard]] rlhf::logits_gradient<E> operator()(rlhf::logits_view<E> to) const {
        return add ? rlhf::add_to(to, scale) : rlhf::write_to(to, scale);
    }
};

void advantage();
void vtrace();
void scores();
void policy();
void sequences();
void selection();
void preference();
void reward();
void logits();
void kept();
void divergence();
void recipe();

} // namespace bits
