// SPDX-License-Identifier: MIT
#include "logits.hpp"

/// From logits to log-probabilities over what a sampler kept, and back.
namespace bits {
namespace {

struct kept_case {
    double temperature = 1;
    bool d_log_probs = true, d_entropy = false, in_place = false, wide = false;
    writing to = {};
};

const std::vector<named<kept_case>> kept_cases = {
    {"default", {}},
    {"temperature", {.temperature = 0.7}},
    {"hot", {.temperature = 50, .d_entropy = true}},
    {"entropy_alone", {.temperature = 2, .d_log_probs = false, .d_entropy = true, .wide = true}},
    {"in_place", {.in_place = true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair", {.temperature = 0.8, .d_entropy = true, .wide = true, .to = {.scale = 0.7, .add = true}}},
};

/// The sets of a scene's tokens: none, few, some or many of the vocabulary. Tokens that do not count have ids of −1.
template <class I>
struct drawn_sets {
    std::vector<I> ids, offsets{0};

    explicit drawn_sets(const place& p) {
        const auto vocab = static_cast<std::uint64_t>(p.scene().vocab);
        (void)p.integers<I>(41, [&](random& r, bool read) {
            constexpr std::array<std::uint64_t, 4> most{1, 6, 200, 3000};
            const std::uint64_t n = r.below(std::min(most[r.below(4)], vocab + 1)), first = r.below(vocab),
                                apart = 1 + r.below(n > 0 ? vocab / n : 1);
            for (std::uint64_t i = 0; i < n; ++i)
                ids.push_back(read ? static_cast<I>((first + i * apart) % vocab) : I(-1));
            offsets.push_back(static_cast<I>(ids.size()));
            return 0;
        });
    }
    [[nodiscard]] rlhf::kept_set in() const { return {.ids = ids, .offsets = offsets}; }
};

template <class E, class G, class T, class Arch>
void sets_of() {
    const auto both = [](const scene& s, const kept_case& o, const std::string& name) {
        place p(s);
        auto z = drawn_logits<E>(p, 1);
        const auto targets = targets_of<std::int32_t>(p);
        const drawn_sets<std::int32_t> narrow(p);
        const drawn_sets<std::int64_t> wide(p);
        const rlhf::kept_set kept = o.wide ? wide.in() : narrow.in();
        const auto log_sum_exp = p.numbers<T>(36, [](random& r) { return r.bell(8); });
        run(logits_title<E, G, T>("kept_log_probs") + name, [&](hash& h, const rlhf::executor& run) {
            auto log_probs = p.output<T>(), entropy = p.output<T>(), log_kept = p.output<T>();
            h.add(rlhf::kept_log_probs<T, Arch>(p.batch, z.in(), targets.in(), kept,
                                                {.log_sum_exp = log_sum_exp.in(),
                                                 .log_probs = log_probs.out,
                                                 .entropy = entropy.out,
                                                 .log_kept = log_kept.out},
                                                {.temperature = o.temperature}, run));
            h.add(log_probs.memory, entropy.memory, log_kept.memory);
        });
        const auto slope = [](random& r) { return r.below(9) == 0 ? 0 : r.bell(); };
        const auto d_log_probs = p.numbers<T>(32, slope), d_entropy = p.numbers<T>(33, slope);
        run(logits_title<E, G, T>("kept_log_probs_backward") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = gradient_of_logits<G>(p);
            rlhf::logits_view<G> to = d.out;
            auto own = z.memory;
            if constexpr (std::is_same_v<E, G>)
                if (o.in_place) to = z.out;
            h.add(rlhf::kept_log_probs_backward<T, Arch>(
                p.batch, z.in(), targets.in(), kept,
                {.d_log_probs = o.d_log_probs ? d_log_probs.in() : rlhf::view<const T>(),
                 .d_entropy = o.d_entropy ? d_entropy.in() : rlhf::view<const T>()},
                o.to(to), {.temperature = o.temperature}, run));
            h.add(z.memory, d.memory);
            std::copy(own.begin(), own.end(), z.memory.begin());
        });
    };
    each(logits_scenes(), kept_cases, "", both);
}

} // namespace

void kept() {
    logits_types([]<class E, class G, class T, class Arch>() { sets_of<E, G, T, Arch>(); });
}

} // namespace bits
