// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/logits.hpp>

#include <torch/types.h>

/// Pass a torch::Tensor wherever rlhf expects an array: on the CPU, [B, T] with any stride from row to row (for inputs
/// also 0, as after expand()), or [tokens], or [B]. Type and strides are checked when the call is made (c10::Error).
/// Nothing is copied. Autograd does not see these calls; with/torch/autograd.hpp has functions that it sees.
namespace RLHF_NAMESPACE {

namespace detail {
template <class T>
[[nodiscard]] constexpr bool torch_holds(at::ScalarType type) {
    using U = std::remove_const_t<T>;
    if constexpr (std::same_as<U, float>) return type == at::kFloat;
    if constexpr (std::same_as<U, double>) return type == at::kDouble;
    if constexpr (std::same_as<U, std::uint8_t>) return type == at::kBool || type == at::kByte;
    return false;
}

inline void check_tensor(const at::Tensor& t, bool right_type, const char* wanted) {
    TORCH_CHECK(t.device().is_cpu(), "rlhf: a tensor is on ", t.device(), ", expected cpu");
    TORCH_CHECK(right_type, "rlhf: a tensor is ", t.scalar_type(), ", expected ", wanted);
    TORCH_CHECK(t.dim() == 1 || t.dim() == 2, "rlhf: a tensor has ", t.dim(),
                " dimensions, expected [B, T] or [tokens]");
    TORCH_CHECK(t.numel() == 0 || t.stride(-1) == 1 || t.size(-1) == 1, "rlhf: a tensor's last stride is ",
                t.stride(-1), ", expected 1; call .contiguous()");
}

/// Views a checked tensor. A tensor with one dimension takes the shape of the batch.
template <class V, class T>
[[nodiscard]] V seen_as(const at::Tensor& t, T* data) {
    if (t.dim() == 1) return view<T>::with(data, view<T>::flat, t.numel(), 0);
    return view<T>::with(data, t.size(0), t.size(1), t.stride(0));
}
} // namespace detail

template <>
struct adapter<at::Tensor> {
    /// An undefined tensor is absent.
    template <class T>
    static view<T> view_of(const at::Tensor& t) {
        if (!t.defined()) return {};
        using U = std::remove_const_t<T>;
        detail::check_tensor(t, detail::torch_holds<T>(t.scalar_type()),
                             std::same_as<U, std::uint8_t> ? "Bool or Byte"
                             : std::same_as<U, double>     ? "the call's element type, Double"
                                                           : "the call's element type, Float unless it says <double>");
        return detail::seen_as<view<T>>(t, static_cast<T*>(t.data_ptr()));
    }
    static index_view index_of(const at::Tensor& t) {
        if (!t.defined()) return {};
        detail::check_tensor(t, t.scalar_type() == at::kLong || t.scalar_type() == at::kInt, "Int or Long");
        if (t.scalar_type() == at::kLong) return detail::seen_as<index_view>(t, t.const_data_ptr<std::int64_t>());
        return detail::seen_as<index_view>(t, t.const_data_ptr<std::int32_t>());
    }
};

namespace detail {
template <class E>
[[nodiscard]] logits_view<E> torch_logits(const at::Tensor& t) {
    TORCH_CHECK(t.device().is_cpu(), "rlhf: logits are on ", t.device(), ", expected cpu");
    TORCH_CHECK(t.dim() == 2 || t.dim() == 3, "rlhf: logits have ", t.dim(),
                " dimensions, expected [B, T, V] or [tokens, V]");
    TORCH_CHECK(t.numel() == 0 || t.stride(-1) == 1 || t.size(-1) == 1, "rlhf: the last stride of logits is ",
                t.stride(-1), ", expected 1; call .contiguous()");
    const bool packed = t.dim() == 2;
    return {static_cast<E*>(t.data_ptr()),
            {.sequences = packed ? 1 : t.size(0), .steps = t.size(-2), .vocab = t.size(-1)},
            t.stride(-2),
            packed ? 0 : t.stride(0)};
}
} // namespace detail

/// Calls f(logits_view, …) with one view per tensor. The tensors share an element type: float, double, bfloat16 or
/// float16. This is the only place where a dtype becomes a type.
///
///     with_logits([&](auto z, auto dz) { return ppo_loss(batch, z, tokens, {…}, dz); }, logits, d_logits);
template <class F, class... Tensors>
decltype(auto) with_logits(F&& f, const at::Tensor& first, const Tensors&... rest) {
    TORCH_CHECK(first.defined(), "rlhf: logits are missing");
    TORCH_CHECK(((rest.scalar_type() == first.scalar_type()) && ...),
                "rlhf: logits and their gradient differ in dtype");
    const auto call = [&]<class E>(std::type_identity<E>) {
        return f(detail::torch_logits<E>(first), detail::torch_logits<E>(rest)...);
    };
    switch (first.scalar_type()) {
    case at::kFloat:
        return call(std::type_identity<float>{});
    case at::kDouble:
        return call(std::type_identity<double>{});
    case at::kBFloat16:
        return call(std::type_identity<bfloat16>{});
    case at::kHalf:
        return call(std::type_identity<float16>{});
    default:
        TORCH_CHECK(false, "rlhf: logits are ", first.scalar_type(), ", expected Float, Double, BFloat16 or Half");
    }
}

} // namespace RLHF_NAMESPACE
