// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstddef>

namespace rlhf::inline RLHF_ABI {

/// A symbol for each sweep: for each body that is handed to an executor.
template <class Body>
void one_sweep() {}

/// In place of the library's: runs nothing, so that nothing but these symbols is compiled.
class executor {
public:
    template <class Body>
    void operator()(std::size_t, Body&&) const {
        one_sweep<Body>();
    }
};

} // namespace rlhf::inline RLHF_ABI
