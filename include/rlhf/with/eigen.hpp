// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>
#include <rlhf/core/matrix_product.hpp>
#include <rlhf/core/view.hpp>

#include <Eigen/Core>

/// Pass Eigen vectors, maps and row-major matrices wherever rlhf expects an array: a matrix is [B, T] with its outer
/// stride, and a vector is contiguous. Nothing is copied or stored.
namespace RLHF_NAMESPACE {

template <class A>
    requires std::derived_from<A, Eigen::DenseBase<A>>
struct adapter<A> {
    template <class T, class B>
    static constexpr view<T> view_of(B& a) {
        using P = std::remove_pointer_t<decltype(a.data())>;
        static_assert(detail::same_element<P, T>,
                      "rlhf: element type differs from the call's; the call is float unless "
                      "it says <double>; masks are bool or std::uint8_t");
        static_assert(std::is_const_v<T> || !std::is_const_v<P>,
                      "rlhf: an output must be writable, this Eigen object is const");
        static_assert(A::IsVectorAtCompileTime || A::IsRowMajor,
                      "rlhf: a column-major matrix is [T, B] in memory: pass m.transpose() with layout::time_first, or "
                      "keep it row-major");
        T* data = reinterpret_cast<T*>(a.data());
        if constexpr (A::IsVectorAtCompileTime) {
            if (a.innerStride() != 1 && a.size() > 1)
                detail::fail("view", "an Eigen vector has an inner stride of %lld, expected 1", a.innerStride());
            return view<T>::with(data, view<T>::flat, a.size(), 0);
        } else {
            if (a.innerStride() != 1 && a.cols() > 1 && a.rows() > 0)
                detail::fail("view", "an Eigen matrix has an inner stride of %lld, expected 1", a.innerStride());
            return view<T>::with(data, a.rows(), a.cols(), a.outerStride());
        }
    }
    template <class B>
    static index_view index_of(B& a) {
        using Int = std::remove_cv_t<std::remove_pointer_t<decltype(a.data())>>;
        const auto v = view_of<const Int>(a);
        return v;
    }
};

/// A matrix_product by Eigen. It allocates packing buffers (up to some 20 MiB). It runs on OpenMP's threads if you
/// compile with OpenMP; with EIGEN_USE_BLAS it calls the BLAS that you link.
inline constexpr auto eigen_product = []<class E>(const product<E>& p) {
    using matrix = Eigen::Matrix<E, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using input = Eigen::Map<const matrix, 0, Eigen::OuterStride<>>;
    const auto stored = [](const typename product<E>::matrix& x, std::int64_t rows, std::int64_t cols) {
        return input(x.data, x.transposed ? cols : rows, x.transposed ? rows : cols, Eigen::OuterStride<>(x.stride));
    };
    const input a = stored(p.a, p.rows, p.inner), b = stored(p.b, p.inner, p.cols);
    Eigen::Map<matrix, 0, Eigen::OuterStride<>> c(p.c, p.rows, p.cols, Eigen::OuterStride<>(p.c_stride));
    constexpr std::int64_t panel = 4096; // the buffers grow with the columns
    for (std::int64_t first = 0; first < p.cols; first += panel) {
        const std::int64_t n = p.cols - first < panel ? p.cols - first : panel;
        const auto put = [&](const auto& ab) {
            auto to = c.middleCols(first, n);
            p.add ? to.noalias() += ab : to.noalias() = ab;
        };
        const auto times = [&](const auto& x) {
            p.b.transposed ? put(p.factor * x * b.middleRows(first, n).transpose())
                           : put(p.factor * x * b.middleCols(first, n));
        };
        p.a.transposed ? times(a.transpose()) : times(a);
    }
};

} // namespace RLHF_NAMESPACE
