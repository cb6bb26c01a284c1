// SPDX-License-Identifier: MIT
#include "logits.hpp"

/// From logits to log-probabilities and likelihoods, and back.
namespace bits {
namespace {

struct row_case {
    double temperature = 1;
    bool entropy = false, collision = false; ///< wanted
    bool stored = false;                     ///< the backward pass gets log_sum_exp
    bool d_log_probs = true, d_entropy = false, in_place = false, wide = false;
    writing to = {};
};

const std::vector<named<row_case>> row_cases = {
    {"default", {}},
    {"temperature", {.temperature = 0.7}},
    {"hot", {.temperature = 50}},
    {"entropy", {.entropy = true, .d_entropy = true}},
    {"entropy_alone", {.temperature = 2, .entropy = true, .d_log_probs = false, .d_entropy = true}},
    {"collision", {.collision = true, .stored = true, .wide = true}},
    {"in_place", {.in_place = true}},
    {"in_place_stored", {.temperature = 1.5, .stored = true, .in_place = true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair",
     {.temperature = 0.8,
      .entropy = true,
      .collision = true,
      .stored = true,
      .d_entropy = true,
      .wide = true,
      .to = {.scale = 0.7, .add = true}}},
};

/// Gradients of log-probs and entropies: some are 0.
template <class T>
array<T> slopes(const place& p, std::uint64_t seed) {
    return p.numbers<T>(seed, [](random& r) { return r.below(9) == 0 ? 0 : r.bell(); });
}

template <class E, class G, class T, class Arch>
void rows_of() {
    const auto both = [](const scene& s, const row_case& o, const std::string& name) {
        place p(s);
        auto z = drawn_logits<E>(p, 1);
        const auto narrow = targets_of<std::int32_t>(p);
        const auto wide = targets_of<std::int64_t>(p);
        const rlhf::index_view targets = o.wide ? rlhf::index_view(wide.in()) : rlhf::index_view(narrow.in());
        auto log_sum_exp = p.output<T>();
        run(logits_title<E, G, T>("token_log_probs") + name, [&](hash& h, const rlhf::executor& run) {
            auto log_probs = p.output<T>(), entropy = p.output<T>(), collision = p.output<T>();
            const auto absent = rlhf::view<T>();
            h.add(rlhf::token_log_probs<T, Arch>(p.batch, z.in(), targets,
                                                 {.log_probs = log_probs.out,
                                                  .entropy = o.entropy ? entropy.out : absent,
                                                  .log_sum_exp = log_sum_exp.out,
                                                  .collision = o.collision ? collision.out : absent},
                                                 {.temperature = o.temperature}, run));
            h.add(log_probs.memory, entropy.memory, log_sum_exp.memory, collision.memory);
        });
        const auto d_log_probs = slopes<T>(p, 32), d_entropy = slopes<T>(p, 33);
        run(logits_title<E, G, T>("token_log_probs_backward") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = gradient_of_logits<G>(p);
            rlhf::logits_view<G> to = d.out;
            auto own = z.memory;
            if constexpr (std::is_same_v<E, G>)
                if (o.in_place) to = z.out;
            h.add(rlhf::token_log_probs_backward<T, Arch>(
                p.batch, z.in(), targets,
                {.log_sum_exp = o.stored ? log_sum_exp.in() : rlhf::view<const T>(),
                 .d_log_probs = o.d_log_probs ? d_log_probs.in() : rlhf::view<const T>(),
                 .d_entropy = o.d_entropy ? d_entropy.in() : rlhf::view<const T>()},
                o.to(to), {.temperature = o.temperature}, run));
            h.add(z.memory, d.memory);
            std::copy(own.begin(), own.end(), z.memory.begin());
        });
    };
    each(logits_scenes(), row_cases, "", both);
    if constexpr (std::is_same_v<Arch, rlhf::native>)
        both(huge<G>(), {.entropy = true, .d_entropy = true}, "/huge/entropy");
}

using rlhf::aggregation;

struct likelihood {
    rlhf::cross_entropy_loss_options options = {};
    bool value_only = false, in_place = false;
    writing to = {};
};

const std::vector<named<likelihood>> likelihoods = {
    {"default", {}},
    {"temperature", {{.temperature = 0.7}}},
    {"label_smoothing", {{.label_smoothing = 0.1}}},
    {"z_loss_coef", {{.z_loss_coef = 0.01}}},
    {"sequence_mean", {{.aggregation = aggregation::sequence_mean_token_mean}}},
    {"sequence_sum", {{.aggregation = aggregation::sequence_mean_token_sum}}},
    {"value_only", {{}, true}},
    {"in_place", {{}, false, true}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair",
     {{.temperature = 1.3,
       .label_smoothing = 0.2,
       .z_loss_coef = 0.02,
       .aggregation = aggregation::sequence_mean_token_mean},
      false,
      false,
      {.scale = 0.7, .add = true}}},
};

template <class E, class G, class T, class Arch>
void likelihoods_of() {
    const std::string title = logits_title<E, G, T>("cross_entropy_loss");
    tally<rlhf::cross_entropy_loss_result> joined(title);
    const auto one = [&](const scene& s, const likelihood& o, const std::string& name) {
        place p(s);
        auto z = drawn_logits<E>(p, 2);
        const auto targets = targets_of<std::int32_t>(p);
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto d = gradient_of_logits<G>(p);
            rlhf::logits_view<G> to = d.out;
            auto own = z.memory;
            if constexpr (std::is_same_v<E, G>)
                if (o.in_place) to = z.out;
            const auto result =
                o.value_only ? rlhf::cross_entropy_loss<Arch>(p.batch, z.in(), targets.in(), o.options, run)
                             : rlhf::cross_entropy_loss<Arch>(p.batch, z.in(), targets.in(), o.to(to), o.options, run);
            joined(h, result);
            h.add(z.memory, d.memory);
            std::copy(own.begin(), own.end(), z.memory.begin());
        });
    };
    each(logits_scenes(), likelihoods, title, one);
    one(huge<G>(), {}, title + "/huge/default");
}

