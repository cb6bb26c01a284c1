// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/engine/lanes/lanes.hpp>
#include <rlhf/engine/softmax/softmax_exp.hpp>

#include <cmath>
#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#endif

namespace exp_bench {

/// The exponential as a formula gets it, register by register, and as a softmax gets it: eight registers side by side,
/// of numbers that are not above 0.
template <class T, bool Softmax>
struct exponential {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    static constexpr const char* element = "number";
    static double elements(const bench::rows& r) { return static_cast<double>(r.size()); }
    bench::rows at;
    std::span<const T> x = bench::numbers<T>(Softmax ? -8 : -1, Softmax ? 0 : 1, 1, at.size());
    std::span<T> y = bench::room<T>(0, at.size());

    template <class Arch>
    void call() {
        using L = rlhf::detail::lanes<T, Arch>;
        using rlhf::lane::exp;
        constexpr auto width = static_cast<std::size_t>(L::width);
        const T* from = x.data();
        T* to = y.data();
        const std::size_t n = at.size();
        if constexpr (Softmax) {
            using V = typename L::type;
            const rlhf::detail::softmax_exp<T, Arch> e(1);
            const auto origin = e.origin(T(0));
            for (std::size_t i = 0; i + 8 * width <= n; i += 8 * width) {
                std::array<V, 8> d;
                for (std::size_t k = 0; k < 8; ++k) d[k] = L::load(from + i + k * width);
                d = e(e.from_origin(d, origin), origin);
                for (std::size_t k = 0; k < 8; ++k) L::store(to + i + k * width, d[k]);
            }
        } else {
            for (std::size_t i = 0; i + width <= n; i += width) L::store(to + i, exp(L::load(from + i)));
        }
    }

    void plain() {
        const T* from = x.data();
        T* to = y.data();
        for (std::size_t i = 0; i < at.size(); ++i) to[i] = std::exp(from[i]);
    }

#if __has_include(<Eigen/Core>)
    void eigen() {
        using array = Eigen::Array<T, Eigen::Dynamic, 1>;
        const auto n = static_cast<Eigen::Index>(at.size());
        Eigen::Map<array>(y.data(), n) = Eigen::Map<const array>(x.data(), n).exp();
    }
#endif
};
template <class T>
using vector_exp = exponential<T, false>;
template <class T>
using softmax_exp = exponential<T, true>;

const bool registered = [] {
    using namespace bench;
    const rows centre = fitting<vector_exp, float>(place::L3, counted::dense);
    add<vector_exp, float>("exp", centre, everybody);
    add<vector_exp, float>("exp", centre, {who::eigen});
    add<vector_exp, float>("exp", fitting<vector_exp, float>(place::L2, counted::dense), against_floor);
    add<vector_exp, double>("exp", fitting<vector_exp, double>(place::L3, counted::dense), against_floor);
    add<softmax_exp, float>("exp", centre.called("softmax"), everybody);
    return true;
}();

} // namespace exp_bench
