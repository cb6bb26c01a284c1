// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// The set of one token: the ids that the sampler kept, and then the target if it is not among them.
class kept_ids {
public:
    kept_ids(const index_view& ids, std::int64_t first, std::int64_t kept, std::int64_t target)
        : ids_(ids), first_(first), kept_(kept), target_(target) {
        while (place_ < kept_ && ids_[first_ + place_] != target_) ++place_;
    }
    [[nodiscard]] std::int64_t size() const { return place_ < kept_ ? kept_ : kept_ + 1; }
    [[nodiscard]] std::int64_t operator[](std::int64_t i) const { return i < kept_ ? ids_[first_ + i] : target_; }
    [[nodiscard]] std::int64_t place_of_target() const { return place_; }

private:
    const index_view& ids_;
    std::int64_t first_, kept_, target_, place_ = 0;
};

/// The sets of all tokens, bound to a batch. They are given per token, like targets.
struct bound_kept_set {
    index_view ids, offsets;
    std::int64_t shift = 0, per_token = 0; ///< per_token: the average number of ids of a token

    /// The begin and the end of a step's set.
    struct range {
        std::int64_t first, last;
    };
    [[nodiscard]] range at(const call& c, std::int64_t s, std::int64_t t) const {
        const std::int64_t token = c.batch().begin(s) + t + shift;
        return {offsets[token], offsets[token + 1]};
    }
    [[nodiscard]] kept_ids of(const call& c, const position& here, const bound_targets& targets) const {
        const range r = at(c, here.sequence, here.step);
        return {ids, r.first, r.last - r.first, here.of(targets)};
    }
};

inline bound_kept_set bind_kept_set(call& c, const index_view& ids, const index_view& offsets) {
    const char* const f = c.function();
    const std::int64_t tokens = c.tokens(), n = ids.cols();
    if (offsets.absent() && tokens == 0) return {};
    if (offsets.absent()) fail(f, "kept.offsets is missing");
    c.arrays().add(offsets, "kept.offsets", {1, tokens + 1}, access::read);
    if (ids.rows() != index_view::flat && ids.rows() != 1) fail(f, "kept.ids has several rows, expected one");
    c.arrays().add(ids.data(), ids.element_size(), "kept.ids", 1, n, n, access::read);
    const std::int64_t first = offsets[0], last = offsets[tokens];
    if (offsets.is_part() ? first < 0 : first != 0) fail(f, "kept.offsets start at %lld, expected 0", first);
    for (std::int64_t i = 0; i < tokens; ++i)
        if (offsets[i + 1] < offsets[i])
            fail(f, "kept.offsets fall from %lld to %lld at token %lld", offsets[i], offsets[i + 1], i);
    if (offsets.is_part() ? last > n : last != n)
        fail(f, "kept.offsets end at %lld, but kept.ids has %lld elements", last, n);
    return {ids, offsets, c.batch().predict_next.value_or(false) ? 1 : 0, (last - first) / (tokens > 0 ? tokens : 1)};
}

/// One bit for each id of a window of the vocabulary. A word is cleared before its first use only, so a short set pays
/// nothing for a long vocabulary.
class id_flags {
public:
    static constexpr std::int64_t window = std::int64_t(1) << 18, in_word = 64;

    id_flags() {} // NOLINT: words are cleared where they are used
    void clear_all() { words_.fill(0); }
    void clear(std::int64_t id) { word(id) = 0; }
    /// Sets a bit. Returns true if it was set already.
    bool set(std::int64_t id) {
        const std::uint64_t bit = std::uint64_t(1) << id % in_word, before = word(id);
        word(id) = before | bit;
        return (before & bit) != 0;
    }
    /// The word that holds the bit of this id.
    std::uint64_t& word(std::int64_t id) { return words_[static_cast<std::size_t>(id % window / in_word)]; }

    /// Calls f(id) for each of n ids in the window that begins at `from`.
    template <class Ids, class F>
    static void each(const Ids& ids, std::int64_t n, std::int64_t from, F&& f) {
        for (std::int64_t i = 0; i < n; ++i)
            if (const std::int64_t id = ids(i); id >= from && id - from < window) f(id);
    }

private:
    std::array<std::uint64_t, static_cast<std::size_t>(window / in_word)> words_;
};

/// Throws if an id of a step that counts is outside the vocabulary, or appears twice. Rising ids need one pass.
inline void check_kept_set(const call& c, const bound_kept_set& kept, std::int64_t vocab) {
    id_flags seen;
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        for (std::int64_t t = 0; t < mask.length; ++t) {
            if (!mask[t]) continue;
            const auto set = kept.at(c, s, t);
            bool rising = true;
            for (std::int64_t i = set.first, before = -1; i < set.last; ++i) {
                const std::int64_t id = kept.ids[i];
                if (id < 0 || id >= vocab)
                    fail(c.function(), "kept id %lld of sequence %lld, step %lld is outside the vocabulary of %lld", id,
                         s, t, vocab);
                rising = rising && id > before, before = id;
            }
            for (std::int64_t from = 0; from < vocab && !rising; from += id_flags::window) {
                const auto each = [&](auto&& f) {
                    id_flags::each([&](std::int64_t i) { return kept.ids[set.first + i]; }, set.last - set.first, from,
                                   f);
                };
                each([&](std::int64_t id) { seen.clear(id); });
                each([&](std::int64_t id) {
                    if (seen.set(id))
                        fail(c.function(), "kept id %lld of sequence %lld, step %lld appears twice", id, s, t);
                });
            }
        }
    }
}

} // namespace RLHF_NAMESPACE::detail