/// The vocabulary in three shards, a narrow one in the middle.
template <class E, class G, class T, class Arch>
void shards_of() {
    each(logits_scenes(), row_cases, logits_title<E, G, T>("vocab_shards"),
         [&](const scene& s, const row_case& o, const std::string& name) {
             if (o.collision && !o.entropy) return; // what shards do not have
             place p(s);
             auto z = drawn_logits<E>(p, 3);
             const auto narrow = targets_of<std::int32_t>(p);
             const auto wide = targets_of<std::int64_t>(p);
             const rlhf::index_view targets = o.wide ? rlhf::index_view(wide.in()) : rlhf::index_view(narrow.in());
             const auto vocab = static_cast<std::int64_t>(s.vocab);
             const std::array<std::int64_t, 4> cuts{0, vocab / 2, vocab / 2 + 1 + vocab / 50, vocab};
             const auto cut = [&]<class X>(const rlhf::logits_view<X>& all, std::size_t k) {
                 rlhf::logits_shape shape = all.shape();
                 shape.vocab = cuts[k + 1] - cuts[k];
                 shape.padded_vocab = k == 2 ? all.width() - cuts[k] : shape.vocab.n;
                 return rlhf::logits_view<X>(all.data() + cuts[k], shape, all.step_stride(), all.sequence_stride());
             };
             const auto tokens = static_cast<std::size_t>(p.batch.tokens());
             const auto d_log_probs = slopes<T>(p, 34), d_entropy = slopes<T>(p, 35);
             run(name, [&](hash& h, const rlhf::executor& run) {
                 std::vector<rlhf::vocab_shard> all(3 * tokens), whole(tokens);
                 for (std::size_t k = 0; k < 3; ++k) {
                     const std::span<rlhf::vocab_shard> own(all.data() + (o.wide ? 2 - k : k) * tokens, tokens);
                     rlhf::vocab_shard_sums<Arch>(p.batch, cut(z.in(), k), cuts[k], targets, own,
                                                  {.temperature = o.temperature}, run);
                 }
                 auto log_probs = p.output<T>(), entropy = p.output<T>(), log_sum_exp = p.output<T>();
                 h.add(rlhf::vocab_shard_log_probs<T>(p.batch, targets,
                                                      {.shards = all,
                                                       .combined = whole,
                                                       .log_probs = log_probs.out,
                                                       .entropy = o.entropy ? entropy.out : rlhf::view<T>(),
                                                       .log_sum_exp = log_sum_exp.out},
                                                      {.temperature = o.temperature}, run));
                 h.add(all, whole), h.add(log_probs.memory, entropy.memory, log_sum_exp.memory);
                 auto d = gradient_of_logits<G>(p);
                 for (std::size_t k = 0; k < 3; ++k)
                     h.add(rlhf::vocab_shard_backward<T, Arch>(
                         p.batch, cut(z.in(), k), cuts[k], targets,
                         {.combined = whole,
                          .d_log_probs = o.d_log_probs ? d_log_probs.in() : rlhf::view<const T>(),
                          .d_entropy = o.d_entropy ? d_entropy.in() : rlhf::view<const T>()},
                         o.to(cut(d.out, k)), {.temperature = o.temperature}, run));
                 h.add(d.memory);
             });
         });
}

/// All 16-bit numbers to float and back, and floats to them.
template <class H>
void conversions() {
    hash h;
    random r(8);
    for (std::uint32_t i = 0; i < 1 << 16; ++i) {
        H x;
        x.bits = static_cast<std::uint16_t>(i);
        const auto any = std::bit_cast<float>(static_cast<std::uint32_t>(r.bits()));
        h.add(static_cast<float>(x)), h.add(static_cast<double>(x)), h.add(H(static_cast<float>(x)));
        h.add(H(any)), h.add(H(real<double>(r.bell(16)))), h.add(H(real<float>(r.bell() / (1 << 20))));
    }
    report(std::string("conversions/") + name_of<H>, h);
}

void masks() {
    for (const auto& s : token_scenes()) {
        place p(s);
        hash h;
        auto mask = p.output<std::uint8_t>();
        const auto ids = p.integers<std::int64_t>(5, [](random& r, bool) { return r.below(4) == 0 ? -100 : 3; });
        rlhf::mask_targets(ids.in(), mask.out), h.add(mask.memory);
        rlhf::mask_targets(ids.in(), mask.out, 3), h.add(mask.memory);
        report("mask_targets/" + s.name, h);
    }
}

} // namespace

void logits() {
    conversions<rlhf::bfloat16>();
    conversions<rlhf::float16>();
    masks();
    logits_types([]<class E, class G, class T, class Arch>() {
        rows_of<E, G, T, Arch>();
        likelihoods_of<E, G, T, Arch>();
        shards_of<E, G, T, Arch>();
    });
}

} // namespace bits
