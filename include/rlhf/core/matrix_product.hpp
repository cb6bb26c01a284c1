// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace RLHF_NAMESPACE {

/// c = factor · a b, or c += factor · a b. Elements of a row lie side by side in memory, with `stride` elements from
/// one row to the next. A transposed factor is stored with its rows and columns exchanged. c [rows, cols] does not
/// overlap a or b.
template <class E>
struct product {
    struct matrix {
        const E* data;
        std::int64_t stride;
        bool transposed = false;
    };
    std::int64_t rows, cols, inner; ///< a is [rows, inner], b is [inner, cols]
    matrix a, b;
    E* c;
    std::int64_t c_stride;
    E factor = 1;
    bool add = false;
};

/// Multiplies matrices: any callable (const rlhf::product<E>&), such as rlhf::eigen_product or a lambda around
/// cblas_sgemm. It is borrowed for the call.
template <class E>
class matrix_product {
public:
    constexpr matrix_product() = default;
    template <std::invocable<const product<E>&> F>
        requires(!std::same_as<std::remove_cvref_t<F>, matrix_product>)
    matrix_product(F&& f) // NOLINT(google-explicit-constructor): given as a plain field
        : self_(const_cast<void*>(reinterpret_cast<const void*>(&f))), call_([](void* self, const product<E>& p) {
              (*reinterpret_cast<std::remove_reference_t<F>*>(self))(p); // may be a function
          }) {}

    [[nodiscard]] explicit operator bool() const { return call_ != nullptr; }
    void operator()(const product<E>& p) const { call_(self_, p); }

private:
    void* self_ = nullptr;
    void (*call_)(void*, const product<E>&) = nullptr;
};

} // namespace RLHF_NAMESPACE
