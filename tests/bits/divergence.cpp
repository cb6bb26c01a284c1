// SPDX-License-Identifier: MIT
#include "logits.hpp"

/// Divergences between a policy's logits and a reference's.
namespace bits {
namespace {

using rlhf::aggregation;
using kind = rlhf::divergence;

template <class Options>
struct divergence_case {
    Options options = {};
    bool value_only = false, in_place = false;
    writing to = {};
};

const std::vector<named<divergence_case<rlhf::divergence_options>>> divergences = {
    {"default", {}},
    {"forward_kl", {{.divergence = kind::forward_kl}}},
    {"jsd", {{.divergence = kind::jsd}}},
    {"jsd_beta", {{.divergence = kind::jsd, .beta = 0.1}}},
    {"temperature", {{.temperature = 0.7}}},
    {"sequence_mean", {{.aggregation = aggregation::sequence_mean_token_mean}}},
    {"sequence_sum", {{.divergence = kind::forward_kl, .aggregation = aggregation::sequence_mean_token_sum}}},
    {"value_only", {{}, true}},
    {"in_place", {{.divergence = kind::jsd}, false, true}},
    {"scaled", {{.divergence = kind::forward_kl}, false, false, {.scale = -0.3}}},
    {"added", {{}, false, false, {.add = true}}},
    {"forward_kl_pair",
     {{.divergence = kind::forward_kl, .temperature = 2}, false, false, {.scale = 0.7, .add = true}}},
    {"pair",
     {{.divergence = kind::jsd, .beta = 0.7, .temperature = 1.3, .aggregation = aggregation::sequence_mean_token_mean},
      false,
      false,
      {.scale = 0.7, .add = true}}},
};

using support = rlhf::top_k_support;
/// Without a tail, and with bounds.
const std::vector<named<divergence_case<rlhf::top_k_divergence_options>>> supports = {
    {"truncated", {{.support = support::truncated}}},
    {"truncated_forward_kl", {{.divergence = kind::forward_kl, .support = support::truncated}}},
    {"truncated_jsd", {{.divergence = kind::jsd, .beta = 0.1, .support = support::truncated}}},
    {"least_log_prob", {{.support = support::truncated, .least_log_prob = -5}}},
    {"bounds", {{.low = 0.5, .high = 2}}},
    {"verl",
     {{.divergence = kind::forward_kl, .support = support::truncated, .least_log_prob = -10, .low = 0, .high = 10}}},
    {"renormalized", {{.support = support::renormalized}}},
    {"renormalized_forward_kl", {{.divergence = kind::forward_kl, .support = support::renormalized}}},
    {"renormalized_value_only", {{.support = support::renormalized}, true}},
    {"renormalized_in_place", {{.support = support::renormalized}, false, true}},
    {"renormalized_pair",
     {{.divergence = kind::jsd,
       .beta = 0.7,
       .temperature = 1.3,
       .aggregation = aggregation::sequence_mean_token_mean,
       .support = support::renormalized},
      false,
      false,
      {.scale = 0.7, .add = true}}},
};
rlhf::top_k_divergence_options for_top_k(const rlhf::divergence_options& o) {
    return {.divergence = o.divergence, .beta = o.beta, .temperature = o.temperature, .aggregation = o.aggregation};
}
const rlhf::top_k_divergence_options& for_top_k(const rlhf::top_k_divergence_options& o) { return o; }

/// Calls call(gradient or nothing, executor) on the scene's logits and reports what it does.
template <class E, class G, class Options, class Call>
void one(const place& p, const divergence_case<Options>& o, const std::string& name,
         tally<rlhf::divergence_sums>& joined, Call&& call) {
    auto z = drawn_logits<E>(p, 2);
    run(name, [&](hash& h, const rlhf::executor& run) {
        auto d = gradient_of_logits<G>(p);
        rlhf::logits_view<G> to = d.out;
        const auto own = z.memory;
        if constexpr (std::is_same_v<E, G>)
            if (o.in_place) to = z.out;
        const rlhf::divergence_sums result = o.value_only ? call(z.in(), run) : call(z.in(), o.to(to), run);
        joined(h, result);
        h.add(z.memory, d.memory);
        std::copy(own.begin(), own.end(), z.memory.begin());
    });
}

template <class E, class R, class G, class Arch>
void divergences_of() {
    const auto title = logits_title<E, R, G>("logits_divergence");
    tally<rlhf::divergence_sums> joined(title);
    each(logits_scenes(), divergences, title, [&](const scene& s, const auto& o, const std::string& name) {
        place p(s);
        const auto reference = drawn_logits<R>(p, 2, 3);
        one<E, G>(p, o, name, joined, [&](const auto& z, const auto&... rest) {
            if constexpr (sizeof...(rest) == 1)
                return rlhf::logits_divergence<Arch>(p.batch, z, reference.in(), o.options, rest...);
            else
                return [&](const auto& d, const rlhf::executor& run) {
                    return rlhf::logits_divergence<Arch>(p.batch, z, reference.in(), d, o.options, run);
                }(rest...);
        });
    });
}

/// The k entries from some id on, in [tokens, k].
struct top_k {
    std::vector<std::int64_t> wide;
    std::vector<std::int32_t> narrow;
    std::vector<float> log_probs;

