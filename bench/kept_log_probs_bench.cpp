// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits/kept_log_probs.hpp>

namespace kept_log_probs_bench {

/// The ids that a sampler kept of each row, spread over the vocabulary; targets are among them.
template <class E, std::int64_t K>
struct on_kept : bench::on_logits<E> {
    using bench::on_logits<E>::at;
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};
    static double bytes(const bench::logit_rows& r) {
        return static_cast<double>(static_cast<std::size_t>(r.rows * K) * (sizeof(E) + sizeof(std::int32_t)));
    }
    static double elements(const bench::logit_rows& r) { return static_cast<double>(r.rows); }
    static constexpr const char* element = "token";
    std::vector<std::int32_t> ids, offsets{0};

    explicit on_kept(const bench::logit_rows& r) : bench::on_logits<E>(r) {
        for (std::int64_t i = 0; i < at.rows; ++i) {
            for (std::int64_t k = 0; k < K; ++k)
                ids.push_back(static_cast<std::int32_t>(k * (at.vocab / K) + (i * 37 + k * 11) % (at.vocab / K)));
            this->targets[static_cast<std::size_t>(i)] = ids[ids.size() - static_cast<std::size_t>(K / 2)];
            offsets.push_back(static_cast<std::int32_t>(ids.size()));
        }
    }
    [[nodiscard]] rlhf::kept_set kept() const { return {.ids = ids, .offsets = offsets}; }

    /// The loops that one writes first: the kept logits, then their softmax.
    bench::plain_softmax<float> softmax_of(std::size_t i, std::vector<float>& z) const {
        z.clear();
        for (std::int32_t k = offsets[i]; k < offsets[i + 1]; ++k)
            z.push_back(static_cast<float>(
                this->logits.data()[static_cast<std::int64_t>(i) * at.vocab + ids[static_cast<std::size_t>(k)]]));
        return {z.data(), z.size()};
    }
};

/// Log-probabilities and entropy.
template <class E, std::int64_t K>
struct forward_of : on_kept<E, K> {
    using on_kept<E, K>::on_kept, bench::on_logits<E>::at;

    template <class Arch>
    auto call() {
        return rlhf::kept_log_probs<float, Arch>(this->batch, this->logits, this->targets, this->kept(),
                                                 {.log_probs = this->log_probs, .entropy = this->entropy});
    }
    void plain() {
        std::vector<float> z;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const auto row = this->softmax_of(i, z);
            this->log_probs[i] = row.log_prob(z[z.size() - static_cast<std::size_t>(K / 2)]);
            this->entropy[i] = row.entropy;
        }
    }
};

/// The gradient of both; `Add`: into what is there, which touches the kept entries alone.
template <class E, std::int64_t K, bool Add>
struct backward_of : on_kept<E, K> {
    using on_kept<E, K>::on_kept, bench::on_logits<E>::at;

    template <class Arch>
    auto call() {
        const rlhf::logits_gradient<E> to(this->d(), 1, Add);
        return rlhf::kept_log_probs_backward<float, Arch>(
            this->batch, this->logits, this->targets, this->kept(),
            {.d_log_probs = this->d_log_probs, .d_entropy = this->d_entropy}, to);
    }
    void plain() {
        std::vector<float> z;
        for (std::size_t i = 0; i < this->tokens; ++i) {
            const auto row = this->softmax_of(i, z);
            const float g = this->d_log_probs[i], h = this->d_entropy[i];
            E* const d = this->d().data() + static_cast<std::int64_t>(i) * at.vocab;
            if (!Add) std::fill_n(d, at.vocab, static_cast<E>(0.F));
            for (std::size_t k = 0; k < z.size(); ++k) {
                const auto id = this->ids[static_cast<std::size_t>(this->offsets[i]) + k];
                const float log_p = row.log_prob(z[k]), p = std::exp(log_p),
                            before = Add ? static_cast<float>(d[id]) : 0;
                const float target = id == this->targets[i] ? g : 0;
                d[id] = static_cast<E>(before + target - g * p - h * p * (log_p + row.entropy));
            }
        }
    }
};

template <class E>
using forward16 = forward_of<E, 16>;
template <class E>
using forward64 = forward_of<E, 64>;
template <class E>
using forward512 = forward_of<E, 512>;
template <class E>
using backward64 = backward_of<E, 64, false>;
template <class E>
using added64 = backward_of<E, 64, true>;

const bool registered = [] {
    using namespace bench;
    const std::initializer_list<who> here = {who::rlhf, who::scalar, who::plain};
    const logit_rows rows(256, 32000), wide(256, 128256);
    for (const auto& at : {rows, wide}) {
        add<forward16, float>("kept_log_probs", at.called("K16"), here);
        add<forward64, float>("kept_log_probs", at.called("K64"), here);
        add<forward512, float>("kept_log_probs", at.called("K512"), here);
    }
    add<forward64, rlhf::bfloat16>("kept_log_probs", wide.called("K64"), here);
    add<backward64, float>("kept_log_probs_backward", rows.called("K64"), here);
    add<added64, float>("kept_log_probs_backward", rows.called("K64/added"), here);
    add<forward64, float>("kept_log_probs", logit_rows::one_call(1024).called("K64"), against_plain);
    return true;
}();

} // namespace kept_log_probs_bench
