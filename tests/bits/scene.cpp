// SPDX-License-Identifier: MIT
#include "scene.hpp"

namespace bits {

std::vector<scene> token_scenes() {
    return {{.name = "rows", .all_options = true},
            {.name = "columns", .in = form::columns},
            {.name = "packed", .in = form::packed},
            {.name = "strided", .stride = 3, .whole = true},
            {.name = "strided_columns", .in = form::columns, .stride = 5},
            {.name = "next", .predict_next = true},
            {.name = "packed_next", .in = form::packed, .predict_next = true, .whole = true},
            {.name = "all", .mask = mask::all, .content = content::plain},
            {.name = "special", .content = content::special},
            {.name = "special_columns", .in = form::columns, .content = content::special},
            {.name = "none", .mask = mask::none}};
}

place::place(const bits::scene& s) : scene_(s), lengths_(s.lengths) {
    for (const std::size_t n : lengths_) {
        steps_ = n > steps_ ? n : steps_;
        offsets64_.push_back(offsets64_.back() + static_cast<std::int64_t>(n));
    }
    offsets32_.assign(offsets64_.begin(), offsets64_.end());
    if (s.in == form::packed) {
        batch.offsets = s.predict_next ? rlhf::offsets_view(offsets64_) : rlhf::offsets_view(offsets32_);
    } else {
        batch.sequences = lengths_.size(), batch.steps = steps_;
        batch.layout = s.in == form::columns ? rlhf::layout::time_first : rlhf::layout::batch_first;
    }
    batch.predict_next = s.predict_next;
    mask_ = make<std::uint8_t>();
    for (std::size_t q = 0; q < lengths_.size(); ++q) {
        random r(77 + q);
        bool inside = true;
        for (std::size_t t = 0; t < lengths_[q]; ++t) {
            if (r.below(inside ? 24 : 6) == 0) inside = !inside;
            const bool hole = q % 5 == 4 && t >= 20 && t < 150; // longer than any register
            mask_.memory[at(q, t)] = s.mask == mask::none ? 0 : s.mask == mask::all ? 1 : inside && !hole;
        }
    }
    if (s.mask != mask::all) batch.mask = rlhf::mask_view(mask_.in());
    if (s.whole) {
        const rlhf::counts own = rlhf::count(batch);
        batch.denominator = rlhf::counts{own.tokens + 1000, own.sequences + 3};
    }
}

template <class T>
array<T> place::numbers(std::uint64_t seed, const std::function<std::int64_t(random&)>& draw) const {
    return filled<T>([&](std::size_t q, std::size_t t) {
        random r(seed << 40 ^ q << 24 ^ t);
        const T x = real<T>(draw(r));
        const bool special = scene_.content == content::special && r.below(40) == 0;
        const bool garbage = scene_.content == content::garbage && !counts(q, t) && r.below(3) != 0;
        return special || garbage ? special_values<T>[r.below(8)] : x;
    });
}
template <class I>
array<I> place::integers(std::uint64_t seed, const std::function<std::int64_t(random&, bool)>& draw) const {
    return filled<I>([&](std::size_t q, std::size_t t) {
        random r(seed << 40 ^ q << 24 ^ t);
        return static_cast<I>(draw(r, masked_in(q, t)));
    });
}
array<std::uint8_t> place::flags(std::uint64_t seed, std::uint64_t once_in) const {
    return integers<std::uint8_t>(seed, [&](random& r, bool) { return r.below(once_in) == 0 ? 1 : 0; });
}
template <class T>
array<T> place::output() const {
    array<T> a = make<T>();
    for (std::size_t i = 0; i < a.memory.size(); ++i) a.memory[i] = real<T>(random(i).around() / 1024);
    return a;
}
template <class T>
std::vector<T> place::per_sequence(std::uint64_t seed, const std::function<std::int64_t(random&)>& draw) const {
    std::vector<T> x;
    random r(seed);
    for (std::size_t q = 0; q < sequences(); ++q) x.push_back(real<T>(draw(r)));
    return x;
}

bool place::counts(std::size_t q, std::size_t t) const { return masked_in(q, t + (scene_.predict_next ? 1 : 0)); }
bool place::masked_in(std::size_t q, std::size_t t) const {
    const bool all = scene_.mask == mask::all;
    return t < (all && scene_.in != form::packed ? steps_ : lengths_[q]) && (all || mask_.memory[at(q, t)] != 0);
}
std::size_t place::row() const { return (scene_.in == form::columns ? sequences() : steps_) + scene_.stride; }
std::size_t place::at(std::size_t q, std::size_t t) const {
    const std::size_t first = scene_.stride != 0 ? 1 : 0;
    if (scene_.in == form::packed) return static_cast<std::size_t>(offsets64_[q]) + t;
    return first + (scene_.in == form::columns ? t * row() + q : q * row() + t);
}
template <class T>
array<T> place::make() const {
    array<T> a;
    if (scene_.in == form::packed) {
        a.memory.resize(static_cast<std::size_t>(offsets64_.back()));
        a.out = rlhf::view<T>(a.memory);
        return a;
    }
    const bool columns = scene_.in == form::columns;
    const std::size_t rows = columns ? steps_ : sequences(), cols = columns ? sequences() : steps_;
    a.memory.resize((scene_.stride != 0 ? 1 : 0) + rows * row());
    if (scene_.stride == 0)
        a.out = rlhf::view<T>(a.memory);
    else
        a.out = rlhf::view<T>(a.memory.data() + 1, {.sequences = rows, .steps = cols, .stride = row()});
    return a;
}
template <class T, class At>
array<T> place::filled(At&& value) const {
    array<T> a = make<T>();
    each_token([&](std::size_t q, std::size_t t) { a.memory[at(q, t)] = value(q, t); });
    return a;
}

#define BITS_NUMBERS(T)                                                                                                \
    template array<T> place::numbers(std::uint64_t, const std::function<std::int64_t(random&)>&) const;                \
    template std::vector<T> place::per_sequence(std::uint64_t, const std::function<std::int64_t(random&)>&) const;     \
    template array<T> place::output() const;
BITS_NUMBERS(float)
BITS_NUMBERS(double)
template array<std::uint8_t> place::output() const;

#define BITS_INTEGERS(I)                                                                                               \
    template array<I> place::integers(std::uint64_t, const std::function<std::int64_t(random&, bool)>&) const;
BITS_INTEGERS(std::uint8_t)
BITS_INTEGERS(std::int32_t)
BITS_INTEGERS(std::int64_t)

} // namespace bits
