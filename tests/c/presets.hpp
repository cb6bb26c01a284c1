// SPDX-License-Identifier: MIT
#pragma once

#include "world.hpp"

#include <rlhf/c/glue/objectives.hpp>
#include <rlhf/c/presets.h>

#include <tuple>

/// How a preset of C is compared with the constant of C++.
namespace presets {

/// A function that ties the members of X.
template <class X>
inline constexpr int members = 0;
#define RLHF_MEMBERS(type, ...)                                                                                        \
    template <>                                                                                                        \
    inline constexpr auto members<rlhf::type> = []([[maybe_unused]] const auto& o) { return std::tie(__VA_ARGS__); };

/// Options, an objective or a number of C, as C++ has it.
template <class X>
auto in_cpp(const X& x) {
    const rlhf::c::reader r("test");
    if constexpr (std::is_arithmetic_v<X>)
        return x;
    else if constexpr (requires { rlhf::c::of_c(r, &x); })
        return rlhf::c::of_c(r, &x);
    else
        return rlhf::c::of_c(r, x);
}

/// Are all members equal, and all numbers to the bit?
template <class X>
bool equal(const X& a, const X& b) {
    if constexpr (std::is_floating_point_v<X>)
        return world::same(a, b);
    else if constexpr (requires { a.has_value(); })
        return a.has_value() == b.has_value() && (!a || equal(*a, *b));
    else if constexpr (std::is_class_v<X>)
        return std::apply(
            [&](const auto&... x) {
                return std::apply([&](const auto&... y) { return (equal(x, y) && ...); }, members<X>(b));
            },
            members<X>(a));
    else
        return a == b;
}

#define RLHF_CHECK_PRESET(space, name) CHECK(equal(in_cpp(rlhf_preset_##space##_##name), rlhf::preset::space::name))

} // namespace presets
