// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>

#if !defined(_OPENMP)
#error "rlhf/with/openmp.hpp needs OpenMP: compile with -fopenmp"
#endif

namespace RLHF_NAMESPACE {

/// An executor that uses the threads of OpenMP: `rlhf::gae(batch, {…}, {…}, rlhf::openmp)`. Inside a parallel region it
/// runs on the calling thread, as OpenMP does by default.
inline constexpr auto openmp = [](std::size_t n, task body) {
    const auto pieces = static_cast<std::ptrdiff_t>(n);
#pragma omp parallel for schedule(dynamic)
    for (std::ptrdiff_t i = 0; i < pieces; ++i) body(static_cast<std::size_t>(i));
};

} // namespace RLHF_NAMESPACE
