// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/vocab_shards.hpp>

namespace vocab_shards_bench {

/// A rank's own part: of the benchmark's whole logits.
template <class E>
struct sums : bench::on_logits<E> {
    using bench::on_logits<E>::on_logits, bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};
    std::vector<rlhf::vocab_shard> own = std::vector<rlhf::vocab_shard>(this->tokens);

    template <class Arch>
    void call() {
        rlhf::vocab_shard_sums<Arch>(this->batch, this->logits, 0, this->targets, own);
    }

    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            float largest = static_cast<float>(z[0]), sum = 0, weighted = 0;
            for (std::size_t v = 0; v < V; ++v) largest = std::max(largest, static_cast<float>(z[v]));
            for (std::size_t v = 0; v < V; ++v) {
                const float x = static_cast<float>(z[v]) - largest, e = std::exp(x);
                sum += e, weighted += e * x;
            }
            own[i] = {largest, 1, sum - 1, weighted, static_cast<double>(z[this->targets[i]]), 1};
        }
    }
};

template <class E>
struct backward : bench::on_logits<E> {
    using bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    std::vector<rlhf::vocab_shard> combined = std::vector<rlhf::vocab_shard>(this->tokens);

    explicit backward(const bench::logit_rows& r) : bench::on_logits<E>(r) {
        rlhf::vocab_shard_sums(this->batch, this->logits, 0, this->targets, combined);
    }

    template <class Arch>
    auto call() {
        return rlhf::vocab_shard_backward<float, Arch>(
            this->batch, this->logits, 0, this->targets,
            {.combined = combined, .d_log_probs = this->d_log_probs, .d_entropy = this->d_entropy}, this->d());
    }

    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const E* const z = this->logits.data() + i * V;
            E* const d = this->d().data() + i * V;
            const auto& s = combined[i];
            const float sum = static_cast<float>(s.max_weight + s.other_weight);
            const float lse = static_cast<float>(s.shift) + std::log(sum);
            const float H = std::log(sum) - static_cast<float>(s.weighted_logits) / sum;
            const float g = this->d_log_probs[i], h = this->d_entropy[i];
            for (std::size_t v = 0; v < V; ++v) {
                const float log_p = static_cast<float>(z[v]) - lse, p = std::exp(log_p);
                d[v] = static_cast<E>(-g * p - h * p * (log_p + H));
            }
            const auto target = this->targets[i];
            d[target] = static_cast<E>(static_cast<float>(d[target]) + g);
        }
    }
};

/// The parts of eight ranks become one.
template <class T>
struct combine {
    static constexpr std::size_t ranks = 8;
    static constexpr bench::traffic streams{.inputs = 6 * ranks, .outputs = 2};
    static double bytes(const bench::rows& r) {
        return static_cast<double>(r.size() * ((ranks + 1) * sizeof(rlhf::vocab_shard) + 2 * sizeof(T)));
    }
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::vector<rlhf::vocab_shard> all = std::vector<rlhf::vocab_shard>(ranks * at.size()), whole{at.size()};
    std::vector<std::int32_t> targets = std::vector<std::int32_t>(at.size());
    std::span<T> log_probs = bench::room<T>(0, at.size()), entropy = bench::room<T>(1, at.size());

    explicit combine(const bench::rows& r) : at(r) {
        const auto x = bench::numbers<float>(0, 5, 1, all.size());
        whole.resize(at.size()), batch.predict_next = false;
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = {x[i], 1, 100 + x[i], -200 - x[i], 0, i < at.size() ? 1.0 : 0.0};
    }

    template <class Arch>
    auto call() {
        return rlhf::vocab_shard_log_probs<T>(
            batch, targets, {.shards = all, .combined = whole, .log_probs = log_probs, .entropy = entropy});
    }

    void plain() {
        const std::size_t n = at.size();
        for (std::size_t i = 0; i < n; ++i) {
            T largest = static_cast<T>(all[i].shift), sum = 0, weighted = 0, target = 0;
            for (std::size_t r = 0; r < ranks; ++r) largest = std::max(largest, static_cast<T>(all[r * n + i].shift));
            for (std::size_t r = 0; r < ranks; ++r) {
                const auto& s = all[r * n + i];
                const T b = static_cast<T>(s.shift) - largest, e = std::exp(b);
                const T of = static_cast<T>(s.max_weight + s.other_weight);
                sum += e * of, weighted += e * (static_cast<T>(s.weighted_logits) + b * of);
                if (s.holds_target != 0) target = static_cast<T>(s.target_logit);
            }
            whole[i] = {largest, 1, static_cast<double>(sum) - 1, weighted, target, 1};
            log_probs[i] = target - largest - std::log(sum), entropy[i] = std::log(sum) - weighted / sum;
        }
    }

    /// The states of the ranks are read, one is written.
    void floor() {
        std::array<const double*, ranks> in;
        for (std::size_t r = 0; r < ranks; ++r) in[r] = &all[r * at.size()].shift;
        bench::stream<double, ranks, 1>(in, nullptr, {&whole[0].shift}, 6 * at.size());
    }
};

const bool registered = [] {
    using namespace bench;
    vary_logits<sums>("vocab_shard_sums");
    vary_logits<backward>("vocab_shard_backward");
    rows tokens(4096, 1, counted::dense);
    tokens.where = "4096", tokens.how = "ranks8", tokens.sequences = 1, tokens.steps = 4096;
    add<combine, float>("vocab_shard_log_probs", tokens, everybody);
    return true;
}();

} // namespace vocab_shards_bench
