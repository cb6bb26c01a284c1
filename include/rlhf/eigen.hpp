// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/check.hpp>
#include <rlhf/view.hpp>

#include <Eigen/Core>

/// Eigen vectors, maps and row-major matrices wherever an array is taken: a matrix is [B, T] with its outer stride, a
/// vector is contiguous. Nothing is copied or stored.
namespace rlhf::inline RLHF_ABI {

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
            if (a.innerStride() != 1)
                detail::fail("view", "an Eigen vector has an inner stride of %lld, expected 1",
                             static_cast<long long>(a.innerStride()));
            return view<T>::with(data, view<T>::flat, a.size(), 0);
        } else {
            return {data, {.sequences = a.rows(), .steps = a.cols(), .stride = a.outerStride()}};
        }
    }
    template <class B>
    static index_view index_of(B& a) {
        using I = std::remove_cv_t<std::remove_pointer_t<decltype(a.data())>>;
        const auto v = view_of<const I>(a);
        return v;
    }
};

} // namespace rlhf::inline RLHF_ABI
