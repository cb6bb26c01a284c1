// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/whiten.hpp>

#include <cmath>

namespace whiten_bench {

using bench::numbers, bench::room;

template <class T>
struct whiten {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1, .in_place = true};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<T> values = room<T>(9, at.size());

    explicit whiten(const bench::rows& r) : at(r) {
        const auto x = numbers<T>(-1, 1, 1, at.size());
        std::copy(x.begin(), x.end(), values.begin());
    }

    template <class Arch>
    auto call() {
        return rlhf::whiten<T, Arch>(batch, values);
    }

    /// Its own traffic: moments first, so all is read twice.
    void floor() {
        const std::size_t n = at.size();
        const auto mask = at.mask();
        bench::stream<T, 1, 0>({values.data()}, mask.data(), {}, n);
        bench::stream<T, 1, 1>({values.data()}, mask.data(), {values.data()}, n);
    }
    static double bytes(const bench::rows& r) {
        return static_cast<double>(r.size() * 3 * sizeof(T) + 2 * r.mask_bytes());
    }

    /// In two passes, by the mean square.
    void plain() {
        const auto counts = at.counts();
        T* x = values.data();
        const std::size_t all = at.size();
        T n = 0, sum = 0, squares = 0;
        for (std::size_t i = 0; i < all; ++i)
            if (counts(i)) n += 1, sum += x[i], squares += x[i] * x[i];
        const T mean = sum / n, factor = 1 / std::sqrt((squares - n * mean * mean) / (n - 1) + T(1e-8));
        for (std::size_t i = 0; i < all; ++i) x[i] = counts(i) ? (x[i] - mean) * factor : T(0);
    }
};

const bool registered = [] {
    using namespace bench;
    vary<whiten>("whiten");
    add<whiten, float>("whiten", rows(1024, 1024, counted::dense), everybody);
    add<whiten, float>("whiten", rows(1024, 1024, counted::tail), everybody);
    return true;
}();

} // namespace whiten_bench
