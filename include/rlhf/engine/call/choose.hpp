// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

namespace RLHF_NAMESPACE::detail {

/// Calls f.operator()<flags…>() with flags that are known only at run time. Every combination is compiled.
template <bool... Known, class F>
auto choose(F&& f) {
    return f.template operator()<Known...>();
}
template <bool... Known, class F, class... More>
auto choose(F&& f, bool flag, More... more) {
    return flag ? choose<Known..., true>(f, more...) : choose<Known..., false>(f, more...);
}

} // namespace RLHF_NAMESPACE::detail
