// SPDX-License-Identifier: MIT
#pragma once

#define executor running_executor
#include "../../../../../include/rlhf/core/executor.hpp"
#undef executor

namespace RLHF_NAMESPACE {

/// A symbol for each sweep: for each body that is handed to an executor.
template <class Body>
void one_sweep() {}

/// In place of the library's.
class executor : public running_executor {
public:
    template <class Body>
    void operator()(std::size_t n, Body&& body) const {
        one_sweep<Body>();
        running_executor::operator()(n, body);
    }
};

} // namespace RLHF_NAMESPACE