    top_k(const place& p, std::size_t k) {
        const std::uint64_t vocab = p.scene().vocab;
        p.each_token([&](std::size_t q, std::size_t t) {
            random r(q << 24 ^ t);
            const std::uint64_t first = r.below(vocab);
            for (std::uint64_t i = 0; i < k; ++i) {
                const bool counts = p.counts(q, t);
                wide.push_back(counts ? static_cast<std::int64_t>((first + i) % vocab) : -0x7fffffff);
                const std::int64_t below = -(static_cast<std::int64_t>(2 + i % 24) << 48) + r.around() / 2;
                const std::uint64_t chance = r.below(60); // some are impossible
                const bool special = !counts || (p.scene().content == content::special && chance == 5);
                log_probs.push_back(special ? special_values<float>[counts ? 6 : chance % 8] : real<float>(below));
            }
        });
        narrow.assign(wide.begin(), wide.end());
    }
};

template <class E, class G, class Arch, class Options>
void top_k_of(const char* function, const std::vector<named<divergence_case<Options>>>& cases) {
    const auto title = logits_title<E, G, float>(function);
    tally<rlhf::divergence_sums> joined(title);
    each(logits_scenes(), cases, title, [&](const scene& s, const auto& o, const std::string& name) {
        place p(s);
        for (const std::size_t k : {std::size_t(1), std::size_t(5), std::size_t(40)}) {
            const bool usual = &o == &cases.front().options || &o == &cases.back().options;
            if (k > s.vocab || (k != 5 && !usual)) continue;
            const top_k top(p, k);
            const rlhf::top_k_reference reference{.k = k,
                                                  .ids = k == 5 ? rlhf::index_view(top.wide)
                                                                : rlhf::index_view(top.narrow),
                                                  .log_probs = top.log_probs};
            one<E, G>(p, o, name + "/" + std::to_string(k), joined, [&](const auto& z, const auto&... rest) {
                if constexpr (sizeof...(rest) == 1)
                    return rlhf::top_k_divergence<Arch>(p.batch, z, reference, for_top_k(o.options), rest...);
                else
                    return [&](const auto& d, const rlhf::executor& run) {
                        return rlhf::top_k_divergence<Arch>(p.batch, z, reference, d, for_top_k(o.options), run);
                    }(rest...);
            });
        }
    });
}

} // namespace

void divergence() {
    using rlhf::bfloat16, rlhf::native;
    logits_types([]<class E, class G, class T, class Arch>() {
        divergences_of<E, E, G, Arch>();
        top_k_of<E, G, Arch>("top_k_divergence", divergences);
        top_k_of<E, G, Arch>("top_k_support", supports);
    });
    divergences_of<bfloat16, float, bfloat16, native>();
    divergences_of<float, double, float, native>();
}

} // namespace bits
